"""What follows when a timer of a case has run out: one rule for each kind of timer.

Each rule takes the case, its definition, the calendar, `now` and the timer, and returns acts after which the
timer is none of the case's any more.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from procedures.domain.acts import Act, Decided
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Outcome
from procedures.domain.clock import Stop
from procedures.domain.consulting import silent
from procedures.domain.dating import dated, standing
from procedures.domain.definition import Definition
from procedures.domain.fee_rules import remind_of_fee, unpaid
from procedures.domain.handling import NOT_TO_BE_CLOSED, completed
from procedures.domain.time_acts import BecameOverdue, Lapsed, Reminded, SupplementExpired
from procedures.domain.time_rules import Expiry
from procedures.domain.timer import Timer, TimerKind
from procedures.domain.timers import timers_of

MOST_AT_ONCE = 50
"""Timers of one case that fire in one go; what is left fires in the next."""

Rule = Callable[[Case, Definition, WorkingCalendar, datetime, Timer], tuple[Act, ...]]

GRANTED_BY_SILENCE = "Hết thời hạn mà cơ quan không trả lời: được chấp thuận theo quy định của thủ tục."
REJECTED_UNANSWERED = "Người nộp không bổ sung hồ sơ trong thời hạn đã yêu cầu."
BY_THE_PROCEDURE = "Quy định về thời hạn bổ sung hồ sơ của thủ tục"


def fire(case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime) -> tuple[Act, ...]:
    """The acts of all timers of the case that have run out by `now`, in the order of their instants."""
    acts: list[Act] = []
    for _ in range(MOST_AT_ONCE):
        timer = next(iter(timers_of(case)), None)
        if timer is None or timer.at >= now:
            break
        for act in _RULES[timer.kind](case, definition, calendar, now, timer):
            acts.append(act)
            case = act.change(case, now)
    return tuple(acts)


def _remind(case: Case, _: Definition, __: WorkingCalendar, ___: datetime, timer: Timer) -> tuple[Act, ...]:
    answer_by = case.asked.answer_by if case.asked else None
    due = case.due_at if timer.kind is TimerKind.REMINDER else answer_by
    assert due is not None  # or there would be nothing to remind of
    return (Reminded(timer, due),)


def _note_overdue(
    case: Case, _: Definition, __: WorkingCalendar, ___: datetime, timer: Timer
) -> tuple[Act, ...]:
    task = case.task(timer.subject)
    if task is None:
        return (BecameOverdue(timer),)
    return (BecameOverdue(timer, task.unit, task.agency),)


def _take_for_done(
    case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime, timer: Timer
) -> tuple[Act, ...]:
    """The step is completed on its first way; only the last step of a case that must not be closed yet cannot be."""
    task = case.task(timer.subject)
    assert task is not None
    outcome = definition.step(task.step).transitions[0].outcome
    try:
        return completed(case, definition, calendar, now, task, outcome=outcome, note=None, by_silence=True)
    except NOT_TO_BE_CLOSED:
        return (BecameOverdue(timer, task.unit, task.agency),)


def _silence(
    case: Case, _: Definition, calendar: WorkingCalendar, now: datetime, timer: Timer
) -> tuple[Act, ...]:
    return silent(case, calendar, now, timer)


def _remind_of_fee(
    case: Case, _: Definition, __: WorkingCalendar, ___: datetime, timer: Timer
) -> tuple[Act, ...]:
    return remind_of_fee(case, timer)


def _unpaid(
    case: Case, _: Definition, calendar: WorkingCalendar, now: datetime, timer: Timer
) -> tuple[Act, ...]:
    return unpaid(case, calendar, now, timer)


def _grant(*_: object) -> tuple[Act, ...]:
    return (Decided(Outcome.GRANTED, GRANTED_BY_SILENCE, None, by_silence=True),)


def _expire(
    case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime, timer: Timer
) -> tuple[Act, ...]:
    on_expiry = definition.time_rules.supplements.on_expiry
    if on_expiry is Expiry.LAPSE:
        return (Lapsed(timer.at),)
    assert case.clock is not None
    missing = tuple(item.document for item in case.missing)
    if on_expiry is Expiry.CONTINUE:
        stops = [stop for stop in case.stops if stop is not Stop.SUPPLEMENT]
        stands = standing(case.clock, case.tasks, stops, calendar, now)
        return (SupplementExpired(timer.at, missing, stands),)
    # Nothing else is waited for any more either: the decision is measured by when it was due.
    expired = SupplementExpired(
        timer.at, missing, dated(case.clock.standing_for((), now), case.tasks, calendar, now)
    )
    ground = f"{BY_THE_PROCEDURE} {definition.code}"
    if definition.legal_basis:
        ground += f" ({'; '.join(definition.legal_basis)})"
    return expired, Decided(Outcome.REJECTED, REJECTED_UNANSWERED, None, legal_ground=ground)


_RULES: Mapping[TimerKind, Rule] = {
    TimerKind.REMINDER: _remind,
    TimerKind.ANSWER_REMINDER: _remind,
    TimerKind.CASE_OVERDUE: _note_overdue,
    TimerKind.STEP_OVERDUE: _note_overdue,
    TimerKind.PROMISE_OVERDUE: _note_overdue,
    TimerKind.STEP_CONSENT: _take_for_done,
    TimerKind.CASE_CONSENT: _grant,
    TimerKind.ANSWER_EXPIRY: _expire,
    TimerKind.CONSULTATION_CONSENT: _silence,
    TimerKind.CONSULTATION_OVERDUE: _silence,
    TimerKind.FEE_REMINDER: _remind_of_fee,
    TimerKind.FEE_EXPIRY: _unpaid,
}
