"""Every SQL statement about calendars."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import calendars
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
