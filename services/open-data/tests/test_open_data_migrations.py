"""What migrations make of what is stored already."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command

from shared.migrations import alembic_config

MIGRATIONS = Path(__file__).parents[1] / "migrations"
RATINGS = """
    INSERT INTO rating_facts (rating_id, agency, month, score, at)
    SELECT gen_random_uuid(), agency, '2026-01', score, timestamptz '2026-02-01 00:00Z' - score * interval '1 hour'
    FROM unnest(ARRAY['H99.01', 'H99.02']) AS agency, generate_series(1, 5) AS score
"""


async def test_ratings_that_were_there_are_numbered_in_their_order(postgres: Any) -> None:
    url = postgres.create_database("open_data_before")
    config = alembic_config(MIGRATIONS, url)
    await asyncio.to_thread(command.upgrade, config, "0001")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(RATINGS)
    await asyncio.to_thread(command.upgrade, config, "head")
    rows = await connection.fetch("SELECT agency, number, score FROM rating_facts ORDER BY agency, number")
    await connection.close()
    assert [tuple(row) for row in rows] == [
        (agency, number, 6 - number) for agency in ("H99.01", "H99.02") for number in range(1, 6)
    ]
