"""Every SQL statement about calendars."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Text, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import calendars, redatings
from shared.db import AnyRow


async def declared_calendar(tx: AsyncConnection, agency: str) -> AnyRow | None:
    """The agency's own calendar, if it has one."""
    return (await tx.execute(select(calendars).where(calendars.c.agency == agency))).one_or_none()


async def put_calendar(tx: AsyncConnection, agency: str, calendar: dict[str, Any], now: datetime) -> None:
    """Keep the agency's calendar."""
    row = {"calendar": calendar, "updated_at": now}
    await tx.execute(
        insert(calendars)
        .values(agency=agency, **row)
        .on_conflict_do_update(index_elements=[calendars.c.agency], set_=row)
    )


async def order_redating(tx: AsyncConnection, row: Mapping[str, Any]) -> AnyRow:
    """A job that is to be done."""
    ordered: AnyRow = (await tx.execute(insert(redatings).values(**row).returning(redatings))).one()
    return ordered


async def redatings_of(
    tx: AsyncConnection, agency: str, after: Sequence[Any] | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's jobs, the newest first."""
    query = select(redatings).where(redatings.c.agency == agency)
    if after is not None:
        query = query.where(redatings.c.id < after[0])
    return (await tx.execute(query.order_by(redatings.c.id.desc()).limit(limit))).all()


async def lock_redating(tx: AsyncConnection) -> AnyRow | None:
    """A job to go on with, under its row lock: of each agency the oldest, none that another process has."""
    older = redatings.alias()
    before_it = select(older.c.id).where(
        older.c.agency == redatings.c.agency, older.c.finished_at.is_(None), older.c.id < redatings.c.id
    )
    query = (
        select(redatings)
        .where(redatings.c.finished_at.is_(None), ~before_it.exists())
        .order_by(redatings.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(query)).one_or_none()


async def reasons_of_open_redatings(tx: AsyncConnection, agency: str) -> Sequence[str]:
    """Why the agency's open cases are dated anew at present, the first edit first."""
    query = (
        select(redatings.c.reason)
        .where(redatings.c.agency == agency, redatings.c.finished_at.is_(None))
        .order_by(redatings.c.id)
    )
    return (await tx.execute(query)).scalars().all()


async def note_progress(tx: AsyncConnection, job: UUID, **columns: Any) -> None:
    """How far a job has come."""
    await tx.execute(update(redatings).where(redatings.c.id == job).values(**columns))


async def next_transaction(tx: AsyncConnection) -> int:
    """The number that the next transaction to begin will bear."""
    query = select(func.pg_snapshot_xmax(func.pg_current_snapshot()).cast(Text).cast(BigInteger))
    number: int = (await tx.execute(query)).scalar_one()
    return number


async def all_ended_before(tx: AsyncConnection, number: int) -> bool:
    """Whether every transaction with a smaller number has ended."""
    query = select(func.pg_snapshot_xmin(func.pg_current_snapshot()).cast(Text).cast(BigInteger))
    oldest: int = (await tx.execute(query)).scalar_one()
    return oldest >= number
