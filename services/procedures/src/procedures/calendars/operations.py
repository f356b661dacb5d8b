"""Working calendars of agencies: their own, or the country's until they declare one."""

from datetime import datetime
from functools import cache

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars import store
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.holidays_vn import vietnam

_YEARS = range(2020, 2036)


@cache
def national_calendar() -> WorkingCalendar:
    """Vietnam's office week and public holidays."""
    return vietnam(_YEARS)


async def calendar_of(tx: AsyncConnection, agency: str) -> WorkingCalendar:
    """The calendar by which the agency's terms run."""
    declared = await store.calendar_json(tx, agency)
    return national_calendar() if declared is None else WorkingCalendar.from_json(declared)


async def declare_calendar(
    tx: AsyncConnection, now: datetime, *, agency: str, calendar: WorkingCalendar
) -> None:
    """The agency works by this calendar from now on. Due instants that were given stay as they are."""
    await store.put_calendar(tx, agency, calendar.to_json(), now)
