"""What can be told to and asked of stays."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendars_known
from procedures.cases.store import entry_of, kept_cases, logs_of
from procedures.domain.attribution import State, states
from procedures.domain.calendar_history import CalendarHistory
from procedures.domain.case import opened
from procedures.domain.histogram import Histogram, bucket_of
from procedures.domain.log import Link
from procedures.domain.statistics import Month, month_of
from procedures.domain.stays import stays, ways
from procedures.domain.terms import MINUTE
from procedures.stays import store
from procedures.stays.store import Filter, StayCell, WayCell
from shared.db import AnyRow, Database, gathered

_AT_ONCE = 500


class Sums:
    """What cases add to the cells."""

    def __init__(self) -> None:
        self.numbers: Counter[StayCell] = Counter()
        self.minutes: Counter[StayCell] = Counter()
        self.ways: Counter[WayCell] = Counter()

    def count(self, history: Sequence[State], after: int, calendars: CalendarHistory) -> None:
        """Add what the acts of a case behind the one with this number tell."""
        agency, procedure = history[-1].case.agency, history[-1].case.procedure
        for stay in stays(history, after, calendars):
            place = (procedure, stay.step, stay.unit_agency, stay.unit)
            key = StayCell(agency, month_of(stay.left_at), *place, bucket_of(stay.worked))
            self.numbers[key] += 1
            self.minutes[key] += round(stay.worked / MINUTE)
        for way in ways(history, after, calendars):
            month = month_of(way.decided_at)
            buckets = (bucket_of(way.stayed), bucket_of(way.counted))
            cell = WayCell(agency, procedure, month, way.step, way.pace, *buckets)
            self.ways[cell] += 1

    async def add(self, tx: AsyncConnection) -> None:
        """Add the sums to the cells."""
        found = {cell: (number, self.minutes[cell]) for cell, number in self.numbers.items()}
        await store.add_stays(tx, found)
        await store.add_ways(tx, self.ways)


async def follow_case(tx: AsyncConnection, case_id: UUID, sequence: int) -> None:
    """Count what the log of a case tells up to its end, of which an act with this number was heard of.

    Whatever is counted is not counted again; so acts may be heard of late, twice, or not at all while others are.
    """
    counted = await store.counted_to(tx, case_id)
    if sequence <= counted:
        return
    links = (await logs_of(tx, [case_id])).get(case_id)
    if not links:
        return
    history = _history(case_id, links)
    gathered(tx, Sums).count(history, counted, await calendars_known(tx, history[-1].case.agency))
    await store.mark(tx, case_id, links[-1].sequence)


async def recount_stays(database: Database) -> int:
    """Count everything anew from the logs of the cases; returns how many cases there were.

    A log that cannot be read is left out. Whoever counts meanwhile waits, and finds it counted; so does whoever
    edits a calendar.
    """
    done, after = 0, None
    sums = Sums()
    calendars: dict[str, CalendarHistory] = {}
    async with database.transaction() as tx:
        await store.clear(tx)
        while rows := await kept_cases(tx, after=after, limit=_AT_ONCE, code=None):
            logs = await logs_of(tx, [row.id for row in rows])
            for row in rows:
                if row.agency not in calendars:
                    calendars[row.agency] = await calendars_known(tx, row.agency)
                try:
                    history = _history(row.id, logs[row.id])
                except (KeyError, ValueError):
                    continue
                sums.count(history, 0, calendars[row.agency])
            await store.keep_marks(tx, {case: links[-1].sequence for case, links in logs.items()})
            done, after = done + len(rows), rows[-1].id
        await sums.add(tx)
    return done


def _history(case_id: UUID, links: Sequence[Link]) -> tuple[State, ...]:
    entries = [entry_of(link) for link in links]
    return states(opened(case_id, entries[0]), entries)


@dataclass(frozen=True, slots=True)
class Staying:
    """How long cases stayed at a step of a unit, in working time."""

    procedure: str
    step: str
    unit_agency: str
    unit: str
    number: int
    mean: timedelta
    lengths: Histogram


async def stays_of_months(
    tx: AsyncConnection, agency: str, first: Month, last: Month, wanted: Filter
) -> list[Staying]:
    """How long the agency's cases that left a step in these months had stayed there, by step and unit."""
    return list(_by_place(await store.stays_of(tx, agency, first, last, wanted)))


def _by_place(rows: Sequence[AnyRow]) -> Iterator[Staying]:
    for (procedure, step, agency, unit), found in groupby(rows, key=lambda row: tuple(row[:4])):
        buckets = list(found)
        number = sum(int(row.number) for row in buckets)
        minutes = sum(int(row.minutes) for row in buckets)
        lengths = Histogram({row.bucket: int(row.number) for row in buckets})
        yield Staying(procedure, step, agency, unit, number, minutes // number * MINUTE, lengths)
