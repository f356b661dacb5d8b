"""Working calendars of agencies: their own, or the country's until they declare one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars import store
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.calendar_history import CalendarHistory
from procedures.domain.holidays_vn import vietnam
from shared.db import AnyRow
from shared.ids import new_id

_YEARS = range(2020, 2036)


@dataclass(frozen=True, slots=True)
class DatedCalendar:
    """A calendar and when the agency declared it; None for the country's."""

    calendar: WorkingCalendar
    declared_at: datetime | None
    redating: str | None = None
    """Why open cases are dated anew by it at present; None when all of them are."""


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
    calendar = _read(json.dumps(declared.calendar, sort_keys=True))
    return DatedCalendar(calendar, declared.updated_at, "; ".join(dict.fromkeys(declared.redating)) or None)


@lru_cache(maxsize=256)
def _read(declared: str) -> WorkingCalendar:
    """The calendar, the same object for the same text, so that its tables are found at once."""
    return WorkingCalendar.from_json(json.loads(declared))


async def calendar_of(tx: AsyncConnection, agency: str) -> WorkingCalendar:
    """The calendar by which the agency's terms run."""
    return (await dated_calendar(tx, agency)).calendar


async def calendars_known(tx: AsyncConnection, agency: str) -> CalendarHistory:
    """What was known of the agency's working time and when, which nobody adds to until the transaction ends."""
    await store.lock_calendar_as_known(tx, agency)
    rows = await store.calendar_versions_of(tx, agency)
    later = ((row.since, _read(json.dumps(row.calendar, sort_keys=True))) for row in rows)
    return CalendarHistory(national_calendar(), tuple(later))


async def calendar_to_edit(tx: AsyncConnection, agency: str) -> WorkingCalendar:
    """The agency's calendar, which nobody else edits until the transaction ends."""
    await store.lock_calendar(tx, agency)
    return await calendar_of(tx, agency)


async def declare_calendar(
    tx: AsyncConnection,
    now: datetime,
    *,
    agency: str,
    before: WorkingCalendar,
    calendar: WorkingCalendar,
    reason: str,
    by: str,
) -> AnyRow | None:
    """The agency works by this calendar from now on, and no longer by that of before, which is held to be edited.

    The job that dates the open cases anew is returned; None when the edit changes no working time.
    """
    await store.put_calendar(tx, agency, calendar.to_json(), now)
    changed_from = calendar.differs_from(before)
    if changed_from is None:
        return None
    await store.add_calendar_version(tx, agency, calendar.to_json(), now)
    return await store.order_redating(
        tx,
        {
            "id": new_id(),
            "agency": agency,
            "reason": reason,
            "ordered_by": by,
            "ordered_at": now,
            "changed_from": changed_from,
        },
    )


async def list_redatings(
    tx: AsyncConnection, agency: str, *, after: Sequence[Any] | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's edits and how far the open cases are dated by them, the newest first."""
    return await store.redatings_of(tx, agency, after, limit)
