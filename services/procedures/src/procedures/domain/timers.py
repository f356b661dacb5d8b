"""Which timers a case has: they follow from its state alone, so they are written whenever it changes.

A timer that fired is noted in the case with its instant. One that comes to bear another instant (the case
was dated anew, extended, or stood still) is another timer, and fires again.
"""

from collections.abc import Iterator

from procedures.domain.case import Case, Task
from procedures.domain.timer import Timer, TimerKind


def timers_of(case: Case) -> tuple[Timer, ...]:
    """What will happen to the case by itself unless something else happens before; the next one first."""
    return tuple(sorted(set(_wanted(case)) - set(case.noted), key=lambda timer: (timer.at, timer.kind)))


def noted(case: Case, timer: Timer) -> tuple[Timer, ...]:
    """What is noted in the case once this timer has fired; what can never fire again is left out."""
    wanted = set(_wanted(case))
    return (*(one for one in case.noted if one in wanted and one != timer), timer)


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
            silence = consultation.silence_consents
            kind = TimerKind.CONSULTATION_CONSENT if silence else TimerKind.CONSULTATION_OVERDUE
            yield Timer(kind, str(one.id), one.due_at)


def _of_own_time(case: Case) -> Iterator[Timer]:
    """Of steps that have a time of their own while no legal clock runs: to receive a case, which silence never does,
    and what is left to do once it is decided."""
    for task in case.tasks:
        if task.counted_from is not None:
            yield from _of_the_step(task, receiving=case.clock is None)


def _of_the_step(task: Task, receiving: bool = False) -> Iterator[Timer]:
    """Only of time that there was can silence be heard: a step opened after its instant is late, and waits for its unit.

    Else one that leads back to itself would be done over and over once the case is late.
    """
    if task.due_at is not None:
        silence = task.silence_consents and not receiving and task.opened_at < task.due_at
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
        kind = TimerKind.CASE_CONSENT if case.silence_consents else TimerKind.CASE_OVERDUE
        yield Timer(kind, "", case.due_at)
