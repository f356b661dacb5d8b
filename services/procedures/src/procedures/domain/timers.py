"""Which timers a case has: they follow from its state alone, so they are written whenever it changes.

A timer that fired is noted in the case with its instant. One that comes to bear another instant (the case
was dated anew, extended, or stood still) is another timer, and fires again.
"""

from collections.abc import Iterator
from datetime import datetime

from procedures.domain.case import Case, Task
from procedures.domain.timer import DECISIVE, Timer, TimerKind

_LATE = {
    TimerKind.CASE_CONSENT: TimerKind.CASE_OVERDUE,
    TimerKind.STEP_CONSENT: TimerKind.STEP_OVERDUE,
    TimerKind.CONSULTATION_CONSENT: TimerKind.CONSULTATION_OVERDUE,
}
"""What is noted of an instant that passed, where silence is not consent: whatever it meant, it passes once."""


def timers_of(case: Case) -> tuple[Timer, ...]:
    """What will happen to the case by itself unless something else happens before; the next one first."""
    passed = {(_about(timer), timer.at) for timer in case.noted}
    ahead = (timer for timer in _wanted(case) if (_about(timer), timer.at) not in passed)
    return tuple(sorted(ahead, key=lambda timer: (timer.at, timer.kind)))


def has_run_out(case: Case, now: datetime) -> bool:
    """Whether by itself something has happened to the case that changes what may be done with it."""
    return any(timer.at < now and timer.kind in DECISIVE for timer in timers_of(case))


def noted(case: Case, timer: Timer) -> tuple[Timer, ...]:
    """What is noted in the case once this timer has fired: what did before it, as long as it bears no other instant.

    What runs no more while the clock stands still bears the same instant when it runs on, if that had passed.
    Earlier releases forgot it meanwhile; what they wrote is read as they did.
    """
    wanted = tuple(_wanted(case))
    now_at = {_about(one): one.at for one in wanted}
    if case.due_since is None:
        stay = [one for one in case.noted if one in wanted]
    else:
        stay = [one for one in case.noted if now_at.get(_about(one), one.at) == one.at]
    return (*(one for one in stay if one != timer), timer)


def _about(timer: Timer) -> tuple[TimerKind, str]:
    return _LATE.get(timer.kind, timer.kind), timer.subject


def _wanted(case: Case) -> Iterator[Timer]:
    yield from _of_fees(case)
    if case.clock is None or case.clock.ended_at is not None:
        yield from _of_own_time(case)
        return
    yield from _of_the_answer(case)
    for task in case.tasks:
        yield from _of_the_step(task)
    if case.asked is not None and case.asked.answer_by is not None:
        yield Timer(TimerKind.ANSWER_EXPIRY, "", case.asked.answer_by)
        if case.asked.remind_at is not None:
            yield Timer(TimerKind.ANSWER_REMINDER, "", case.asked.remind_at)
    if case.apology is not None and not case.stops:
        yield Timer(TimerKind.PROMISE_OVERDUE, "", case.apology.promised_at)
    for consultation, one in case.consulted:
        if one.due_at is not None:
            silence = consultation.silence_consents and _had_time(
                one.due_at, one.due_since or consultation.asked_at
            )
            kind = TimerKind.CONSULTATION_CONSENT if silence else TimerKind.CONSULTATION_OVERDUE
            yield Timer(kind, str(one.id), one.due_at)


def _of_own_time(case: Case) -> Iterator[Timer]:
    """Of steps that have a time of their own while no legal clock runs: to receive a case, which silence never does,
    and what is left to do once it is decided."""
    for task in case.tasks:
        if task.counted_from is not None:
            yield from _of_the_step(task, receiving=case.clock is None)


def _had_time(due_at: datetime, since: datetime) -> bool:
    """Only of time that there was can silence be heard: what was past when it came to be due then is only overdue.

    Else a term that is cut short would grant what nobody could answer any more, and a step that leads back to itself
    would be done over and over once the case is late.
    """
    return since < due_at


def _of_the_step(task: Task, receiving: bool = False) -> Iterator[Timer]:
    if task.due_at is not None:
        had_time = _had_time(task.due_at, task.due_since or task.opened_at)
        silence = task.silence_consents and not receiving and had_time
        yield Timer(TimerKind.STEP_CONSENT if silence else TimerKind.STEP_OVERDUE, task.step, task.due_at)


def _of_fees(case: Case) -> Iterator[Timer]:
    """Of fees that are to be paid in time: from the submission on, until the matter is decided."""
    if case.decided_at is not None or case.ended_at is not None:
        return
    for fee in case.fees:
        time = fee.running_out
        if time is not None:
            yield Timer(TimerKind.FEE_EXPIRY, str(fee.number), time.by)
            if time.remind_at is not None:
                yield Timer(TimerKind.FEE_REMINDER, str(fee.number), time.remind_at)


def _of_the_answer(case: Case) -> Iterator[Timer]:
    """Of the answer to the whole case."""
    if case.remind_at is not None:
        yield Timer(TimerKind.REMINDER, "", case.remind_at)
    if case.due_at is not None:
        silence = case.silence_consents and _had_time(case.due_at, case.due_since or case.submitted_at)
        kind = TimerKind.CASE_CONSENT if silence else TimerKind.CASE_OVERDUE
        yield Timer(kind, "", case.due_at)
