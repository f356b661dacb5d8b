"""Every SQL statement about timers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.case import Case
from procedures.domain.timer import Timer
from procedures.domain.timers import timers_of
from procedures.tables import timers
from shared.db import AnyRow

_SET = text("""
INSERT INTO timers AS t (case_id, kind, subject, at, fires_at)
SELECT case_id, kind, subject, at, at
FROM unnest(:cases, :kinds, :subjects, :instants) AS new (case_id, kind, subject, at)
ON CONFLICT (case_id, kind, subject) DO UPDATE SET at = excluded.at, fires_at = excluded.at, failures = 0
""").bindparams(
    bindparam("cases", type_=ARRAY(Uuid)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("subjects", type_=ARRAY(Text)),
    bindparam("instants", type_=ARRAY(DateTime(timezone=True))),
)
_UNSET = text("""
DELETE FROM timers t USING unnest(:cases, :kinds, :subjects) AS gone (case_id, kind, subject)
WHERE (t.case_id, t.kind, t.subject) = (gone.case_id, gone.kind, gone.subject)
""").bindparams(
    bindparam("cases", type_=ARRAY(Uuid)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("subjects", type_=ARRAY(Text)),
)
_PUT_OFF = (
    update(timers)
    .where(timers.c.case_id == bindparam("case"), timers.c.fires_at < bindparam("now"))
    .values(fires_at=bindparam("again_at"), failures=timers.c.failures + 1)
)


async def set_timers(tx: AsyncConnection, changes: Sequence[tuple[Case, Case]]) -> None:
    """Keep the timers that each case has now in place of those that it had before."""
    come, gone = [], []
    for before, after in changes:
        had, has = set(timers_of(before)), set(timers_of(after))
        places = {(timer.kind, timer.subject) for timer in has}
        come += [(after.id, timer) for timer in has - had]
        gone += [(after.id, timer) for timer in had if (timer.kind, timer.subject) not in places]
    if gone:
        await tx.execute(_UNSET, _places(gone))
    if come:
        await tx.execute(_SET, {**_places(come), "instants": [timer.at for _, timer in come]})


def _places(timers_of_cases: Sequence[tuple[UUID, Timer]]) -> dict[str, list[object]]:
    return {
        "cases": [case for case, _ in timers_of_cases],
        "kinds": [timer.kind.value for _, timer in timers_of_cases],
        "subjects": [timer.subject for _, timer in timers_of_cases],
    }


async def of_cases(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """The timers of these cases."""
    return (await tx.execute(select(timers).where(timers.c.case_id.in_(ids)))).all()


async def put_right(tx: AsyncConnection, case: Case) -> None:
    """Keep for a case the timers that follow from its state, whatever was kept before."""
    await tx.execute(delete(timers).where(timers.c.case_id == case.id))
    has = [(case.id, timer) for timer in timers_of(case)]
    if has:
        await tx.execute(_SET, {**_places(has), "instants": [timer.at for _, timer in has]})


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
