"""Runs the gateway's migrations."""

from gateway.tables import metadata
from shared.db import run_migrations

run_migrations(metadata)
