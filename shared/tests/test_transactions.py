"""What is told once a transaction is committed."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.db import Database, after_commit


async def test_what_is_to_be_told_after_a_commit_is_told_then_and_never_of_what_was_rolled_back(
    postgres: Any,
) -> None:
    database = Database(postgres.create_database("after_commit"), pool_size=1)
    told: list[str] = []

    async def roll_back() -> None:
        async with database.transaction() as tx:
            await tx.execute(text("SELECT 1"))
            after_commit(tx, lambda: told.append("rolled back"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await roll_back()
    async with database.transaction() as tx:
        await tx.execute(text("SELECT 1"))
        after_commit(tx, lambda: told.append("committed"))
        assert told == []
    async with database.transaction() as tx:
        await tx.execute(text("SELECT 1"))
    assert told == ["committed"]
    await database.close()
