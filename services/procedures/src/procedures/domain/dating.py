"""When the open tasks of a case and its answer are due: they follow from the clock and the calendar.

Nothing is due while the clock stands still, but what it stands still for: an exempt step, by its own allowance,
and opinions that were asked for. So after each act that may change the clock or the tasks, and
after an edit of the agency's calendar, all of them are dated anew. The calendar is that of the agency which answers for
the case, also for steps of other agencies.

What is due at another instant than before says since when: only of one who had time left can silence be heard. The
applicant's time never ends in the past: who was told of an instant loses nothing by a calendar that is put right later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from procedures.domain.acts import Redated
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Asked, Case, Standing, Task
from procedures.domain.clock import CaseClock, Stop
from procedures.domain.consultation_acts import OpinionDue
from procedures.domain.definition import Definition, Step
from procedures.domain.fee_acts import FeeRedated
from procedures.domain.terms import NO_TERM, Term, before, due_at


def task_of(
    definition: Definition, step: Step, agency: str, now: datetime, after: Task | None = None
) -> Task:
    """The task of a step that opens now, not dated yet, because the task `after` is done.

    It has the step's own allowance; else that of its stage, counted from when the case came into the stage.
    """
    stage = definition.stage(step.stage)
    since = None
    if stage is not None:
        came_from = definition.step(after.step).stage if after else None
        since = after.stage_since if after and came_from == stage.code and after.stage_since else now
    if stage is None or step.allowance != NO_TERM:
        allowance, counted_from = step.allowance, now
    else:
        allowance, counted_from = stage.allowance, since or now
    return Task(
        step=step.code,
        unit=step.unit,
        role=step.role,
        agency=step.agency or agency,
        opened_at=now,
        allowance=allowance,
        counted_from=None if allowance == NO_TERM else counted_from,
        stage_since=since,
        exempt=step.exempt,
        silence_consents=step.silence_consents,
        attempts=step.external.attempts if step.external else None,
        opens_case=step.opens_case,
    )


def standing(
    clock: CaseClock, tasks: Iterable[Task], stops: Iterable[Stop], calendar: WorkingCalendar, now: datetime
) -> Standing:
    """How the case stands with these open tasks from now on, its clock standing still for `stops`.

    Open tasks that are exempt stop the clock by themselves.
    """
    open_tasks = tuple(tasks)
    others = [stop for stop in dict.fromkeys(stops) if stop is not Stop.CONSULTATION]
    reasons = (*others, Stop.CONSULTATION) if any(task.exempt for task in open_tasks) else tuple(others)
    if clock.ended_at is not None:
        reasons = ()
    return dated(clock.standing_for(reasons, now), open_tasks, calendar, now)


def dated(clock: CaseClock, tasks: Iterable[Task], calendar: WorkingCalendar, now: datetime) -> Standing:
    """The same reasons to stand still, with every due instant by this calendar.

    Once the matter is decided only what has a time of its own is due.
    """
    due = clock.due_at(calendar)
    of_the_case = due if clock.ended_at is None else None
    return Standing(
        stops=clock.stops,
        due_at=due,
        tasks=tuple(_due_at(task, _own_due(task, clock, calendar) or of_the_case, now) for task in tasks),
        remind_at=clock.remind_at(calendar),
        dated_at=now,
    )


def _due_at(task: Task, due: datetime | None, now: datetime) -> Task:
    return task if due == task.due_at else replace(task, due_at=due, due_since=now)


def asked(at: datetime, answer_within: Term, reminder: Term, calendar: WorkingCalendar) -> Asked:
    """Until when the applicant who was asked at an instant has time to answer."""
    answer_by = due_at(at, answer_within, calendar)
    return Asked(at, answer_within, answer_by, answer_by and before(answer_by, reminder, calendar))


def redated(case: Case, calendar: WorkingCalendar, now: datetime, reason: str) -> Redated | None:
    """What an edited calendar makes of an open case; None when nothing of it is due, or reminded of, at another instant."""
    stands = _dated_anew(case, calendar, now)
    if stands is None:
        return None
    again = _asked_anew(case, calendar, now)
    opinions, fees = tuple(_opinions_due(case, calendar, now)), tuple(_fees_due(case, calendar, now))
    dated_as_before = (case.due_at, case.tasks, case.remind_at, case.asked, (), ())
    if (stands.due_at, stands.tasks, stands.remind_at, again, opinions, fees) == dated_as_before:
        return None
    return Redated(
        reason=reason,
        stands=stands,
        answer_by=again.answer_by if again else None,
        answer_remind_at=again.remind_at if again else None,
        was_due_at=case.due_at,
        was_answer_by=case.asked.answer_by if case.asked else None,
        opinions=opinions,
        fees=fees,
    )


def _dated_anew(case: Case, calendar: WorkingCalendar, now: datetime) -> Standing | None:
    """Before the legal clock starts and after it ended only steps with a time of their own are dated."""
    clock = case.clock
    if clock is not None and clock.ended_at is None:
        return dated(clock, case.tasks, calendar, now)
    if case.status.ended:
        return None
    tasks = tuple(
        task if task.counted_from is None else _due_at(task, _own_due(task, clock, calendar), now)
        for task in case.tasks
    )
    return Standing(case.stops, case.due_at, tasks, case.remind_at, now)


def _asked_anew(case: Case, calendar: WorkingCalendar, now: datetime) -> Asked | None:
    if case.asked is None or case.clock is None:
        return case.asked
    again = asked(case.asked.at, case.asked.answer_within, case.clock.reminder, calendar)
    told = case.asked.answer_by
    if told is None or again.answer_by is None or again.answer_by > now:
        return again
    return replace(case.asked, remind_at=before(told, case.clock.reminder, calendar))


def _opinions_due(case: Case, calendar: WorkingCalendar, now: datetime) -> Iterator[OpinionDue]:
    for consultation, one in case.consulted:
        due = due_at(consultation.asked_at, one.term, calendar)
        if due != one.due_at:
            yield OpinionDue(consultation.id, one.id, due, now)


def _fees_due(case: Case, calendar: WorkingCalendar, now: datetime) -> Iterator[FeeRedated]:
    for fee in case.fees if case.decided_at is None else ():
        time = fee.running_out
        again = time and time.redated(fee.demanded_at, calendar)
        if again and again != time and again.by > now:
            yield FeeRedated(fee.number, again.by, again.remind_at)


def _own_due(task: Task, clock: CaseClock | None, calendar: WorkingCalendar) -> datetime | None:
    if task.counted_from is None:
        return None
    if task.exempt or clock is None:
        return due_at(task.counted_from, task.allowance, calendar)
    return clock.part_due_at(task.counted_from, task.allowance, calendar)
