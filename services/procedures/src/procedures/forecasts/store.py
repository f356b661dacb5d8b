"""Every SQL statement about forecasts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.status import Status
from procedures.stays.store import Filter
from procedures.tables import cases, forecasts, tasks
from shared.db import AnyRow

_ONE_AT_A_TIME = 0x666F7265
"""Of the advisory lock: several processes may try to make forecasts, one does."""

_OPEN = (Status.ACCEPTED, Status.SUPPLEMENT_REQUESTED)
_NEW = insert(forecasts)
_KEEP = _NEW.on_conflict_do_update(
    index_elements=[forecasts.c.case_id],
    set_={column.name: _NEW.excluded[column.name] for column in forecasts.c if column.name != "case_id"},
)


async def alone(tx: AsyncConnection) -> bool:
    """Whether no other process makes forecasts, until the end of this transaction."""
    found: bool = (await tx.execute(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME)))).scalar_one()
    return found


async def open_cases(tx: AsyncConnection, *, after: UUID | None, limit: int) -> Sequence[AnyRow]:
    """Open steps of so many cases on which work goes on, with the case's clock, by id."""
    ids = select(tasks.c.case_id).distinct().order_by(tasks.c.case_id).limit(limit)
    if after is not None:
        ids = ids.where(tasks.c.case_id > after)
    some = ids.subquery()
    query = (
        select(
            tasks.c.case_id,
            tasks.c.step,
            tasks.c.agency.label("unit_agency"),
            tasks.c.unit,
            tasks.c.opened_at,
            cases.c.agency,
            cases.c.procedure,
            cases.c.status,
            cases.c.state["clock"].label("clock"),
        )
        .join(some, some.c.case_id == tasks.c.case_id)
        .join(cases, cases.c.id == tasks.c.case_id)
        .order_by(tasks.c.case_id)
    )
    return (await tx.execute(query)).all()


async def keep(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep forecasts in place of earlier ones of the same cases."""
    if rows:
        await tx.execute(_KEEP, rows)


async def drop_older(tx: AsyncConnection, made_at: datetime) -> None:
    """Forget what was not made anew: the case is late, decided or out of danger."""
    await tx.execute(delete(forecasts).where(forecasts.c.made_at < made_at))


async def likely_late(
    tx: AsyncConnection,
    agency: str,
    wanted: Filter,
    *,
    at_least: int,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The agency's cases with at least this chance (in per cent) to be late, the likeliest first."""
    query = (
        select(forecasts, cases.c.code, cases.c.applicant, cases.c.due_at)
        .join(cases, and_(cases.c.id == forecasts.c.case_id, cases.c.status.in_(_OPEN)))
        .where(forecasts.c.agency == agency, forecasts.c.chance >= at_least, *wanted.of(forecasts.c))
    )
    if after is not None:
        chance, case_id = after
        behind = and_(forecasts.c.chance == chance, forecasts.c.case_id > case_id)
        query = query.where(forecasts.c.chance <= chance, or_(forecasts.c.chance < chance, behind))
    ordered = query.order_by(forecasts.c.chance.desc(), forecasts.c.case_id)
    return (await tx.execute(ordered.limit(limit))).all()
