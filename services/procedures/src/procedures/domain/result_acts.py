"""Results issued and revoked: what that makes of a case."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Attachment, Case
from procedures.domain.personal import PersonalText
from procedures.domain.result import IssuedResult, ResultState


@dataclass(frozen=True, slots=True)
class ResultIssued:
    result: IssuedResult
    attachments: tuple[Attachment, ...]
    """The signed PDF, and the signed canonical JSON."""
    supersedes: UUID | None
    kind: Literal["result_issued"] = "result_issued"

    def change(self, case: Case, at: datetime) -> Case:
        before = _with_state(case.results, self.supersedes, ResultState.SUPERSEDED)
        return replace(case, results=(*before, self.result), result=(*case.result, *self.attachments))


@dataclass(frozen=True, slots=True)
class ResultRevoked:
    result: UUID
    reason: PersonalText
    legal_ground: str
    kind: Literal["result_revoked"] = "result_revoked"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, results=_with_state(case.results, self.result, ResultState.REVOKED))


def _with_state(
    results: tuple[IssuedResult, ...], result: UUID | None, state: ResultState
) -> tuple[IssuedResult, ...]:
    return tuple(replace(one, state=state) if one.id == result else one for one in results)
