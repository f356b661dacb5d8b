"""Every SQL statement about access records."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.tables import access_records, agencies, units
from shared.errors import Text


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One look at one case of a person."""

    event_id: UUID
    case_id: UUID
    case_code: str
    at: datetime
    agency: str
    units: tuple[str, ...]
    reader_kind: str
    purpose: str


_RECORD = tuple(access_records.c[name] for name in AccessRecord.__slots__)


async def add_records(tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep records; one that is there already stays as it is."""
    if rows:
        await tx.execute(postgresql.insert(access_records).on_conflict_do_nothing(), list(rows))


async def records_of(
    tx: AsyncConnection, person_id: UUID, *, before: tuple[UUID, UUID] | None, limit: int
) -> list[AccessRecord]:
    """A person's records, newest first: ids of events are UUIDv7, so their order is that of time."""
    key = tuple_(access_records.c.event_id, access_records.c.case_id)
    query = select(*_RECORD).where(access_records.c.person_id == person_id)
    if before is not None:
        query = query.where(key < tuple_(*before))
    ordered = query.order_by(access_records.c.event_id.desc(), access_records.c.case_id.desc())
    return [
        AccessRecord(**{**row._asdict(), "units": tuple(row.units)})
        for row in await tx.execute(ordered.limit(limit))
    ]


async def names_of(tx: AsyncConnection, codes: Collection[str]) -> dict[str, Text]:
    """The names of these agencies, by code, and of their units, by `agency/unit`."""
    named = await tx.execute(select(agencies).where(agencies.c.code.in_(codes)))
    names = {row.code: Text(vi=row.name_vi, en=row.name_en) for row in named}
    for row in await tx.execute(select(units).where(units.c.agency.in_(codes))):
        names[f"{row.agency}/{row.code}"] = Text(vi=row.name_vi, en=row.name_en)
    return names
