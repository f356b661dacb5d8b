"""What can be asked of backlogs, and the job that counts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.backlogs import store
from procedures.cases.store import tasks_of
from procedures.domain.claim import Claim
from procedures.domain.statistics import ZONE
from procedures.stays.store import Filter
from procedures.work_list.store import claims_of
from shared.db import AnyRow, Database

COUNTED_EVERY = timedelta(minutes=5)


async def count_backlogs(database: Database, now: datetime) -> bool:
    """Count what waits where, unless that was done a short while ago, or another process does it.

    What is counted last on a day, by the date in Viet Nam, stays as that day's. Returns whether it was counted.
    """
    async with database.transaction() as tx:
        if not await store.alone(tx):
            return False
        last = await store.last_counted(tx)
        if last is not None and last.counted_at <= now < last.counted_at + COUNTED_EVERY:
            return False
        await store.count(tx, now.astimezone(ZONE).date(), now)
    return True


@dataclass(frozen=True, slots=True)
class Counted:
    """What waits where, and when that was counted; None when nothing was yet."""

    at: datetime | None
    rows: Sequence[AnyRow]


async def backlogs_now(tx: AsyncConnection, agency: str, wanted: Filter) -> Counted:
    """Where the agency's cases wait, the longest queue first."""
    last = await store.last_counted(tx)
    if last is None:
        return Counted(None, ())
    return Counted(last.counted_at, await store.backlogs_of(tx, agency, last.day, wanted))


async def backlogs_by_day(
    tx: AsyncConnection, agency: str, first: date, last: date, wanted: Filter
) -> Sequence[AnyRow]:
    """How many of the agency's cases waited at the end of each day."""
    return await store.totals_by_day(tx, agency, first, last, wanted)


@dataclass(frozen=True, slots=True)
class LateCase:
    """A case that is late, where it waits (rows of `tasks` as JSON), and who has claimed what of that."""

    row: AnyRow
    tasks: Sequence[dict[str, Any]]
    claims: Sequence[Claim]


async def late_cases(
    tx: AsyncConnection,
    look: Look,
    *,
    procedure: str | None,
    unit: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[LateCase]:
    """The cases of the viewer's agency that are late, the longest overdue first, with who has them.

    The last of `limit` tells only that there are more; it is not shown.
    """
    assert look.viewer.agency is not None
    rows = await store.late_cases(
        tx, look.viewer.agency, look.at, procedure=procedure, unit=unit, after=after, limit=limit
    )
    shown = [Seen(row.id, row.code, row.procedure, row.applicant) for row in rows[: limit - 1]]
    await record_look(tx, look, *shown)
    ids = [row.id for row in rows]
    waiting, claims = await tasks_of(tx, ids), await claims_of(tx, ids, look.at)
    return [LateCase(row, waiting.get(row.id, ()), claims.get(row.id, ())) for row in rows]
