"""Moving running cases to another version of their procedure: whether a case can move, and how.

Each open step goes on as the step of the same code, unless the plan names another. A case moves whole or
not at all: what keeps it where it is are its obstacles. Its form, its documents and what was done to it stay
as they are; units, allowances and the ways on are those of the new version from now on, and the term, if the
plan says so.

| obstacle            | what it says                                                              |
|---------------------|---------------------------------------------------------------------------|
| step_gone           | the new version has no such step, and the plan names none for it          |
| steps_merged        | two open steps would become one                                           |
| join_gone           | branches wait for each other where the new version does not join them     |
| clock_never_resumes | the clock stands still, and the new version could end without resuming it |
| never_decided       | the case is not decided, and by the new version could not be any more     |
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Arrival, Case, Standing, Task
from procedures.domain.clock import Stop
from procedures.domain.dating import standing, task_of
from procedures.domain.definition import Definition, may_be_decided
from procedures.domain.flow import ends_paused, open_while_paused
from procedures.domain.handling import receiving_task
from procedures.domain.json_input import escaped, quoted
from procedures.domain.migration_acts import Migrated, StepMove
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM
from shared.errors import Fault, Text


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cases of a procedure move, where to, and how."""

    id: UUID
    from_version: int
    to_version: int
    steps: Mapping[str, str]
    """The step of the new version for each step of the old one that has not kept its code."""
    new_term: bool
    """Whether the term of the new version holds, and what it says of reminders and of silence; else each case
    keeps its own, as it was promised."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a case cannot move, and the open step that is in the way."""

    code: str
    step: str
    text: Text


def plan_faults(plan: Plan, before: Definition, after: Definition) -> Iterator[Fault]:
    """What of a plan has nothing to do with the two versions, or leads back."""
    if plan.from_version >= plan.to_version:
        yield Fault(
            "/fromVersion",
            "not_an_earlier_version",
            Text(
                f"Hồ sơ chỉ chuyển từ một phiên bản trước phiên bản {plan.to_version}.",
                f"Cases move only from a version before version {plan.to_version}.",
            ),
        )
    old, new = {step.code for step in before.steps}, {step.code for step in after.steps}
    for code, to in plan.steps.items():
        if code not in old:
            yield _no_step(code, code, plan.from_version)
        if to not in new:
            yield _no_step(code, to, plan.to_version)


def obstacles(case: Case, plan: Plan, after: Definition) -> tuple[Obstacle, ...]:
    """Everything that keeps a running case from moving; nothing when it can."""
    if case.status is Status.SUBMITTED:  # it waits to be received, and every procedure begins with that
        return ()
    found = [*_of_steps(case, plan, after), *_of_joins(case, plan, after)]
    return tuple(found) if found else (*_of_clock(case, plan, after), *_of_decision(case, plan, after))


def migrated(case: Case, plan: Plan, after: Definition, calendar: WorkingCalendar, now: datetime) -> Migrated:
    """What moves a case that has no obstacles."""
    tasks = tuple(_moved(task, case, plan, after, calendar) for task in case.tasks)
    clock, silence = case.clock, case.silence_consents
    if clock is None:
        stands = Standing((), None, tasks)
    else:
        if plan.new_term and clock.ended_at is None:
            rules = after.time_rules
            clock, silence = (
                replace(clock, term=after.term, reminder=rules.reminder),
                rules.consent_by_silence,
            )
        stands = standing(clock, tasks, clock.stops, calendar, now)
    return Migrated(
        migration=plan.id,
        from_version=case.version,
        version=plan.to_version,
        moves=tuple(StepMove(task.step, moved.step) for task, moved in zip(case.tasks, tasks, strict=True)),
        term=clock.term if clock else None,
        stands=stands,
        arrivals=tuple(
            Arrival(plan.steps.get(arrival.step, arrival.step), _came_from(arrival, plan))
            for arrival in case.arrivals
        ),
        reminder=clock.reminder if clock else NO_TERM,
        silence_consents=silence,
        status=case.status,
    )


def _came_from(arrival: Arrival, plan: Plan) -> str:
    return plan.steps.get(arrival.came_from, arrival.came_from)


def _moved(task: Task, case: Case, plan: Plan, after: Definition, calendar: WorkingCalendar) -> Task:
    """The task as the new version has it; it has been open since it opened."""
    if case.status is Status.SUBMITTED:
        return receiving_task(after, calendar, task.opened_at)
    step = after.step(plan.steps.get(task.step, task.step))
    new = task_of(after, step, case.agency, task.opened_at)
    since = task.stage_since if new.stage_since and task.stage_since else new.stage_since
    by_stage = step.allowance == NO_TERM and new.counted_from is not None
    return replace(
        task,
        step=new.step,
        unit=new.unit,
        role=new.role,
        agency=new.agency,
        allowance=new.allowance,
        counted_from=since if by_stage else new.counted_from,
        stage_since=since,
        exempt=new.exempt,
        silence_consents=new.silence_consents,
        attempts=new.attempts,
        opens_case=new.opens_case,
    )


def _of_steps(case: Case, plan: Plan, after: Definition) -> Iterator[Obstacle]:
    known = {step.code for step in after.steps}
    targets = Counter(plan.steps.get(task.step, task.step) for task in case.tasks)
    for task in case.tasks:
        target = plan.steps.get(task.step, task.step)
        if target not in known:
            yield Obstacle(
                "step_gone",
                task.step,
                Text(
                    f"Phiên bản mới không có công việc {quoted(target)}; hãy chọn công việc thay cho nó.",
                    f"The new version has no step {quoted(target)}; name one in its place.",
                ),
            )
        elif targets[target] > 1:
            yield Obstacle(
                "steps_merged",
                task.step,
                Text(
                    f"Nhiều công việc đang mở sẽ cùng thành {quoted(target)}.",
                    f"Several open steps would become {quoted(target)}.",
                ),
            )


def _of_joins(case: Case, plan: Plan, after: Definition) -> Iterator[Obstacle]:
    joins = {step.code for step in after.steps if step.join is not None}
    for code in dict.fromkeys(arrival.step for arrival in case.arrivals):
        if plan.steps.get(code, code) not in joins:
            yield Obstacle(
                "join_gone",
                code,
                Text(
                    f"Có nhánh đang chờ ở {quoted(code)}, nhưng phiên bản mới không chờ các nhánh ở đó.",
                    f"Branches wait at {quoted(code)}, where the new version does not join them.",
                ),
            )


def _of_clock(case: Case, plan: Plan, after: Definition) -> Iterator[Obstacle]:
    if Stop.STEP not in case.stops:
        return
    for task in case.tasks:
        if ends_paused(after, plan.steps.get(task.step, task.step)):
            yield Obstacle(
                "clock_never_resumes",
                task.step,
                Text(
                    "Thời hạn đang tạm dừng, và theo phiên bản mới hồ sơ có thể kết thúc mà không tính tiếp.",
                    "The clock stands still, and by the new version the case could end without resuming it.",
                ),
            )


def _of_decision(case: Case, plan: Plan, after: Definition) -> Iterator[Obstacle]:
    """Behind all steps that decide nobody could decide it any more, nor at one of them while the clock is paused."""
    if case.status is Status.DECIDED:
        return
    targets = [plan.steps.get(task.step, task.step) for task in case.tasks]
    waiting = [plan.steps.get(arrival.step, arrival.step) for arrival in case.arrivals]
    past = not may_be_decided(after, [*targets, *waiting])
    deciding = {step.code for step in after.deciding_steps}
    for task, target in zip(case.tasks, targets, strict=True):
        paused = open_while_paused(after, target, paused=Stop.STEP in case.stops)
        if past or deciding & paused:
            yield Obstacle(
                "never_decided",
                task.step,
                Text(
                    "Hồ sơ chưa có quyết định, và theo phiên bản mới từ đây không đến được công việc ra quyết định"
                    " khi thời hạn còn chạy.",
                    "The case is not decided, and by the new version it would not come from here to a step that decides"
                    " while its clock runs.",
                ),
            )


def _no_step(key: str, step: str, version: int) -> Fault:
    return Fault(
        f"/steps/{escaped(key)}",
        "unknown_step",
        Text(
            f"Phiên bản {version} không có công việc {quoted(step)}.",
            f"Version {version} has no step {quoted(step)}.",
        ),
    )
