"""The rules of linked cases: who may open a child, what its progress makes of the parent, when one may appeal."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.appeal_rule import AppealRule
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, Outcome, Task
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition, UnknownOutcome
from procedures.domain.handling import (
    NOT_TO_BE_CLOSED,
    Official,
    TaskNotOpen,
    completed,
    require_open_task,
)
from procedures.domain.link_acts import AppealResumed, AppealSettled, ChildProgressed, Ruled
from procedures.domain.linked_cases import CaseLink, CaseToOpen, ChildCase, LinkKind, PartFee, Verdict
from procedures.domain.status import Action, require_allowed
from procedures.domain.terms import due_at
from shared.errors import Conflict, NotFound, Text

MOST_ABOVE = 3
"""Cases that one may stand below, in a chain."""

MOST_CHILDREN = 20
"""Of one case, in its whole life."""


class LinkedTooFar(Conflict):
    """The case stands below too many others already, or has too many children."""

    slug = "linked-too-far"
    title = Text(
        vi="Chuỗi hồ sơ liên thông đã quá dài; hãy gửi văn bản xin ý kiến thay vì mở thêm hồ sơ.",
        en="Too many cases are linked already; ask the agency in writing instead of opening another.",
    )


class LinkedInCircle(Conflict):
    """A case of this procedure stands above already: the cases would wait for each other."""

    slug = "linked-in-circle"
    title = Text(
        vi="Thủ tục này đã có trong chuỗi hồ sơ ở trên; các hồ sơ sẽ chờ lẫn nhau.",
        en="A case of this procedure stands above already; the cases would wait for each other.",
    )


class PartOfAnotherCase(Conflict):
    """The case is a part of the one that the applicant filed; `filedAs` is that one's code."""

    slug = "part-of-another-case"
    title = Text(
        vi="Hồ sơ này là một phần của hồ sơ đã nộp; hãy làm việc này với hồ sơ đó.",
        en="This case is a part of the one that was filed; do this with that one.",
    )


class AppealNotProvided(Conflict):
    """The procedure names none that handles appeals."""

    slug = "appeal-not-provided"
    title = Text(
        vi="Thủ tục này chưa nhận khiếu nại tại đây. Hãy gửi đơn khiếu nại đến người đứng đầu cơ quan đã quyết"
        " định trong 90 ngày, hoặc khởi kiện tại Tòa án.",
        en="Appeals against this procedure are not filed here. Complain in writing to the head of the agency"
        " that decided within 90 days, or go to court.",
    )


class AppealTooLate(Conflict):
    """The time to appeal is over; `until` says since when."""

    slug = "appeal-too-late"
    title = Text(
        vi="Đã hết thời hiệu khiếu nại. Nếu có trở ngại khách quan, hãy gửi đơn kèm chứng cứ đến cơ quan.",
        en="The time to appeal is over. If you were prevented, write to the agency and prove it.",
    )


class AlreadyAppealed(Conflict):
    """There is an appeal against this decision, open or decided; `appeal` is its code."""

    slug = "already-appealed"
    title = Text(
        vi="Đã có khiếu nại với quyết định này. Nếu không đồng ý với kết quả giải quyết, hãy khiếu nại kết quả đó.",
        en="This decision was appealed against before. Who disagrees with what came of it appeals against that.",
    )


class NotAnAppeal(NotFound):
    """The case is no appeal, so there is nothing to rule on."""

    slug = "not-an-appeal"
    title = Text(vi="Hồ sơ này không phải là khiếu nại.", en="This case is no appeal.")


def require_child_openable(case: Case, official: Official, step: str | None) -> None:
    """Refuse who may not open a child case now.

    Raises:
        ActionNotAllowed, NotThisUnit
        TaskNotOpen: of the step that is to wait for it.
        LinkedInCircle: the step waits for one already.
    """
    require_allowed(case.status, Action.OPEN_CHILD)
    require_open_task(case, official)
    if step is None:
        return
    if case.task(step) is None:
        raise TaskNotOpen(step=step)
    if (child := case.child_at(step)) is not None:
        raise LinkedTooFar(child=child.code)


def plan_of(case: Case, procedure: str, step: str | None) -> CaseToOpen:
    """What is handed on to a child of this procedure: what the step says for which it is opened, or nothing."""
    task = case.task(step) if step else None
    planned = task.opens_case if task else None
    return planned if planned and planned.procedure == procedure else CaseToOpen(procedure)


def handed_on(case: Case, plan: CaseToOpen, child: Definition) -> list[tuple[str, Attachment]]:
    """The documents of a case that its child gets, each with what it is there.

    What the child's procedure would not take from its applicant is left out, for its agency to ask for.
    """
    listed = {document.code: document for document in child.documents}
    return [
        (code, attachment)
        for code, source in plan.documents
        for attachment in case.attachments
        if attachment.document == source
        and code in listed
        and listed[code].takes(attachment.media_type, attachment.size)
    ]


def child_link(parent: Case, code: str, procedure: str, step: str | None) -> CaseLink:
    """How a child of this procedure would be linked to its parent, which has this code.

    Raises:
        LinkedInCircle, LinkedTooFar
    """
    link = _link(LinkKind.CHILD, parent, code)
    if procedure in link.procedures:
        raise LinkedInCircle(procedure=procedure)
    if len(parent.children) >= MOST_CHILDREN:
        raise LinkedTooFar
    filed_as = parent.link.filed_as if parent.link else None
    return replace(link, filed_as=filed_as or code, step=step)


def appeal_link(
    case: Case, code: str, rule: AppealRule | None, calendar: WorkingCalendar, now: datetime
) -> CaseLink:
    """How an appeal against the decision on a case, which has this code, would be linked to it.

    Raises:
        ActionNotAllowed, PartOfAnotherCase, AppealNotProvided, AppealTooLate, AlreadyAppealed, LinkedTooFar.
    """
    require_on_its_own(case)
    require_allowed(case.status, Action.APPEAL)
    if rule is None:
        raise AppealNotProvided
    known_at = case.decided_at or case.ended_at
    assert known_at is not None  # the table of statuses has made sure
    for appeal in case.appeals:
        if appeal.filed_at >= known_at and (appeal.settled_at is None or appeal.verdict is not None):
            raise AlreadyAppealed(appeal=appeal.code)
    until = due_at(known_at, rule.within, calendar)
    if until is not None and now > until:
        raise AppealTooLate(until=until)
    return _link(LinkKind.APPEAL, case, code)


def require_on_its_own(case: Case) -> None:
    """Refuse to the applicant what is done with the case that they filed.

    Raises:
        PartOfAnotherCase
    """
    if case.link is not None and case.link.kind is LinkKind.CHILD:
        raise PartOfAnotherCase(filedAs=case.link.filed_as)


def rule_on(
    case: Case,
    definition: Definition,
    official: Official,
    verdict: Verdict,
    *,
    reason: str,
    number: str | None,
    legal_ground: str | None = None,
) -> tuple[Act, ...]:
    """An appeal is decided. Upheld, it is rejected; amended and overturned, it is granted.

    Raises:
        NotAnAppeal, and what `decide` raises.
    """
    if case.link is None or case.link.kind is not LinkKind.APPEAL:
        raise NotAnAppeal
    outcome = Outcome.REJECTED if verdict is Verdict.UPHELD else Outcome.GRANTED
    return Ruled(verdict), *decide(
        case, definition, official, outcome=outcome, reason=reason, number=number, legal_ground=legal_ground
    )


def progressed(before: Case, after: Case) -> ChildProgressed | None:
    """What a parent is told of its child; None when nothing came of what was done."""
    if _of_child(before) == _of_child(after):
        return None
    return ChildProgressed(
        child=after.id,
        status=after.status,
        outcome=after.outcome and after.outcome.value,
        results=after.results,
        documents=tuple(document.id for document in after.result),
        fees=_fees_due(after),
    )


def _of_child(case: Case) -> tuple[object, ...]:
    return case.status, case.outcome, case.results, case.result, _fees_due(case)


def _fees_due(case: Case) -> tuple[PartFee, ...]:
    """What is yet to be paid for a child and for those below it."""
    own = () if case.status.ended else [fee for fee in case.fees if fee.open]
    return (
        *(PartFee(fee.number, fee.amount, fee.currency) for fee in own),
        *(replace(fee, code=fee.code or child.code) for child in case.children for fee in child.fees),
    )


def settled(before: Case, after: Case) -> AppealSettled | AppealResumed | None:
    """What a case is told of an appeal against it; None while that is open, and once it was told."""
    if before.status.ended and not after.status.ended:
        return AppealResumed(after.id)
    if before.outcome is None and after.outcome is not None:
        rejected = after.outcome is Outcome.REJECTED
        return AppealSettled(after.id, after.verdict or (Verdict.UPHELD if rejected else Verdict.OVERTURNED))
    if after.outcome is None and after.status.ended and not before.status.ended:
        return AppealSettled(after.id, None)
    return None


def no_longer_awaited(before: Case, after: Case) -> tuple[ChildCase, ...]:
    """The running children that nobody waits for any more: their parent has ended, or the step for which they were
    opened is not open any more (it lapsed with its branch, was done by silence, or has opened anew)."""
    running = tuple(child for child in after.children if not child.status.ended)
    if after.status.ended:
        return () if before.status.ended else running
    awaited = {child.case for child in before.children if _waiting_for(before, child)}
    return tuple(child for child in running if child.case in awaited and not _waiting_for(after, child))


def answered(
    case: Case, definition: Definition, calendar: WorkingCalendar, now: datetime, child: ChildCase
) -> tuple[Act, ...]:
    """What follows in a parent when its child has ended: the step that waited for it is done.

    It goes on by its single way, or by the way whose outcome is that of the child (`granted`, `rejected`,
    `refused`, …). Where neither is there, the unit does the step, knowing how the child ended.
    """
    task = _waiting_for(case, child)
    if task is None or not child.status.ended or not case.lets_complete(task):
        return ()
    ways = definition.step(task.step).transitions
    outcome = ways[0].outcome if len(ways) == 1 else child.outcome or child.status.value
    try:
        return completed(case, definition, calendar, now, task, outcome=outcome, note=None)
    except (*NOT_TO_BE_CLOSED, UnknownOutcome):
        return ()


def _waiting_for(case: Case, child: ChildCase) -> Task | None:
    """The open task for which a child was opened; one that has opened anew since waits for another."""
    task = case.task(child.step) if child.step else None
    return task if task is not None and task.opened_at <= child.opened_at else None


def _link(kind: LinkKind, case: Case, code: str) -> CaseLink:
    """A link to a case, which has this code.

    Raises:
        LinkedTooFar
    """
    above: tuple[UUID, ...] = (case.id,)
    procedures: tuple[str, ...] = (case.procedure,)
    if case.link is not None:
        above, procedures = (*above, *case.link.above), (*procedures, *case.link.procedures)
    if len(above) > MOST_ABOVE:
        raise LinkedTooFar
    return CaseLink(kind, code, case.agency, above, procedures)
