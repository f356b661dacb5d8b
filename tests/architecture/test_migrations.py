"""Migrations: what they make is what the tables in code say, and each can be taken back."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from alembic import command

from shared import migrations

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "identity": "services/identity",
    "procedures": "services/procedures",
    "open_data": "services/open-data",
    "participation": "services/participation",
    "gateway": "gateway",
}


@pytest.mark.parametrize("program", FOLDERS)
def test_tables_and_migrations_say_the_same(postgres: Any, program: str) -> None:
    """`alembic check`, for each program."""
    folder = ROOT / FOLDERS[program] / "migrations"
    url = postgres.create_database(f"check_{program}")
    migrations.upgrade(folder, url)
    migrations.check(folder, url)


@pytest.mark.parametrize("program", FOLDERS)
def test_what_a_migration_did_can_be_taken_back(postgres: Any, program: str) -> None:
    folder = ROOT / FOLDERS[program] / "migrations"
    url = postgres.create_database(f"back_{program}")
    migrations.upgrade(folder, url)
    command.downgrade(migrations.alembic_config(folder, url), "base")
    migrations.upgrade(folder, url)
    migrations.check(folder, url)


@pytest.mark.parametrize("program", FOLDERS)
def test_a_program_finds_its_migrations(program: str) -> None:
    found = importlib.import_module(f"{program}.__main__").PROGRAM.migrations
    assert found == ROOT / FOLDERS[program] / "migrations"
