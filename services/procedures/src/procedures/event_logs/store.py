"""The SQL statements about event logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.statistics import ZONE, Month, month_after
from procedures.tables import cases
from shared.db import AnyRow

_ORDER = (cases.c.submitted_at, cases.c.id)
Position = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Extent:
    """Of which cases: those of an agency and a procedure that were submitted in a month, to their newest act."""

    agency: str
    procedure: str
    month: Month

    @property
    def conditions(self) -> list[Any]:
        """Which rows of `cases` these are."""
        return [
            cases.c.agency == self.agency,
            cases.c.procedure == self.procedure,
            cases.c.submitted_at >= _begin(self.month),
            cases.c.submitted_at < _begin(month_after(self.month)),
        ]


async def state_of(tx: AsyncConnection, extent: Extent) -> tuple[int, int]:
    """How many cases and how many acts there are: one of them is more when anything is done."""
    query = select(func.count(), func.coalesce(func.sum(cases.c.sequence), 0)).where(*extent.conditions)
    number, acts = (await tx.execute(query)).one()
    return number, acts


async def cases_of(
    tx: AsyncConnection, extent: Extent, *, after: Position | None, limit: int
) -> Sequence[AnyRow]:
    """When each case was submitted and its id, in this order."""
    query = select(*_ORDER).where(*extent.conditions)
    if after is not None:
        query = query.where(tuple_(*_ORDER) > after)
    return (await tx.execute(query.order_by(*_ORDER).limit(limit))).all()


def _begin(month: Month) -> datetime:
    return datetime.combine(month, time.min, ZONE)
