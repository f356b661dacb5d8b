"""Which cases are likely to be late: what became of others at the same step, held against the time that is left.

    spent   the time that counted since the case came to its step
    left    the time that is left of its term
    S(t)    of the cases that came to this step, those that were decided later than t of counted time after it

                      S(spent + left)
    chance of delay = ---------------
                         S(spent)

In words: of the cases that were as long at this step as this one and not decided yet, the share that then took
longer than this one has left. A case that waits at several steps has the highest chance of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.clock import CaseClock
from procedures.domain.histogram import Histogram
from procedures.domain.stays import counted_since

ALIKE = 20
"""Below so many cases that were as long at the step nothing is said."""

MONTHS = 6
"""How far back cases are looked at: long enough for many, short enough for how the agency works now."""


@dataclass(frozen=True, slots=True)
class Place:
    """A step at which a case is, and since when."""

    step: str
    unit_agency: str
    unit: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """How likely a case is to be late, and why."""

    place: Place
    spent: timedelta
    left: timedelta
    alike: int
    """How many cases were as long at the step; the chance is a share of them."""
    chance: float


def forecast(
    clock: CaseClock,
    places: Iterable[Place],
    ways: Mapping[str, Histogram],
    calendar: WorkingCalendar,
    now: datetime,
) -> Forecast | None:
    """The forecast of a case that waits at these places; `ways` to the decision, by step.

    None when it has no term, is late or decided already, or too few cases were alike.
    """
    left = clock.remaining(now, calendar)
    if left is None or clock.ended_at is not None or clock.is_overdue(now, calendar):
        return None
    found = [
        _at(place, ways[place.step], counted_since(place.since, clock, calendar, now), left)
        for place in places
        if place.step in ways and place.since >= clock.started_at
    ]
    known = [one for one in found if one is not None]
    return max(known, key=lambda one: one.chance, default=None)


def _at(place: Place, ways: Histogram, spent: timedelta, left: timedelta) -> Forecast | None:
    alike = ways.longer_than(spent)
    if alike < ALIKE:
        return None
    return Forecast(place, spent, left, int(alike), ways.longer_than(spent + left) / alike)
