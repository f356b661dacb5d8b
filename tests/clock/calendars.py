"""Calendars of agencies: the same choices told to the domain as a value, and to the oracle as minutes."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from procedures.domain.calendar import Session, WorkingCalendar

BASE = datetime(2025, 12, 31, 17, tzinfo=UTC)
"""Midnight of 1 January 2026 in Viet Nam: minute 0."""
DAYS, MINUTES_OF_DAY = 450, 24 * 60
HORIZON = DAYS * MINUTES_OF_DAY
MINUTE = timedelta(minutes=1)
FAMILIES, EDITS = 40, 6


def instant(minute: int) -> datetime:
    """When a minute begins."""
    return BASE + minute * MINUTE


def minute_of(at: datetime) -> int:
    """The first minute that begins at an instant or after it."""
    return -((BASE - at) // MINUTE)


@dataclass(frozen=True)
class Choices:
    """What a calendar is made of, in minutes of the day and days since minute 0."""

    week: tuple[tuple[tuple[int, int], ...], ...]
    off: frozenset[int]
    closed: frozenset[int]
    mornings: frozenset[int]
    afternoons: frozenset[int]
    make_up: frozenset[int]


USUAL = ((450, 690), (810, 1050))
WEEKS: tuple[tuple[tuple[tuple[int, int], ...], ...], ...] = (
    (USUAL,) * 5 + ((), ()),
    (USUAL,) * 5 + (((450, 690),), ()),
    (((420, 705), (780, 1020)),) * 5 + ((), ()),
    (((480, 1013),),) * 4 + (((480, 720),), (), ()),
    ((), ((0, 1),), USUAL, (), ((600, 660), (660, 720), (721, 1439)), (), ()),
)


@cache
def choices(family: int, edit: int) -> Choices:
    """Edits of one family have its week, and other special days."""
    week = WEEKS[family % len(WEEKS)]
    few = random.Random(family * 1000 + edit)
    special = few.sample(range(40, 260), few.randint(0, 40))
    lists: list[set[int]] = [set() for _ in range(5)]
    for day in special:
        few.choice(lists).add(day)
    if few.random() < 0.2:
        gap = few.randint(40, 200)
        lists[1] |= set(range(gap, gap + 12)) - set().union(*lists)
    return Choices(week, *map(frozenset, lists))


@cache
def calendar_of(family: int, edit: int) -> WorkingCalendar:
    chosen = choices(family, edit)

    def session(opens: int, closes: int) -> Session:
        return Session(time(*divmod(opens, 60)), time(*divmod(closes, 60)))

    def dates(days: frozenset[int]) -> frozenset[date]:
        return frozenset(date(2026, 1, 1) + timedelta(days=day) for day in days)

    week = tuple(tuple(session(*pair) for pair in day) for day in chosen.week)
    return WorkingCalendar(
        week=week,
        holidays=dates(chosen.off),
        closures=dates(chosen.closed),
        mornings=dates(chosen.mornings),
        afternoons=dates(chosen.afternoons),
        make_up_days=dates(chosen.make_up),
    )


@cache
def worked_minutes(family: int, edit: int) -> bytes:
    """One byte a minute: 1 when the agency is at work."""
    chosen, minutes = choices(family, edit), bytearray(HORIZON)
    fullest = max(chosen.week, key=lambda day: sum(closes - opens for opens, closes in day))
    for day in range(DAYS):
        ordinary = chosen.week[(day + 3) % 7]  # 1 January 2026 is a Thursday
        if day in chosen.off or day in chosen.closed:
            continue
        half = day in chosen.mornings or day in chosen.afternoons
        hours = fullest if day in chosen.make_up or (half and not ordinary) else ordinary
        for opens, closes in hours:
            for minute in range(opens, closes):
                if half and (minute < 720) is not (day in chosen.mornings):
                    continue
                minutes[day * MINUTES_OF_DAY + minute] = 1
    return bytes(minutes)
