"""Who may issue and revoke a result, and when."""

from uuid import UUID

from procedures.domain.case import Case
from procedures.domain.definition import Definition
from procedures.domain.handling import NotThisUnit, Official
from procedures.domain.linked_cases import Verdict
from procedures.domain.result import IssuedResult, ResultState, ResultType
from procedures.domain.result_acts import ResultRevoked
from procedures.domain.status import Action, Status, require_allowed
from shared.errors import Conflict, Invalid, NotFound, Text


class UnknownResultType(Invalid):
    """The procedure does not end in such a result; `types` lists those it does."""

    slug = "result-type-unknown"
    title = Text(vi="Thủ tục không có loại kết quả này.", en="The procedure has no such type of result.")


class ResultNotFitting(Conflict):
    """The type of result is of other decisions, or the one to be superseded does not count any more."""

    slug = "result-not-fitting"
    title = Text(
        vi="Loại kết quả này không hợp với quyết định, hoặc kết quả cũ không còn hiệu lực.",
        en="This result does not fit the decision, or the old one is not in force any more.",
    )


class ResultNotFound(NotFound):
    """There is no such result."""

    slug = "result-not-found"
    title = Text(vi="Không có kết quả này.", en="There is no such result.")


def type_of(definition: Definition, code: str) -> ResultType:
    """The type of result of this code.

    Raises:
        UnknownResultType
    """
    for kind in definition.results:
        if kind.code == code:
            return kind
    raise UnknownResultType(types=[kind.code for kind in definition.results])


def require_issuable(
    case: Case, definition: Definition, official: Official, kind: ResultType, supersedes: UUID | None
) -> None:
    """Refuse a result that may not be issued now. A closed case gets another only in place of one.

    Once an appeal amended or overturned the decision, the result may be of the other outcome, and where there was
    none that could be superseded, it stands alone.

    Raises:
        ActionNotAllowed, NotThisUnit, ResultNotFitting, ResultNotFound.
    """
    require_allowed(case.status, Action.ISSUE_RESULT)
    require_of_the_agency(case, definition, official)
    if supersedes is not None and result_of(case, supersedes).state is not ResultState.IN_FORCE:
        raise ResultNotFitting
    if kind.outcome not in (None, case.outcome) and not _is_to_be_changed(case):
        raise ResultNotFitting
    if case.status is Status.CLOSED and supersedes is None and not _owes_another(case):
        raise ResultNotFitting


def revoke(
    case: Case, definition: Definition, official: Official, result: UUID, *, reason: str, legal_ground: str
) -> tuple[ResultRevoked]:
    """A result counts no more, with the reason and the legal ground.

    Raises:
        ActionNotAllowed, NotThisUnit, ResultNotFound.
        ResultNotFitting: it does not count already.
    """
    require_allowed(case.status, Action.REVOKE_RESULT)
    require_of_the_agency(case, definition, official)
    if result_of(case, result).state is ResultState.REVOKED:
        raise ResultNotFitting
    return (ResultRevoked(result, reason, legal_ground),)


def result_of(case: Case, result: UUID) -> IssuedResult:
    """The result of this id.

    Raises:
        ResultNotFound
    """
    for issued in case.results:
        if issued.id == result:
            return issued
    raise ResultNotFound


def _is_to_be_changed(case: Case) -> bool:
    """Whether an appeal against the decision was allowed."""
    return any(appeal.verdict in (Verdict.AMENDED, Verdict.OVERTURNED) for appeal in case.appeals)


def _owes_another(case: Case) -> bool:
    in_force = any(result.state is ResultState.IN_FORCE for result in case.results)
    return _is_to_be_changed(case) and not in_force


def require_of_the_agency(case: Case, definition: Definition, official: Official) -> None:
    """Whoever works on such cases in the agency that answers for them; a closed case has no open task."""
    own = [step for step in definition.steps if step.agency in (None, case.agency)]
    if not any(official.holds(case.agency, step.unit, step.role) for step in own):
        raise NotThisUnit
