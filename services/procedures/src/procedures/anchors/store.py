"""Every SQL statement about anchors."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.anchor import Anchor, day_bounds
from procedures.tables import anchors, case_log
from shared.db import AnyRow

_ONE_AT_A_TIME = 0x6D6F7463
"""Of the advisory lock: several processes may try to anchor a day, one does."""

_ANCHOR = tuple(anchors.c[name] for name in ("number", "day", "entries", "root", "previous", "hash"))


async def alone(tx: AsyncConnection) -> bool:
    """Whether no other process makes anchors, until the end of this transaction."""
    alone: bool = (await tx.execute(select(func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME)))).scalar_one()
    return alone


async def newest(tx: AsyncConnection) -> Anchor | None:
    """The newest anchor."""
    row = (await tx.execute(select(*_ANCHOR).order_by(anchors.c.number.desc()).limit(1))).one_or_none()
    return None if row is None else Anchor(*row)


async def of_day(tx: AsyncConnection, day: date) -> AnyRow | None:
    """The anchor of a day, and when it was made."""
    return (await tx.execute(select(*_ANCHOR, anchors.c.made_at).where(anchors.c.day == day))).one_or_none()


async def made(tx: AsyncConnection, *, before: int | None, limit: int) -> Sequence[AnyRow]:
    """Anchors, newest first, and when they were made."""
    query = select(*_ANCHOR, anchors.c.made_at)
    if before is not None:
        query = query.where(anchors.c.number < before)
    return (await tx.execute(query.order_by(anchors.c.number.desc()).limit(limit))).all()


async def all_in_order(tx: AsyncConnection) -> AsyncIterator[Anchor]:
    """Every anchor, oldest first."""
    after = 0
    while rows := (
        await tx.execute(
            select(*_ANCHOR).where(anchors.c.number > after).order_by(anchors.c.number).limit(1000)
        )
    ).all():
        for row in rows:
            yield Anchor(*row)
        after = rows[-1].number


async def add(tx: AsyncConnection, anchor: Anchor, made_at: datetime) -> None:
    """Keep an anchor."""
    row = {column.name: getattr(anchor, column.name) for column in _ANCHOR}
    await tx.execute(insert(anchors).values(**row, made_at=made_at))


async def first_entry_at(tx: AsyncConnection) -> datetime | None:
    """When the first entry of any case was made."""
    first: datetime | None = (await tx.execute(select(func.min(case_log.c.at)))).scalar_one()
    return first


async def entries_before(tx: AsyncConnection, day: date) -> bool:
    """Whether there is an entry from before the day."""
    query = select(case_log.c.case_id).where(case_log.c.at < day_bounds(day)[0]).limit(1)
    return (await tx.execute(query)).one_or_none() is not None


async def hashes_of(tx: AsyncConnection, day: date) -> AsyncIterator[tuple[UUID, int, bytes]]:
    """Case, number and hash of every entry of the day, in the order in which they are anchored."""
    start, end = day_bounds(day)
    query = (
        select(case_log.c.case_id, case_log.c.sequence, case_log.c.hash)
        .where(case_log.c.at >= start, case_log.c.at < end)
        .order_by(case_log.c.case_id, case_log.c.sequence)
    )
    async for row in await tx.stream(query):
        yield row.case_id, row.sequence, row.hash
