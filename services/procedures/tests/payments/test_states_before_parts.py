"""Cases whose payments were given back before there were parts: the migration makes their states what the logs say."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from procedures.cases.soundness import verify_cases
from procedures.tables import cases, payments
from shared.migrations import alembic_config

MIGRATIONS = Path(__file__).parents[2] / "migrations"
WHY = {"reason": "Nộp thừa.", "legalGround": "Luật Phí và lệ phí 2015, Điều 14"}


@pytest.fixture
def database_url(migrated_database: Callable[[str, Path], str]) -> str:
    """A database of its own, which goes back and forth."""
    return migrated_database("procedures", MIGRATIONS)


async def test_states_and_payments_from_before_become_what_their_logs_say(
    world: Any, provider: Any, database_url: str
) -> None:
    for answers in ((), (None,), ("refunded",), ("refund_failed", "refunded"), ("refund_failed", None)):
        await given_back(world, provider, answers)
    await provider.asked()
    was = await stored(world)
    await world.database.close()
    for direction, revision in ((command.downgrade, "0020-1"), (command.upgrade, "head")):
        await asyncio.to_thread(direction, alembic_config(MIGRATIONS, database_url), revision)
    assert await stored(world) == was
    async with world.database.transaction() as tx:
        verified = await verify_cases(tx, after=None, limit=10)
    assert [one.flaw for one in verified] == [None] * 6


async def given_back(world: Any, provider: Any, answers: tuple[str | None, ...]) -> None:
    """A paid fee that was ordered back once for each answer; with None, the answer is waited for."""
    case, fee = await provider.asked()
    await provider.pay(fee["reference"])
    for answer in answers:
        payment = (await world.read(case)).json()["payments"][0]["id"]
        ordered = await world.act(case, f"payments/{payment}/refund", world.official("desk"), WHY)
        refund = ordered.json()["payments"][0]["refund"]["id"]
        if answer is not None:
            taken = await provider.pay(fee["reference"], kind=answer, refund=refund)
            assert taken["verdict"] == "accepted"


async def stored(world: Any) -> list[Any]:
    async with world.database.reading() as tx:
        states = (await tx.execute(select(cases.c.state).order_by(cases.c.id))).scalars().all()
        rows = (await tx.execute(select(payments).order_by(payments.c.id))).all()
    return [*states, *rows]
