"""The seeded database is one that the service could have written."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from asyncpg import UniqueViolationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.soundness import verify_cases
from procedures.cases.store import SEEN, stored_case
from procedures.domain.status import Status
from procedures.domain.timers import timers_of
from procedures.tables import case_log, case_series, cases, retentions, timers
from tests.seed.__main__ import MASTER_KEY, ROOT, prepare
from tests.seed.filling import Plan, fill_part, missing, opened

CASES = 1000


async def test_a_seeded_database_is_sound_and_goes_on_where_it_was_interrupted(
    migrated_database: Callable[[str, Path], str],
) -> None:
    url = migrated_database("seeded", ROOT / "services/procedures/migrations")
    begun = await prepare(url, MASTER_KEY, CASES)
    plan = Plan(begun.begin, CASES, at_once=400)
    async with opened(url, MASTER_KEY) as database:
        parts = await missing(database, plan)
        assert len(parts) == 3
        await fill_part(url, MASTER_KEY, plan, parts[1])
        assert await missing(database, plan) == [parts[0], parts[2]]
        with pytest.raises(UniqueViolationError):
            await fill_part(url, MASTER_KEY, plan, parts[1])
        for part in await missing(database, plan):
            await fill_part(url, MASTER_KEY, plan, part)
        assert await prepare(url, MASTER_KEY, CASES) == begun

        async with database.transaction() as tx:
            verified = await verify_cases(tx, after=None, limit=2 * CASES)
        assert [one for one in verified if one.flaw] == []
        assert len(verified) == CASES
        async with database.reading() as tx:
            await _follows(tx)


async def _follows(tx: AsyncConnection) -> None:
    """What stands beside the cases is what the service would have put there."""
    found = [stored_case(tx, row).case for row in await tx.execute(select(*SEEN))]
    assert {case.status for case in found} >= {
        Status.CLOSED,
        Status.REFUSED,
        Status.WITHDRAWN,
        Status.ACCEPTED,
    }
    assert len({case.agency for case in found}) > 10
    entries = (await tx.execute(select(func.count()).select_from(case_log))).scalar_one()
    assert entries == sum(case.sequence for case in found) >= 10 * CASES
    waiting = {(case.id, one.kind, one.subject, one.at) for case in found for one in timers_of(case)}
    there = await tx.execute(select(timers.c.case_id, timers.c.kind, timers.c.subject, timers.c.at))
    assert {tuple(row) for row in there} == waiting != set()
    ended = {case.id for case in found if case.status.ended}
    assert set((await tx.execute(select(retentions.c.case_id))).scalars()) == ended
    given = Counter(code.rpartition("-")[0] for code in (await tx.execute(select(cases.c.code))).scalars())
    series = {f"{row.agency}-{row.day:%y%m%d}": row.last for row in await tx.execute(select(case_series))}
    assert series == given
