"""Which cases are likely to be late: what became of others at the same step, held against the time that is left.

    spent   the time that counted since the case came to its step
    left    the time that is left of its term
    alike   the cases that came to this step at the same pace and stayed there longer than spent

    chance of delay = the share of those alike that were decided later than spent + left after they came there

In words: of the cases that came here as slowly, and were here as long as this one, the share that then took longer than
this one has left. Where too few came at the same pace, those of any pace are taken. A case that waits at several
steps has the highest chance of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.clock import CaseClock
from procedures.domain.histogram import Histogram, place_of
from procedures.domain.stays import counted_between, pace_at

ALIKE = 20
"""Below so many cases that were as long at the step nothing is said."""

MONTHS = 6
"""How far back cases are looked at: long enough for many, short enough for how the agency works now."""


class Alike:
    """Cases by how long they stayed at a step, and how long it was from their coming there to the decision."""

    def __init__(self, numbers: Mapping[tuple[int, int], int]) -> None:
        """`numbers` by the bucket of the stay and that of the way to the decision."""
        self._stayed: list[Histogram] = []
        ways: Counter[int] = Counter()
        for stayed in range(max((stayed for stayed, _ in numbers), default=0), -1, -1):
            ways.update({way: number for (bucket, way), number in numbers.items() if bucket == stayed})
            self._stayed.append(Histogram(dict(ways)))
        self._stayed.reverse()

    def number(self, spent: timedelta, way: timedelta = timedelta()) -> float:
        """How many stayed longer than `spent`, and were decided later than `way` after they came."""
        place = place_of(spent)
        bucket = int(place)
        part = place - bucket
        return (1 - part) * self._from(bucket, way) + part * self._from(bucket + 1, way)

    def _from(self, stayed: int, way: timedelta) -> float:
        return self._stayed[stayed].longer_than(way) if stayed < len(self._stayed) else 0.0


class Ways:
    """How long it was to the decision, from each step and for each pace at which cases came there."""

    def __init__(self, numbers: Mapping[tuple[str, int], Mapping[tuple[int, int], int]]) -> None:
        """`numbers` by step and pace, and by the buckets of stay and way."""
        steps: defaultdict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for (step, _), found in numbers.items():
            steps[step].update(found)
        self._by_pace = {key: Alike(found) for key, found in numbers.items()}
        self._by_step = {step: Alike(found) for step, found in steps.items()}

    def like(self, step: str, pace: int, spent: timedelta) -> Alike | None:
        """Those to compare with: of the same pace when enough of them were as long at the step, or all that were."""
        for known in (self._by_pace.get((step, pace)), self._by_step.get(step)):
            if known is not None and known.number(spent) >= ALIKE:
                return known
        return None


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
    clock: CaseClock, places: Iterable[Place], ways: Ways, calendar: WorkingCalendar, now: datetime
) -> Forecast | None:
    """The forecast of a case that waits at these places.

    None when it has no term, is late or decided already, or too few cases were alike.
    """
    left = clock.remaining(now, calendar)
    if left is None or clock.ended_at is not None or clock.is_overdue(now, calendar):
        return None
    found = []
    for place in places:
        if place.since < clock.started_at:
            continue
        spent = counted_between(place.since, now, clock, calendar)
        like = ways.like(place.step, pace_at(place.since, clock, calendar), spent)
        if like is not None:
            alike = like.number(spent)
            found.append(Forecast(place, spent, left, int(alike), like.number(spent, spent + left) / alike))
    return max(found, key=lambda one: one.chance, default=None)
