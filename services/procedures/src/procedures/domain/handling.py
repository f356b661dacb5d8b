"""The rules of handling a case: who may take the next act, and what it is.

Each function takes the case as it stands, the actor and `now`, and returns the acts that follow, or raises.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from procedures.domain.acts import (
    Accepted,
    Act,
    Closed,
    Refused,
    ResultRecorded,
    Supplemented,
    SupplementRequested,
    TaskCompleted,
    Withdrawn,
)
from procedures.domain.branches import Progress, progress
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, MissingItem, Task
from procedures.domain.clock import CaseClock, Stop
from procedures.domain.dating import asked, standing, task_of
from procedures.domain.definition import END, Definition, Step, may_be_decided
from procedures.domain.fees import payment_stops
from procedures.domain.linked_cases import ChildStillRunning
from procedures.domain.status import Action, Status, require_allowed
from procedures.domain.terms import due_at
from procedures.domain.time_rules import NO_LIMITS, SupplementRule
from shared.errors import Conflict, Fault, Forbidden, Invalid, NotFound, Text


class NotThisUnit(Forbidden):
    """The task waits at another unit, or asks for a role that the official does not hold."""

    slug = "not-this-unit"
    title = Text(
        vi="Việc này thuộc bộ phận hoặc vai trò khác.", en="This task belongs to another unit or role."
    )


class TaskNotOpen(NotFound):
    """No task of this step is open in the case."""

    slug = "task-not-open"
    title = Text(vi="Bước này không đang mở trong hồ sơ.", en="No task of this step is open in the case.")


class DecisionMissing(Conflict):
    """The last task, or the last after which somebody decides, was to be completed before the matter was decided."""

    slug = "decision-missing"
    title = Text(
        vi="Chưa có quyết định giải quyết, mà sau bước này không còn bước nào ra quyết định; hãy ghi quyết định trước.",
        en="The case is not decided yet, and nobody decides it after this step; record the decision first.",
    )


class FeeUnpaid(Conflict):
    """What was granted was to be handed over while a fee is due; `fees` are their numbers."""

    slug = "fee-unpaid"
    title = Text(
        vi="Còn phí chưa nộp; kết quả chỉ được trả sau khi phí được nộp, hoặc được miễn theo căn cứ pháp luật.",
        en="A fee is not paid yet; the result is handed over once it is paid, or waived on a legal ground.",
    )


NOT_TO_BE_CLOSED = (DecisionMissing, FeeUnpaid)
"""Why a step, most often the last of a case, cannot be done yet."""


class SupplementRoundsUsed(Conflict):
    """The procedure lets the applicant be asked only so often; `rounds` says how often."""

    slug = "supplement-rounds-used"
    title = Text(
        vi="Đã hết số lần được yêu cầu bổ sung của thủ tục; hãy giải quyết với hồ sơ hiện có.",
        en="The procedure allows no further request for a supplement; decide on what is there.",
    )


@dataclass(frozen=True, slots=True)
class Official:
    """An official at work: of which agency, with the posts (unit, role) held."""

    agency: str
    posts: frozenset[tuple[str, str]]

    def holds(self, agency: str, unit: str, role: str | None) -> bool:
        """Whether the official may do work of this unit and role; any role of the unit for None."""
        return agency == self.agency and any(
            held_unit == unit and role in (None, held_role) for held_unit, held_role in self.posts
        )


def receiving_task(definition: Definition, calendar: WorkingCalendar, now: datetime) -> Task:
    """The task with which a submitted case waits at the receiving unit, to be done within the allowance of its step."""
    first = definition.first
    due = due_at(now, first.allowance, calendar)
    return Task(
        step=first.code,
        unit=first.unit,
        role=first.role,
        agency=first.agency or definition.agency,
        opened_at=now,
        due_at=due,
        allowance=first.allowance,
        counted_from=due and now,
    )


def accept(
    case: Case, definition: Definition, calendar: WorkingCalendar, official: Official, now: datetime
) -> tuple[Act, ...]:
    """The case is received: the clock starts, the first step is done and what comes after it opens.

    The first step of a procedure is the receiving one; a procedure of a single step keeps it open.
    """
    require_allowed(case.status, Action.ACCEPT)
    require_open_task(case, official)
    first, rules = definition.first, definition.time_rules
    clock = CaseClock(now, definition.term, reminder=rules.reminder)
    alone = first.transitions[0].to is END
    following = (
        Progress(opens=(first,)) if alone else progress(definition, [first.code], (), first.code, None)
    )
    tasks = [task_of(definition, step, case.agency, now) for step in following.opens]
    stops = (*(() if alone else _stops_after(clock, first)), *payment_stops(case.fees))
    stands = standing(clock, tasks, stops, calendar, now)
    return (
        Accepted(
            term=definition.term,
            stands=stands,
            arrivals=following.arrivals,
            reminder=rules.reminder,
            silence_consents=rules.consent_by_silence,
        ),
    )


def refuse(case: Case, official: Official, *, reason: str, legal_ground: str) -> tuple[Act, ...]:
    """Acceptance is refused, with the reason and the legal ground in writing."""
    require_allowed(case.status, Action.REFUSE)
    require_open_task(case, official)
    return (Refused(reason=reason, legal_ground=legal_ground),)


def complete_task(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    *,
    step: str,
    outcome: str | None,
    note: str | None,
) -> tuple[Act, ...]:
    """A unit finishes its step; the next task opens, or the case closes after its last one.

    Raises:
        TaskNotOpen, NotThisUnit: it is not open, or not this official's to do.
        UnknownOutcome: the step has several ways out and `outcome` names none of them.
        DecisionMissing: the case is not decided, and after this step could not be any more.
        FeeUnpaid: it is the last step of a case that is granted, and a fee is due.
        ChildStillRunning: it waits for a case of another agency.
    """
    task = completable(case, step)
    if not official.holds(task.agency, task.unit, task.role):
        raise NotThisUnit(unit=task.unit, role=task.role)
    require_child_ended(case, step)
    return completed(case, definition, calendar, now, task, outcome=outcome, note=note)


def completable(case: Case, step: str) -> Task:
    """The open task of a step, which can be done now.

    Raises:
        ActionNotAllowed: not while the applicant is asked for something, or the case is not received yet, or over.
        TaskNotOpen
    """
    task = case.task(step)
    if task is None or not case.lets_complete(task):
        require_allowed(case.status, Action.COMPLETE_TASK)
        raise TaskNotOpen(step=step)
    return task


def require_child_ended(case: Case, step: str) -> None:
    """Refuse to do a step that waits for a case of another agency.

    Raises:
        ChildStillRunning
    """
    if (child := case.child_at(step)) is not None:
        raise ChildStillRunning(child=child.code)


def completed(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    now: datetime,
    task: Task,
    *,
    outcome: str | None,
    note: str | None,
    by_silence: bool = False,
    attachments: Sequence[Attachment] = (),
) -> tuple[Act, ...]:
    """What follows when an open task is done, whoever did it, or nobody (`by_silence`).

    Raises:
        UnknownOutcome, DecisionMissing, FeeUnpaid: as `complete_task` does.
    """
    clock = _running(case)
    following = progress(definition, [open_.step for open_ in case.tasks], case.arrivals, task.step, outcome)
    stay = [other for other in case.tasks if other.step not in {task.step, *following.lapsed}]
    opens = [task_of(definition, step, case.agency, now, task) for step in following.opens]
    act = TaskCompleted(
        step=task.step,
        unit=task.unit,
        unit_agency=task.agency,
        outcome=outcome,
        note=note,
        stands=standing(
            clock, (*stay, *opens), _stops_after(clock, definition.step(task.step)), calendar, now
        ),
        arrivals=following.arrivals,
        lapsed=following.lapsed,
        by_silence=by_silence,
        attachments=tuple(attachments),
    )
    going_on = act.stands.tasks
    places = [*(open_.step for open_ in going_on), *(arrival.step for arrival in act.arrivals)]
    if case.status is not Status.DECIDED and not (going_on and may_be_decided(definition, places)):
        raise DecisionMissing
    if going_on:
        return (act,)
    if case.unpaid:
        raise FeeUnpaid(fees=case.unpaid)
    return act, Closed(on_time=_on_time(case))


def request_supplement(
    case: Case,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    items: Sequence[MissingItem],
    rule: SupplementRule = NO_LIMITS,
) -> tuple[Act, ...]:
    """The applicant is asked for what is missing, all at once and item by item; the clock stops.

    Raises:
        SupplementRoundsUsed: the procedure's rule allows no further round.
    """
    require_allowed(case.status, Action.REQUEST_SUPPLEMENT)
    require_open_task(case, official)
    if rule.rounds is not None and case.supplement_rounds >= rule.rounds:
        raise SupplementRoundsUsed(rounds=rule.rounds)
    clock = _running(case)
    answer = asked(now, rule.answer_within, clock.reminder, calendar)
    return (
        SupplementRequested(
            items=tuple(items),
            stands=standing(clock, case.tasks, (*clock.stops, Stop.SUPPLEMENT), calendar, now),
            answer_within=rule.answer_within,
            answer_by=answer.answer_by,
            remind_at=answer.remind_at,
        ),
    )


def supplement(
    case: Case,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    attachments: Sequence[Attachment],
    note: str | None,
) -> tuple[Act, ...]:
    """The applicant brings what was asked for; when all of it is there, the clock runs on with the time left.

    What does not come yet stays missing, and the clock stands still until it is there too.

    Raises:
        Invalid: nothing of what is asked for is among the attachments.
    """
    require_allowed(case.status, Action.SUPPLEMENT)
    brought = {attachment.document for attachment in attachments}
    missing = tuple(item.document for item in case.missing if item.document not in brought)
    if missing and len(missing) == len(case.missing):
        raise Invalid(faults=[_asked_for(document) for document in missing])
    clock = _running(case)
    stops = clock.stops if missing else [stop for stop in clock.stops if stop is not Stop.SUPPLEMENT]
    stands = standing(clock, case.tasks, stops, calendar, now)
    return (Supplemented(attachments=tuple(attachments), note=note, stands=stands, still_missing=missing),)


def record_result(case: Case, official: Official, attachments: Sequence[Attachment]) -> tuple[Act, ...]:
    """The result's documents join the case, for the applicant to take."""
    require_allowed(case.status, Action.RECORD_RESULT)
    require_open_task(case, official)
    return (ResultRecorded(attachments=tuple(attachments)),)


def withdraw(case: Case, *, reason: str | None) -> tuple[Act, ...]:
    """The applicant takes the case back, until it is decided."""
    require_allowed(case.status, Action.WITHDRAW)
    return (Withdrawn(reason=reason),)


def require_open_task(case: Case, official: Official) -> Task:
    """The first open task of the case that the official has; refused who has none.

    Raises:
        NotThisUnit
    """
    for task in case.tasks:
        if official.holds(task.agency, task.unit, task.role):
            return task
    raise NotThisUnit


def _asked_for(document: str) -> Fault:
    text = Text(vi=f"Còn thiếu: {document}.", en=f"Still missing: {document}.")
    return Fault("/documents", "supplement_incomplete", text)


def _running(case: Case) -> CaseClock:
    """The clock of a case that was received, as the table of statuses has made sure."""
    assert case.clock is not None
    return case.clock


def _stops_after(clock: CaseClock, done: Step) -> tuple[Stop, ...]:
    """Why the clock stands still once a step is done, besides what is still open."""
    if done.pauses_clock:
        return (*clock.stops, Stop.STEP)
    if done.resumes_clock:
        return tuple(stop for stop in clock.stops if stop is not Stop.STEP)
    return clock.stops


def _on_time(case: Case) -> bool | None:
    if case.due_when_decided is None or case.decided_at is None:
        return None
    return case.decided_at <= case.due_when_decided
