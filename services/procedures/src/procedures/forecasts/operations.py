"""The job that makes forecasts, and what can be asked of them."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.calendars.operations import calendar_of
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.clock import CaseClock
from procedures.domain.forecast import MONTHS, Forecast, Place, Ways, forecast
from procedures.domain.statistics import month_after, month_of
from procedures.domain.status import Status
from procedures.domain.terms import MINUTE
from procedures.forecasts import store
from procedures.stays.store import Filter, ways_of
from shared.db import AnyRow, Database

WORTH_KEEPING = 20
"""Per cent; a case that is less likely to be late is not kept."""

_AT_ONCE = 500
_CLOCK = TypeAdapter(CaseClock)


class Past:
    """What cases took, and by which calendars, as far as it was asked for in this run."""

    def __init__(self, now: datetime) -> None:
        self._first, self._last = month_after(month_of(now), -MONTHS), month_of(now)
        self._ways: dict[tuple[str, str], Ways] = {}
        self._calendars: dict[str, WorkingCalendar] = {}

    async def ways(self, tx: AsyncConnection, agency: str, procedure: str) -> Ways:
        """From each step of the procedure to the decision, in the last months and this one."""
        key = agency, procedure
        if key not in self._ways:
            self._ways[key] = await ways_of(tx, agency, procedure, self._first, self._last)
        return self._ways[key]

    async def calendar(self, tx: AsyncConnection, agency: str) -> WorkingCalendar:
        if agency not in self._calendars:
            self._calendars[agency] = await calendar_of(tx, agency)
        return self._calendars[agency]


async def make_forecasts(database: Database, now: datetime) -> bool:
    """Look at every running case. Returns whether it was done: not while another process does it."""
    async with database.transaction() as held:
        if not await store.alone(held):
            return False
        past, after = Past(now), None
        while True:
            async with database.transaction() as tx:
                rows = await store.open_cases(tx, after=after, limit=_AT_ONCE)
                if not rows:
                    await store.drop_older(tx, now)
                    return True
                await store.keep(tx, [one async for one in _forecasts(tx, past, rows, now)])
                after = rows[-1].case_id


async def _forecasts(tx: AsyncConnection, past: Past, rows: Sequence[AnyRow], now: datetime) -> Any:
    for _, found in groupby(rows, key=lambda row: row.case_id):
        row, *others = found
        if row.status not in (Status.ACCEPTED, Status.SUPPLEMENT_REQUESTED) or row.clock is None:
            continue
        places = [Place(one.step, one.unit_agency, one.unit, one.opened_at) for one in (row, *others)]
        ways = await past.ways(tx, row.agency, row.procedure)
        calendar = await past.calendar(tx, row.agency)
        made = forecast(_CLOCK.validate_python(row.clock), places, ways, calendar, now)
        if made is not None and _per_cent(made) >= WORTH_KEEPING:
            yield _row(row, made, now)


def _per_cent(made: Forecast) -> int:
    return round(100 * made.chance)


def _row(row: AnyRow, made: Forecast, now: datetime) -> dict[str, Any]:
    return {
        "case_id": row.case_id,
        "agency": row.agency,
        "procedure": row.procedure,
        "step": made.place.step,
        "unit_agency": made.place.unit_agency,
        "unit": made.place.unit,
        "chance": _per_cent(made),
        "spent": made.spent // MINUTE * MINUTE,
        "left": made.left // MINUTE * MINUTE,
        "alike": made.alike,
        "made_at": now,
    }


async def likely_late(
    tx: AsyncConnection,
    look: Look,
    wanted: Filter,
    *,
    at_least: int,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The cases of the viewer's agency that are likely to be late, the likeliest first.

    The last of `limit` tells only that there are more; it is not shown.
    """
    assert look.viewer.agency is not None
    rows = await store.likely_late(
        tx, look.viewer.agency, wanted, at_least=at_least, after=after, limit=limit
    )
    shown = [Seen(row.case_id, row.code, row.procedure, row.applicant) for row in rows[: limit - 1]]
    await record_look(tx, look, *shown)
    return rows
