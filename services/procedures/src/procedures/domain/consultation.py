"""A consultation: what one unit asks several agencies about a case, on the spot, and what they answer.

The rule of the join says when no more answers are waited for:

    all       until everybody has answered
    any       until one consents
    k of n    until k consent, or nobody is left to answer

A consent may come with conditions, and silence may be one. Who is withdrawn counts as if it had not been asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from procedures.domain.personal import PersonalText
from procedures.domain.terms import NO_TERM, Term
from shared.errors import Conflict, Text


class Opinion(StrEnum):
    """How an agency answers."""

    AGREE = "agree"
    CONDITIONS = "conditions"
    """It consents under conditions, which its note tells."""
    DISAGREE = "disagree"


class ConsultationOutcome(StrEnum):
    """What the answers together come to."""

    AGREED = "agreed"
    AGREED_WITH_CONDITIONS = "agreed_with_conditions"
    NOT_AGREED = "not_agreed"
    WITHDRAWN = "withdrawn"
    """Nobody is asked any more, and nobody has answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one said, and when."""

    at: datetime
    opinion: Opinion
    note: PersonalText | None = None
    documents: tuple[UUID, ...] = ()
    """Among the attachments of the case."""
    by: str | None = None
    """Subject of the official; None: nobody answered in time, which is taken for consent."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """When and why one is not asked any more."""

    at: datetime
    reason: PersonalText


@dataclass(frozen=True, slots=True)
class Consultee:
    """Who is asked, and what of the case is shared for the answer: all else of it stays unseen."""

    id: UUID
    agency: str
    unit: str
    question: PersonalText
    documents: tuple[UUID, ...] = ()
    form_shared: bool = False
    """Whether what the applicant filled in is shared."""
    term: Term = NO_TERM
    """To answer; it runs on while the clock of the case stands still."""
    due_at: datetime | None = None
    due_since: datetime | None = None
    """Since when it is due at this instant; None: since it was asked."""
    answer: Answer | None = None
    retraction: Retraction | None = None

    @property
    def silent(self) -> bool:
        return self.answer is None and self.retraction is None


@dataclass(frozen=True, slots=True)
class Consultation:
    """Several agencies asked at once."""

    id: UUID
    asked_at: datetime
    unit: str
    """Of the agency that answers for the case: which asks."""
    consultees: tuple[Consultee, ...]
    needed: int | None = None
    """So many consents are enough; None: all are waited for."""
    silence_consents: bool = False
    mandatory: bool = True
    """The matter is not decided before it is settled."""
    exempted_by: str | None = None
    """The law by which its time does not count towards the term; None: it counts."""

    @property
    def outcome(self) -> ConsultationOutcome | None:
        """What the answers come to; None while more of them are waited for."""
        asked = [one for one in self.consultees if one.retraction is None]
        answers = [one.answer for one in asked if one.answer is not None]
        consents = [answer for answer in answers if answer.opinion is not Opinion.DISAGREE]
        if not asked:
            return ConsultationOutcome.WITHDRAWN
        if len(consents) >= min(self.needed or len(asked), len(asked)):
            under = any(answer.opinion is Opinion.CONDITIONS for answer in consents)
            return ConsultationOutcome.AGREED_WITH_CONDITIONS if under else ConsultationOutcome.AGREED
        return ConsultationOutcome.NOT_AGREED if len(answers) == len(asked) else None

    @property
    def waits_for(self) -> tuple[Consultee, ...]:
        """Whose answer is waited for; nobody's once it is settled."""
        return () if self.outcome else tuple(one for one in self.consultees if one.silent)

    def of(self, consultee: UUID) -> Consultee:
        """The consultee of this id, which there is."""
        return next(one for one in self.consultees if one.id == consultee)

    def put(self, *changed: Consultee) -> Self:
        """The same with these consultees as they are now."""
        now = {one.id: one for one in changed}
        return replace(self, consultees=tuple(now.get(one.id, one) for one in self.consultees))


Asked = tuple[Consultation, Consultee]


class ConsultationOpen(Conflict):
    """The matter was to be decided before those answered who must be waited for: `waitsFor` names them."""

    slug = "consultation-open"
    title = Text(
        vi="Chưa có đủ ý kiến bắt buộc; hãy chờ các cơ quan trả lời, hoặc rút yêu cầu và nêu lý do.",
        en="Opinions that must be waited for are missing; wait for them, or withdraw the question with a reason.",
    )


def require_settled(asked: Sequence[Asked]) -> None:
    """Refuse to go on while somebody must be waited for.

    Raises:
        ConsultationOpen
    """
    waits_for = [
        {
            "consultation": str(consultation.id),
            "agency": one.agency,
            "unit": one.unit,
            "dueAt": one.due_at and one.due_at.isoformat(),
        }
        for consultation, one in asked
        if consultation.mandatory
    ]
    if waits_for:
        raise ConsultationOpen(waitsFor=waits_for)
