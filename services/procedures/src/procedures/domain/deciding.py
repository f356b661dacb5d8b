"""The rules of the decision: who may take it, when, and what it has to say."""

from procedures.domain.acts import Act, Decided
from procedures.domain.agency import AnotherAgency
from procedures.domain.case import Case, Outcome, Task
from procedures.domain.consultation import require_settled
from procedures.domain.definition import Definition
from procedures.domain.handling import NotThisUnit, Official, TaskNotOpen, require_open_task
from procedures.domain.status import Action, require_allowed
from shared.errors import Conflict, Fault, Invalid, Text

_UNGROUNDED = Fault(
    "/legalGround",
    "legal_ground_missing",
    Text(vi="Từ chối thì phải nêu căn cứ pháp lý.", en="A rejection names its legal ground."),
)


class ClockStopped(Conflict):
    """The matter was to be decided while the applicant is waited for."""

    slug = "clock-stopped"
    title = Text(
        vi="Thời hạn đang tạm dừng; hãy quyết định khi thời hạn chạy tiếp.",
        en="The legal clock stands still; decide when it runs again.",
    )


def decide(
    case: Case,
    definition: Definition,
    official: Official,
    *,
    outcome: Outcome,
    reason: str,
    number: str | None,
    legal_ground: str | None = None,
) -> tuple[Act, ...]:
    """The agency answers: granted or rejected, with reasons. This is what the term is measured to.

    Raises:
        AnotherAgency: the task waits at an agency that does its part, and does not answer for the case.
        TaskNotOpen, NotThisUnit: the case is not where the procedure has it decided, or that is another's to do.
        ConsultationOpen: opinions are missing that must be waited for.
        ClockStopped: while the applicant is waited for.
        Invalid: it is rejected without a legal ground.
    """
    require_allowed(case.status, Action.DECIDE)
    task = _task_of_decider(case, definition, official)
    require_settled(case.consulted)
    if case.stops:
        raise ClockStopped
    if outcome is Outcome.REJECTED and not legal_ground:
        raise Invalid(faults=[_UNGROUNDED])
    return (
        Decided(
            outcome=outcome,
            reason=reason,
            number=number,
            legal_ground=legal_ground,
            unit=task.unit,
            role=task.role,
        ),
    )


def _task_of_decider(case: Case, definition: Definition, official: Official) -> Task:
    """At the step that decides, that of whoever does the step; without such a step, of who has the case in the agency."""
    if not definition.deciding_steps:
        held = require_open_task(case, official)
        if official.agency != case.agency:
            raise AnotherAgency
        return held
    if official.agency != case.agency:
        raise AnotherAgency
    waiting = [task for step in definition.deciding_steps if (task := case.task(step.code))]
    if not waiting:
        raise TaskNotOpen(step=definition.deciding_steps[0].code)
    for task in waiting:
        if official.holds(task.agency, task.unit, task.role):
            return task
    raise NotThisUnit(unit=waiting[0].unit, role=waiting[0].role)
