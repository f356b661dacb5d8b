"""A case whose acceptance was refused is taken up again once an appeal against that is won.

Who rules on an appeal (Law on Complaints 2011, art. 31) sets the refusal aside, or has it changed; the agency whose
refusal it was then receives the case after all. A decision needs no reopening: its result is superseded by another.
"""

from datetime import datetime

from procedures.domain.acts import Act
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.definition import Definition
from procedures.domain.fee_rules import asked_again
from procedures.domain.handling import NotThisUnit, Official, receiving_task
from procedures.domain.link_acts import Reopened
from procedures.domain.status import Action, require_allowed
from procedures.domain.terms import due_at
from shared.errors import Conflict, Text


class NoAppealWon(Conflict):
    """No appeal against this refusal was won."""

    slug = "no-appeal-won"
    title = Text(
        vi="Chưa có quyết định giải quyết khiếu nại nào sửa hoặc hủy việc từ chối này.",
        en="No appeal has set this refusal aside, or had it changed.",
    )


def reopen(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    *,
    reason: str,
) -> tuple[Act, ...]:
    """The case waits at its receiving unit again, as on the day on which it was filed.

    Raises:
        ActionNotAllowed, NotThisUnit, NoAppealWon.
    """
    require_allowed(case.status, Action.REOPEN)
    task = receiving_task(definition, calendar, now)
    if not official.holds(task.agency, task.unit, task.role):
        raise NotThisUnit(unit=task.unit, role=task.role)
    assert case.ended_at is not None  # the table of statuses has made sure
    for appeal in case.appeals:
        if appeal.undid(case.ended_at):
            expected = due_at(now, definition.term, calendar)
            fees = tuple(asked_again(case, calendar, now))
            return (Reopened(appeal.case, reason, (task,), expected, fees),)
    raise NoAppealWon
