"""The rules of handling a case: who may take the next act, and what it is.

Each function takes the case as it stands, the actor and `now`, and returns the acts that follow, or raises.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from procedures.domain.acts import (
    Accepted,
    Act,
    Attachment,
    ClockEffect,
    Closed,
    Decided,
    MissingItem,
    Outcome,
    Refused,
    ResultRecorded,
    Supplemented,
    SupplementRequested,
    Task,
    TaskCompleted,
    Withdrawn,
)
from procedures.domain.agency import AnotherAgency
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.clock import Stop
from procedures.domain.definition import Definition, Step, next_steps
from procedures.domain.status import Action, Status, require_allowed
from procedures.domain.terms import NO_TERM, due_at, relaid
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
    """The last task was to be completed before the matter was decided."""

    slug = "decision-missing"
    title = Text(
        vi="Chưa có quyết định giải quyết; hãy ghi quyết định trước khi hoàn thành bước cuối.",
        en="The case is not decided yet; record the decision before the last step is completed.",
    )


class ClockStopped(Conflict):
    """The matter was to be decided while the applicant is waited for."""

    slug = "clock-stopped"
    title = Text(
        vi="Thời hạn đang tạm dừng; hãy quyết định khi thời hạn chạy tiếp.",
        en="The legal clock stands still; decide when it runs again.",
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


def receiving_task(definition: Definition, now: datetime) -> Task:
    """The task with which a submitted case waits at the receiving unit."""
    first = definition.first
    return Task(
        step=first.code,
        unit=first.unit,
        role=first.role,
        agency=first.agency or definition.agency,
        opened_at=now,
        due_at=None,
    )


def accept(
    case: Case, definition: Definition, calendar: WorkingCalendar, official: Official, now: datetime
) -> tuple[Act, ...]:
    """The case is received: the clock starts, the first step is done and the one after it opens.

    The first step of a procedure is the receiving one; a procedure of a single step keeps it open.
    """
    require_allowed(case.status, Action.ACCEPT)
    _require_open_task(case, official)
    following = next_steps(definition, definition.first_step, None)
    effect = _clock_effect(case, definition.first) if following else "runs"
    due = due_at(now, definition.term, calendar)
    opening = _Opening(case, definition, calendar, now, case_due=due, stands=effect == "pauses")
    tasks = tuple(opening.task(step) for step in following or (definition.first,))
    return (Accepted(due_at=due, tasks=tasks, clock=effect),)


def refuse(case: Case, official: Official, *, reason: str, legal_ground: str) -> tuple[Act, ...]:
    """Acceptance is refused, with the reason and the legal ground in writing."""
    require_allowed(case.status, Action.REFUSE)
    _require_open_task(case, official)
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
        DecisionMissing: it is the last step of a case that is not decided.
    """
    require_allowed(case.status, Action.COMPLETE_TASK)
    task = case.task(step)
    if task is None:
        raise TaskNotOpen(step=step)
    if not official.holds(task.agency, task.unit, task.role):
        raise NotThisUnit(unit=task.unit, role=task.role)
    done = definition.step(step)
    effect = _clock_effect(case, done)
    due = _due_after(case, effect, calendar, now)
    stands = effect == "pauses" or (bool(case.stopped_for) and effect == "runs")
    opening = _Opening(case, definition, calendar, now, case_due=due, stands=stands)
    others = tuple(other for other in case.tasks if other.step != step)
    opens = tuple(opening.task(following, task) for following in next_steps(definition, step, outcome))
    completed = TaskCompleted(
        step=step,
        unit=task.unit,
        unit_agency=task.agency,
        outcome=outcome,
        note=note,
        tasks=(*others, *opens),
        due_at=due,
        clock=effect,
    )
    if completed.tasks:
        return (completed,)
    if case.status is not Status.DECIDED:
        raise DecisionMissing
    return completed, Closed(on_time=_on_time(case))


def request_supplement(case: Case, official: Official, items: Sequence[MissingItem]) -> tuple[Act, ...]:
    """The applicant is asked for what is missing, once and item by item; the clock stops."""
    require_allowed(case.status, Action.REQUEST_SUPPLEMENT)
    _require_open_task(case, official)
    return (SupplementRequested(items=tuple(items)),)


def supplement(
    case: Case,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    attachments: Sequence[Attachment],
    note: str | None,
) -> tuple[Act, ...]:
    """The applicant brings what was asked for; the clock runs on with the time that was left.

    Raises:
        Invalid: something that was asked for is not among the attachments.
    """
    require_allowed(case.status, Action.SUPPLEMENT)
    brought = {attachment.document for attachment in attachments}
    faults = [
        Fault(
            "/documents",
            "supplement_incomplete",
            Text(vi=f"Còn thiếu: {item.document}.", en=f"Still missing: {item.document}."),
        )
        for item in case.missing
        if item.document not in brought
    ]
    if faults:
        raise Invalid(faults=faults)
    stopped = case.stopped_at or now
    runs = len(case.stopped_for) == 1
    tasks = tuple(
        replace(task, due_at=relaid(task.due_at, stopped, now, calendar)) if runs else task
        for task in case.tasks
    )
    due = relaid(case.due_when_stopped, stopped, now, calendar) if runs else None
    return (Supplemented(attachments=tuple(attachments), note=note, due_at=due, tasks=tasks),)


def decide(
    case: Case, official: Official, *, outcome: Outcome, reason: str, number: str | None
) -> tuple[Act, ...]:
    """The agency answers: granted or rejected, with reasons. This is what the term is measured to.

    Raises:
        AnotherAgency: the task waits at an agency that does its part, and does not answer for the case.
        ClockStopped: while the applicant is waited for.
    """
    require_allowed(case.status, Action.DECIDE)
    _require_open_task(case, official)
    if official.agency != case.agency:
        raise AnotherAgency
    if case.stopped_for:
        raise ClockStopped
    return (Decided(outcome=outcome, reason=reason, number=number),)


def record_result(case: Case, official: Official, attachments: Sequence[Attachment]) -> tuple[Act, ...]:
    """The result's documents join the case, for the applicant to take."""
    require_allowed(case.status, Action.RECORD_RESULT)
    _require_open_task(case, official)
    return (ResultRecorded(attachments=tuple(attachments)),)


def withdraw(case: Case, *, reason: str | None) -> tuple[Act, ...]:
    """The applicant takes the case back, until it is decided."""
    require_allowed(case.status, Action.WITHDRAW)
    return (Withdrawn(reason=reason),)


def _require_open_task(case: Case, official: Official) -> None:
    if not any(official.holds(task.agency, task.unit, task.role) for task in case.tasks):
        raise NotThisUnit


@dataclass(frozen=True, slots=True)
class _Opening:
    """How steps open: in which case, when, and with which due instants."""

    case: Case
    definition: Definition
    calendar: WorkingCalendar
    now: datetime
    case_due: datetime | None
    """When the answer is due from now on."""
    stands: bool
    """Whether the clock stands still from now on, so that nothing is due."""

    def task(self, step: Step, after: Task | None = None) -> Task:
        """The task of the step, which opens because the task `after` is done."""
        return Task(
            step=step.code,
            unit=step.unit,
            role=step.role,
            agency=step.agency or self.case.agency,
            opened_at=self.now,
            due_at=None if self.stands else self._due(step, after),
        )

    def _due(self, step: Step, after: Task | None) -> datetime | None:
        """By the step's own allowance, else with its stage, else when the case is."""
        stage = self.definition.stage(step.stage)
        if stage is None or step.allowance != NO_TERM:
            own = due_at(self.now, step.allowance, self.calendar)
        elif after is not None and self.definition.step(after.step).stage == stage.code:
            own = after.due_at
        else:
            own = due_at(self.now, stage.allowance, self.calendar)
        return own or self.case_due


def _clock_effect(case: Case, done: Step) -> ClockEffect:
    """What a step's completion does to the clock: nothing twice, and nothing once the matter is decided."""
    waiting = Stop.STEP in case.stopped_for
    if case.status is Status.DECIDED:
        return "runs"
    if done.pauses_clock and not waiting:
        return "pauses"
    return "resumes" if done.resumes_clock and waiting else "runs"


def _due_after(case: Case, effect: ClockEffect, calendar: WorkingCalendar, now: datetime) -> datetime | None:
    """When the answer is due once a step has done this to the clock."""
    if effect == "pauses":
        return None
    if effect == "resumes" and case.stopped_at is not None:
        return relaid(case.due_when_stopped, case.stopped_at, now, calendar)
    return case.due_at


def _on_time(case: Case) -> bool | None:
    if case.due_when_decided is None or case.decided_at is None:
        return None
    return case.decided_at <= case.due_when_decided
