"""Runs identity's migrations."""

from identity.tables import metadata
from shared.db import run_migrations

run_migrations(metadata)
