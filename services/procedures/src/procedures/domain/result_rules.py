"""Who may issue and revoke a result, and when."""

from collections.abc import Sequence
from uuid import UUID

from procedures.domain.case import Case, Outcome
from procedures.domain.definition import Definition, Step
from procedures.domain.handling import NotThisUnit, Official
from procedures.domain.linked_cases import Appeal
from procedures.domain.personal import CaseErased
from procedures.domain.result import IssuedResult, ResultState, ResultType
from procedures.domain.result_acts import ResultRevoked
from procedures.domain.status import Action, require_allowed
from shared.errors import Conflict, Invalid, NotFound, Text

_OPPOSED = {outcome.value for outcome in Outcome}


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


class ResultInForce(Conflict):
    """A result in force stands in the way; `result` and `number` name it. Supersede it, or revoke it first."""

    slug = "result-in-force"
    title = Text(vi="Đã có kết quả đang có hiệu lực.", en="There is a result in force already.")

    def __init__(self, issued: IssuedResult) -> None:
        detail = Text(
            vi=f"Kết quả số {issued.number} đang có hiệu lực; hãy cấp kết quả thay thế, hoặc thu hồi nó trước.",
            en=f"The result {issued.number} is in force; issue one in its place, or revoke it first.",
        )
        super().__init__(detail, result=str(issued.id), number=issued.number)


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
    """Refuse a result that may not be issued now, whether the case is closed or not.

    It stands alone, or in the place of one in force: never beside another of its type or of the other outcome. Once an
    appeal amended or overturned the decision, it may be of the other outcome.

    Raises:
        ActionNotAllowed, CaseErased, NotThisUnit, ResultNotFitting, ResultNotFound, ResultInForce.
    """
    require_allowed(case.status, Action.ISSUE_RESULT)
    _require_kept(case)
    require_decider(case, definition, official)
    if supersedes is not None and result_of(case, supersedes).state is not ResultState.IN_FORCE:
        raise ResultNotFitting
    if is_opposed(case, kind) and won_appeal(case) is None:
        raise ResultNotFitting
    outcomes = {other.code: other.outcome for other in definition.results}
    for issued in case.results:
        if issued.state is not ResultState.IN_FORCE or issued.id == supersedes:
            continue
        if issued.type == kind.code or {kind.outcome, outcomes.get(issued.type)} == _OPPOSED:
            raise ResultInForce(issued)


def revoke(
    case: Case, definition: Definition, official: Official, result: UUID, *, reason: str, legal_ground: str
) -> tuple[ResultRevoked]:
    """A result counts no more, with the reason and the legal ground.

    Raises:
        ActionNotAllowed, CaseErased, NotThisUnit, ResultNotFound.
        ResultNotFitting: it does not count already.
    """
    require_allowed(case.status, Action.REVOKE_RESULT)
    _require_kept(case)
    require_decider(case, definition, official)
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


def is_opposed(case: Case, kind: ResultType) -> bool:
    """Whether such a result is of the outcome that the decision does not have."""
    return kind.outcome not in (None, case.outcome)


def won_appeal(case: Case) -> Appeal | None:
    """The appeal that was won against the decision; one against an earlier refusal to receive the case is none."""
    since = case.decided_at
    return next((appeal for appeal in case.appeals if since and appeal.undid(since)), None)


def _require_kept(case: Case) -> None:
    """Refuse a case of which nothing is left that could be put on paper."""
    if case.erased is not None:
        raise CaseErased


def require_decider(case: Case, definition: Definition, official: Official) -> None:
    """Whoever decides such cases; without a step that does, whoever works on them in the agency."""
    deciding = definition.deciding_steps
    if not deciding:
        require_of_the_agency(case, definition, official)
    elif not _looks_after(case, official, deciding):
        raise NotThisUnit(unit=deciding[0].unit, role=deciding[0].role)


def require_of_the_agency(case: Case, definition: Definition, official: Official) -> None:
    """Whoever works on such cases in the agency that answers for them; a closed case has no open task."""
    own = [step for step in definition.steps if step.agency in (None, case.agency)]
    if not _looks_after(case, official, own):
        raise NotThisUnit


def _looks_after(case: Case, official: Official, steps: Sequence[Step]) -> bool:
    """Whether the official does one of these steps, also where it went over to another unit, or holds the post at
    which the matter was decided."""
    posts = [(step.unit, step.role) for step in steps]
    posts += [(task.unit, task.role) for step in steps if (task := case.task(step.code))]
    if case.decided_unit is not None:
        posts.append((case.decided_unit, case.decided_role))
    return any(official.holds(case.agency, unit, role) for unit, role in posts)
