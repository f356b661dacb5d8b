"""Every SQL statement about timers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.case import Case
from procedures.domain.timer import Timer
from procedures.domain.timers import timers_of
from procedures.tables import timers
from shared.db import AnyRow

_PUT_OFF = (
    update(timers)
    .where(timers.c.case_id == bindparam("case"), timers.c.fires_at < bindparam("now"))
    .values(fires_at=bindparam("again_at"), failures=timers.c.failures + 1)
)


def timers_changed(changes: Sequence[tuple[Case, Case]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Of cases before and after: the places of timers that are no more, and the rows of those that are now."""
    come, gone = [], []
    for before, after in changes:
        had, has = set(timers_of(before)), set(timers_of(after))
        places = {(timer.kind, timer.subject) for timer in has}
        come += [{**_place(after, timer), "at": timer.at} for timer in has - had]
        gone += [_place(after, timer) for timer in had if (timer.kind, timer.subject) not in places]
    return gone, come


def _place(case: Case, timer: Timer) -> dict[str, Any]:
    return {"case_id": case.id, "kind": timer.kind.value, "subject": timer.subject}


async def of_cases(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """The timers of these cases."""
    return (await tx.execute(select(timers).where(timers.c.case_id.in_(ids)))).all()


async def put_right(tx: AsyncConnection, case: Case) -> None:
    """Keep for a case the timers that follow from its state, whatever was kept before."""
    await tx.execute(delete(timers).where(timers.c.case_id == case.id))
    has = [{**_place(case, timer), "at": timer.at, "fires_at": timer.at} for timer in timers_of(case)]
    if has:
        await tx.execute(insert(timers), has)


async def put_off(tx: AsyncConnection, case: UUID, now: datetime, again_at: datetime) -> None:
    """Let the timers of a case that have run out by `now` fire later, since they failed to."""
    await tx.execute(_PUT_OFF, {"case": case, "now": now, "again_at": again_at})


async def failures_of(tx: AsyncConnection, case: UUID) -> int:
    """How often in a row timers of the case failed to fire."""
    query = select(func.max(timers.c.failures)).where(timers.c.case_id == case)
    return (await tx.execute(query)).scalar_one() or 0


async def database_now(tx: AsyncConnection) -> datetime:
    """What the clock of the database says."""
    now: datetime = (await tx.execute(select(func.clock_timestamp()))).scalar_one()
    return now
