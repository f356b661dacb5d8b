"""Runs participation's migrations."""

from participation.tables import metadata
from shared.db import run_migrations

run_migrations(metadata)
