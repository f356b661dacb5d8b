"""Every SQL statement about backlogs and late cases."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, case, cast, delete, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.status import Status
from procedures.stays.store import Filter
from procedures.tables import backlog_days, backlogs, cases, tasks
from shared.db import AnyRow

_ONE_AT_A_TIME = 0x6261636B
"""Of the advisory lock: several processes may try to count, one does."""

_WITH_THE_AGENCY = cases.c.status == Status.ACCEPTED
"""Otherwise no answer is due: the case is decided, or its clock stands still."""


async def alone(tx: AsyncConnection) -> bool:
    """Whether no other process counts, until the end of this transaction."""
    found: bool = (await tx.execute(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME)))).scalar_one()
    return found


async def last_counted(tx: AsyncConnection) -> AnyRow | None:
    """The day that was counted last, and when."""
    query = select(backlog_days).order_by(backlog_days.c.day.desc()).limit(1)
    return (await tx.execute(query)).one_or_none()


async def count(tx: AsyncConnection, day: date, now: datetime) -> int:
    """Count what waits where; the day's rows are what was counted last. Returns how many rows there are."""
    kept = insert(backlog_days).values(day=day, counted_at=now)
    again = kept.on_conflict_do_update(index_elements=["day"], set_={"counted_at": kept.excluded.counted_at})
    await tx.execute(again)
    await tx.execute(delete(backlogs).where(backlogs.c.day == day))
    place = (cases.c.procedure, tasks.c.step, tasks.c.agency, tasks.c.unit)
    found = (
        select(
            cases.c.agency,
            literal(day),
            *place,
            func.count(),
            _number(cases.c.status == Status.SUPPLEMENT_REQUESTED),
            _number(tasks.c.due_at < now),
            func.min(tasks.c.opened_at),
        )
        .join(cases, cases.c.id == tasks.c.case_id)
        .group_by(cases.c.agency, *place)
    )
    return (await tx.execute(insert(backlogs).from_select(list(backlogs.c.keys()), found))).rowcount


def _number(condition: Any) -> Any:
    return cast(func.count(case((condition, 1))), Integer)


async def backlogs_of(tx: AsyncConnection, agency: str, day: date, wanted: Filter) -> Sequence[AnyRow]:
    """What waited where on a day, the longest queue first."""
    query = select(backlogs).where(backlogs.c.agency == agency, backlogs.c.day == day, *wanted.of(backlogs.c))
    place = (backlogs.c.procedure, backlogs.c.step, backlogs.c.unit_agency, backlogs.c.unit)
    return (await tx.execute(query.order_by(backlogs.c.waiting.desc(), *place))).all()


async def totals_by_day(
    tx: AsyncConnection, agency: str, first: date, last: date, wanted: Filter
) -> Sequence[AnyRow]:
    """How much waited on each day on which it was counted, oldest first; nothing is nought."""
    columns = backlogs.c
    sums = (
        select(columns.day, *(func.sum(columns[name]).label(name) for name in _NUMBERS))
        .where(columns.agency == agency, columns.day.between(first, last), *wanted.of(columns))
        .group_by(columns.day)
        .subquery()
    )
    query = (
        select(
            backlog_days.c.day,
            *(cast(func.coalesce(sums.c[name], 0), Integer).label(name) for name in _NUMBERS),
        )
        .join(sums, sums.c.day == backlog_days.c.day, isouter=True)
        .where(backlog_days.c.day.between(first, last))
    )
    return (await tx.execute(query.order_by(backlog_days.c.day))).all()


_NUMBERS = ("waiting", "for_applicant", "overdue")


async def late_cases(
    tx: AsyncConnection,
    agency: str,
    now: datetime,
    *,
    procedure: str | None,
    unit: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The agency's cases whose answer was due and is not given, the longest overdue first."""
    query = select(cases.c.id, cases.c.code, cases.c.procedure, cases.c.applicant, cases.c.due_at).where(
        cases.c.agency == agency, _WITH_THE_AGENCY, cases.c.due_at < now
    )
    if procedure is not None:
        query = query.where(cases.c.procedure == procedure)
    if unit is not None:
        waits_there = select(tasks.c.case_id).where(tasks.c.case_id == cases.c.id, tasks.c.unit == unit)
        query = query.where(waits_there.exists())
    if after is not None:
        query = query.where(tuple_(cases.c.due_at, cases.c.id) > tuple(after))
    return (await tx.execute(query.order_by(cases.c.due_at, cases.c.id).limit(limit))).all()
