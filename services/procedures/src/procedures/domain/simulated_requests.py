"""What people of an invented case ask for on its way: papers of the applicant, and more time of the procedure.

Each is asked for as soon as the case comes to the step that the scenario names, once it is received; of several at one
step, the next when the one before is answered.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from procedures.domain import handling, lateness
from procedures.domain.acts import Act
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, MissingItem, Task
from procedures.domain.definition import Definition
from procedures.domain.handling import Official
from procedures.domain.scenario import InventedExtension
from procedures.domain.terms import Term, due_at


def ask(
    case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime, task: Task
) -> tuple[Act, ...]:
    """Whoever has the task asks the applicant for a paper.

    Raises:
        ActionNotAllowed, SupplementRoundsUsed: it may not be asked for any more.
    """
    paper = definition.documents[0].code if definition.documents else ""
    return handling.request_supplement(
        case,
        calendar,
        holder(task),
        now,
        (MissingItem(paper, reason=""),),
        definition.time_rules.supplements,
    )


def bring(case: Case, calendar: WorkingCalendar, now: datetime) -> tuple[Act, ...]:
    """The applicant brings all that is missing."""
    papers = [Attachment(UUID(int=0), item.document, "", 0, "") for item in case.missing]
    return handling.supplement(case, calendar, now, attachments=papers, note=None)


def brought_at(case: Case, takes: Term | None, calendar: WorkingCalendar) -> datetime | None:
    """When the applicant brings what is asked for; None when nothing is, or it never comes."""
    return None if case.asked is None or takes is None else due_at(case.asked.at, takes, calendar)


def extend(
    case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime, asked: InventedExtension
) -> tuple[Act, ...]:
    """The agency gives itself more time.

    Raises:
        ActionNotAllowed, ExtensionNotAllowed, Invalid: the procedure does not let it.
    """
    own = [step for step in definition.steps if step.agency in (None, case.agency)]
    posts = frozenset((step.unit, step.role or "") for step in own)
    return lateness.extend(
        case, definition, calendar, Official(case.agency, posts), now, by=asked.by, reason=""
    )


def put_off(
    done: datetime, task: Task, stood: Sequence[tuple[datetime, datetime]], calendar: WorkingCalendar
) -> datetime:
    """When a task is done that would be at `done`, had nobody waited for the applicant in the times `stood`."""
    if task.exempt:
        return done
    for since, until in stood:
        if since <= done and until > task.opened_at:
            waited = calendar.working_time_between(max(since, task.opened_at), until)
            done = calendar.after(done, waited) if waited > timedelta() else done
    return done


def holder(task: Task) -> Official:
    """Somebody who may do the task."""
    return Official(task.agency, frozenset({(task.unit, task.role or "")}))
