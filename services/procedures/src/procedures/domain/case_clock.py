"""The legal clock of a case, explained: every stretch of time from the submission on, whether it counted,
and why.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.clock import Interval
from shared.errors import Text

WAITING_TEXT = Text(
    vi="Chờ tiếp nhận; thời hạn chưa bắt đầu", en="Waiting to be received; the term has not begun"
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the clock of a case stands at an instant, and how it came there."""

    case: Case
    intervals: tuple[Interval, ...]
    elapsed: timedelta
    """The working time that counted."""
    remaining: timedelta | None
    """The working time that is left, also while the clock stands still; None without a term or after the end."""
    overdue: bool
    """Whether the answer came late, or is late by now."""


def explain(case: Case, calendar: WorkingCalendar, now: datetime) -> Explanation:
    """The clock of the case at the instant `now`, explained."""
    clock = case.clock
    received = case.received_at or case.ended_at or now
    counted = () if clock is None else clock.intervals(now, calendar)
    return Explanation(
        case=case,
        intervals=(*_waiting(case.submitted_at, received, calendar), *counted),
        elapsed=timedelta() if clock is None else clock.elapsed(now, calendar),
        remaining=_remaining(case, calendar, now),
        overdue=_overdue(case, calendar, now),
    )


def _waiting(submitted: datetime, until: datetime, calendar: WorkingCalendar) -> tuple[Interval, ...]:
    """The time before the case was received, if there was any."""
    if until <= submitted:
        return ()
    worked = calendar.working_time_between(submitted, until)
    return (Interval(submitted, until, counts=False, reason=WAITING_TEXT, working_time=worked),)


def _remaining(case: Case, calendar: WorkingCalendar, now: datetime) -> timedelta | None:
    if case.clock is None or case.clock.ended_at is not None:
        return None
    return case.clock.remaining(now, calendar)


def _overdue(case: Case, calendar: WorkingCalendar, now: datetime) -> bool:
    """A decision is measured by the due instant of its day, whatever becomes of the calendar later."""
    if case.decided_at is not None:
        return case.due_when_decided is not None and case.due_when_decided < case.decided_at
    return case.clock is not None and case.clock.is_overdue(now, calendar)
