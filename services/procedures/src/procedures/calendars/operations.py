"""Working calendars of agencies: their own, or the country's until they declare one."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars import store
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.holidays_vn import vietnam

_YEARS = range(2020, 2036)


@dataclass(frozen=True, slots=True)
class DatedCalendar:
    """A calendar and when the agency declared it; None for the country's."""

    calendar: WorkingCalendar
    declared_at: datetime | None


@cache
def national_calendar() -> WorkingCalendar:
    """Vietnam's office week and public holidays."""
    return vietnam(_YEARS)


class Calendars:
    """The calendars at hand in this process, each with when it was declared.

    They are only remembered; whoever files a case by one has the database confirm it.
    """

    def __init__(self) -> None:
        self._known: dict[str, DatedCalendar] = {}

    async def of(self, tx: AsyncConnection, agency: str, *, fresh: bool = False) -> DatedCalendar:
        """The agency's calendar; `fresh` when what was remembered proved wrong."""
        known = None if fresh else self._known.get(agency)
        if known is None:
            known = self._known[agency] = await dated_calendar(tx, agency)
        return known


async def dated_calendar(tx: AsyncConnection, agency: str) -> DatedCalendar:
    """The agency's calendar, and when it was declared."""
    declared = await store.declared_calendar(tx, agency)
    if declared is None:
        return DatedCalendar(national_calendar(), None)
    return DatedCalendar(WorkingCalendar.from_json(declared.calendar), declared.updated_at)


async def calendar_of(tx: AsyncConnection, agency: str) -> WorkingCalendar:
    """The calendar by which the agency's terms run."""
    return (await dated_calendar(tx, agency)).calendar


async def declare_calendar(
    tx: AsyncConnection, now: datetime, *, agency: str, calendar: WorkingCalendar
) -> None:
    """The agency works by this calendar from now on. Due instants that were given stay as they are."""
    await store.put_calendar(tx, agency, calendar.to_json(), now)
