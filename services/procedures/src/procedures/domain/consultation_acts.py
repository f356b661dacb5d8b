"""Acts of consultations: several agencies are asked, and answer, or are not asked any more."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Attachment, Case, Standing
from procedures.domain.consultation import Answer, Consultation, Retraction
from procedures.domain.personal import PersonalText
from procedures.domain.timer import Timer
from procedures.domain.timers import noted


@dataclass(frozen=True, slots=True)
class ConsultationRequested:
    consultation: Consultation
    stands: Standing
    kind: Literal["consultation_requested"] = "consultation_requested"

    def change(self, case: Case, at: datetime) -> Case:
        asking = replace(case, consultations=(*case.consultations, self.consultation))
        return asking.standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class ConsultationAnswered:
    consultation: UUID
    consultee: UUID
    answer: Answer
    attachments: tuple[Attachment, ...]
    stands: Standing
    kind: Literal["consultation_answered"] = "consultation_answered"

    def change(self, case: Case, at: datetime) -> Case:
        asked = case.consultation(self.consultation)
        told = asked.put(replace(asked.of(self.consultee), answer=self.answer))
        brought = replace(case, attachments=(*case.attachments, *self.attachments))
        return brought.consulting(told).standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class ConsultationWithdrawn:
    """Some that were asked, or all of them, are not asked any more."""

    consultation: UUID
    consultees: tuple[UUID, ...]
    reason: PersonalText
    stands: Standing
    kind: Literal["consultation_withdrawn"] = "consultation_withdrawn"

    def change(self, case: Case, at: datetime) -> Case:
        asked, gone = case.consultation(self.consultation), Retraction(at, self.reason)
        fewer = asked.put(*(replace(asked.of(one), retraction=gone) for one in self.consultees))
        return case.consulting(fewer).standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class ConsultationOverdue:
    """One that was asked did not answer in time, and is waited for all the same."""

    timer: Timer
    consultation: UUID
    agency: str
    unit: str
    kind: Literal["consultation_overdue"] = "consultation_overdue"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, noted=noted(case, self.timer))


@dataclass(frozen=True, slots=True)
class OpinionDue:
    """Until when one that is asked has time, by a calendar that was edited."""

    consultation: UUID
    consultee: UUID
    due_at: datetime | None
    due_since: datetime | None = None

    def change(self, case: Case) -> Case:
        asked = case.consultation(self.consultation)
        now_due = replace(asked.of(self.consultee), due_at=self.due_at, due_since=self.due_since)
        return case.consulting(asked.put(now_due))


ConsultationAct = ConsultationRequested | ConsultationAnswered | ConsultationWithdrawn | ConsultationOverdue
