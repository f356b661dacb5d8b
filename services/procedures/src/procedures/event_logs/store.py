"""The SQL statement about event logs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import cases


async def filed_between(
    tx: AsyncConnection,
    agency: str,
    procedure: str,
    begin: datetime,
    end: datetime,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[UUID]:
    """Ids of the agency's cases of a procedure that were submitted in a time, by id."""
    query = select(cases.c.id).where(
        cases.c.agency == agency,
        cases.c.procedure == procedure,
        cases.c.submitted_at >= begin,
        cases.c.submitted_at < end,
    )
    if after is not None:
        query = query.where(cases.c.id > after)
    return (await tx.execute(query.order_by(cases.c.id).limit(limit))).scalars().all()
