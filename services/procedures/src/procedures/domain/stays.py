"""How long cases stay at their steps, and how long it is from there to the decision: what a log teaches.

A stay is over when its step is done, is not waited for any more, or passes to another unit; what the applicant
ended by withdrawing or by not answering tells nothing of the unit and is left out. A stay is measured in working
time of the agency that answers for the case. The way to the decision is measured as the term is: in working time
during which the clock of the case ran. Both by the calendar that was known when they ended: so they are the same
whenever they are counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import log2

from procedures.domain.attribution import State
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.calendar_history import CalendarHistory
from procedures.domain.case import Task
from procedures.domain.clock import CaseClock
from procedures.domain.status import Status

_HOUR = timedelta(hours=1)
_ENDED_BY_THE_APPLICANT = (Status.WITHDRAWN, Status.LAPSED)


@dataclass(frozen=True, slots=True)
class Stay:
    """A case was at a step of a unit, and has left it."""

    step: str
    unit_agency: str
    unit: str
    left_at: datetime
    worked: timedelta
    """The working time that it stayed."""


@dataclass(frozen=True, slots=True)
class Way:
    """A case came to a step, and was decided at last."""

    step: str
    pace: int
    """How slow it was until there; see `pace_at`."""
    decided_at: datetime
    stayed: timedelta
    """The time that it stayed there, as far as it counted towards the term."""
    counted: timedelta
    """The time from there to the decision, likewise."""


def stays(history: Sequence[State], after: int, calendars: CalendarHistory) -> Iterator[Stay]:
    """The stays that acts behind the one with this sequence number ended."""
    came: dict[tuple[str, str, str, datetime], datetime] = {}
    for state in history:
        there = {_place(task): came.get(_place(task), state.since) for task in state.case.tasks}
        if state.case.sequence > after and state.case.status not in _ENDED_BY_THE_APPLICANT:
            calendar = calendars.known_at(state.since)
            for place, since in came.items():
                if place not in there:
                    step, agency, unit, _ = place
                    worked = calendar.working_time_between(since, state.since)
                    yield Stay(step, agency, unit, state.since, worked)
        came = there


def ways(history: Sequence[State], after: int, calendars: CalendarHistory) -> Iterator[Way]:
    """The ways from each step to the decision, when an act behind the one with this sequence number is it."""
    decided = next((state for state in history if state.case.decided_at is not None), None)
    if decided is None or decided.case.sequence <= after or decided.case.clock is None:
        return
    clock, until = decided.case.clock, decided.since
    calendar = calendars.known_at(until)
    passed: dict[tuple[str, datetime], datetime] = {}
    for state, following in pairwise(history):
        if state.case.sequence < decided.case.sequence:
            passed.update({(task.step, task.opened_at): following.since for task in state.case.tasks})
    for (step, opened_at), left_at in passed.items():
        if opened_at >= clock.started_at:
            stayed = counted_between(opened_at, left_at, clock, calendar)
            counted = counted_between(opened_at, until, clock, calendar)
            yield Way(step, pace_at(opened_at, clock, calendar), until, stayed, counted)


def pace_at(instant: datetime, clock: CaseClock, calendar: WorkingCalendar) -> int:
    """How slow a case was until an instant: the doublings of the hours that had counted by then, one for the first.

    Whoever was slow is likely to stay so: the case is difficult, or its units have much to do.
    """
    return int(log2(1 + counted_between(clock.started_at, instant, clock, calendar) / _HOUR))


def counted_between(
    start: datetime, until: datetime, clock: CaseClock, calendar: WorkingCalendar
) -> timedelta:
    """The working time between two instants during which the clock ran."""
    counted = (
        calendar.working_time_between(max(interval.begins_at, start), interval.ends_at)
        for interval in clock.intervals(until, calendar)
        if interval.counts
    )
    return sum(counted, timedelta())


def _place(task: Task) -> tuple[str, str, str, datetime]:
    return task.step, task.agency, task.unit, task.opened_at
