"""The legal clock of a case as its log tells it.

When the answer is due stands in the case, as it was given with the act that gave it. The clock explains it:
every stretch of time from the submission on, whether it counted, and why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from procedures.domain.acts import (
    Accepted,
    ClockEffect,
    Decided,
    Entry,
    Supplemented,
    SupplementRequested,
    TaskCompleted,
    Withdrawn,
)
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.clock import CaseClock, Interval, Stop
from procedures.domain.terms import Term
from shared.errors import Text

WAITING_TEXT = Text(
    vi="Chờ tiếp nhận; thời hạn chưa bắt đầu", en="Waiting to be received; the term has not begun"
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the clock of a case stands at an instant, and how it came there."""

    case: Case
    clock: CaseClock | None
    """None before the case is received, and for one that never was."""
    intervals: tuple[Interval, ...]
    elapsed: timedelta
    """The working time that counted."""
    remaining: timedelta | None
    """The working time that is left, also while the clock stands still; None without a term or after the end."""
    overdue: bool
    """Whether the answer came late, or is late by now."""


def clock_of(entries: Iterable[Entry], term: Term) -> CaseClock | None:
    """The clock that a log describes; None before the case is received.

    The clocks of machines differ a little: an act that bears an earlier instant than the one before it is
    taken to have come with that one.
    """
    clock: CaseClock | None = None
    at: datetime | None = None
    for entry in entries:
        at = entry.at if at is None else max(at, entry.at)
        match entry.act:
            case Accepted(clock=effect):
                clock = _turned(CaseClock(at, term), effect, at)
            case TaskCompleted(clock=effect) if clock is not None:
                clock = _turned(clock, effect, at)
            case SupplementRequested() if clock is not None:
                clock = clock.pause(at, Stop.SUPPLEMENT)
            case Supplemented() if clock is not None:
                clock = clock.resume(at, Stop.SUPPLEMENT)
            case Decided() | Withdrawn() if clock is not None:
                clock = clock.end(at)
            case _:
                pass
    return clock


def explain(
    case: Case, entries: Iterable[Entry], term: Term, calendar: WorkingCalendar, now: datetime
) -> Explanation:
    """The clock of the case at the instant `now`, explained from its log."""
    clock = clock_of(entries, term)
    received = case.received_at or case.ended_at or now
    counted = () if clock is None else clock.intervals(now, calendar)
    return Explanation(
        case=case,
        clock=clock,
        intervals=(*_waiting(case.submitted_at, received, calendar), *counted),
        elapsed=timedelta() if clock is None else clock.elapsed(now, calendar),
        remaining=_remaining(case, calendar, now),
        overdue=_overdue(case, now),
    )


def _turned(clock: CaseClock, effect: ClockEffect, at: datetime) -> CaseClock:
    match effect:
        case "pauses":
            return clock.pause(at, Stop.STEP)
        case "resumes":
            return clock.resume(at, Stop.STEP)
        case "runs":
            return clock


def _waiting(submitted: datetime, until: datetime, calendar: WorkingCalendar) -> tuple[Interval, ...]:
    """The time before the case was received, if there was any."""
    if until <= submitted:
        return ()
    worked = calendar.working_time_between(submitted, until)
    return (Interval(submitted, until, counts=False, reason=WAITING_TEXT, working_time=worked),)


def _remaining(case: Case, calendar: WorkingCalendar, now: datetime) -> timedelta | None:
    if case.decided_at is not None or case.ended_at is not None:
        return None
    due, ran_until = case.due_at, now
    if case.stopped_at is not None:
        due, ran_until = case.due_when_stopped, case.stopped_at
    return None if due is None else calendar.working_time_between(ran_until, due)


def _overdue(case: Case, now: datetime) -> bool:
    if case.decided_at is not None:
        return case.due_when_decided is not None and case.due_when_decided < case.decided_at
    if case.stopped_at is not None:
        return case.due_when_stopped is not None and case.due_when_stopped < case.stopped_at
    return case.due_at is not None and case.due_at < now
