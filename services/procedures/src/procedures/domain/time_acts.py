"""Acts of the legal clock: what happens to a case by itself, and what an agency does about its time."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from procedures.domain.case import Apology, Attachment, Case, GrantedTime, Standing
from procedures.domain.personal import PersonalText
from procedures.domain.status import Status
from procedures.domain.terms import Term
from procedures.domain.timer import Timer
from procedures.domain.timers import noted


@dataclass(frozen=True, slots=True)
class Reminded:
    """What is due soon: the answer of the agency, or of the applicant who was asked for something."""

    timer: Timer
    due_at: datetime
    kind: Literal["reminded"] = "reminded"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, noted=noted(case, self.timer))


@dataclass(frozen=True, slots=True)
class BecameOverdue:
    """A step, the answer to the case, or the promised new date."""

    timer: Timer
    unit: str | None = None
    """Where the step waits; None when it is not about a step."""
    unit_agency: str | None = None
    kind: Literal["became_overdue"] = "became_overdue"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, noted=noted(case, self.timer))


@dataclass(frozen=True, slots=True)
class Lapsed:
    """What the applicant was asked for, papers or money, did not come in time: the case ends without an answer."""

    answer_by: datetime
    kind: Literal["lapsed"] = "lapsed"

    def change(self, case: Case, at: datetime) -> Case:
        return case.ended(Status.LAPSED, at)


@dataclass(frozen=True, slots=True)
class SupplementExpired:
    """The applicant did not bring in time what was asked for: the case goes on with what is there."""

    answer_by: datetime
    documents: tuple[str, ...]
    """What is missing for good."""
    stands: Standing
    kind: Literal["supplement_expired"] = "supplement_expired"

    def change(self, case: Case, at: datetime) -> Case:
        going_on = replace(case, status=Status.ACCEPTED, missing=(), asked=None)
        return going_on.standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class Extended:
    """The agency gave itself more time, as the procedure allows."""

    by: Term
    reason: PersonalText
    stands: Standing
    kind: Literal["extended"] = "extended"

    def change(self, case: Case, at: datetime) -> Case:
        longer = replace(
            case,
            clock=case.clock and case.clock.extend(self.by),
            extensions=(*case.extensions, GrantedTime(at, self.by, self.reason)),
        )
        return longer.standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class Apologised:
    """The agency is late, says why, and promises one new date."""

    reason: PersonalText
    promised_at: datetime
    """The end of that date."""
    letter: Attachment | None = None
    kind: Literal["apologised"] = "apologised"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, apology=Apology(at, self.promised_at, self.reason, self.letter))
