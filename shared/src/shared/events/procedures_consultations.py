"""Opinions that a case asks for."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.procedures import CaseEvent


class CaseConsultationRequested(CaseEvent):
    """Other units and agencies are asked about the case; each finds its question in its inbox."""

    type = "procedures.case.consultation_requested.v1"
    consultation: UUID
    agencies: tuple[str, ...]
    """Codes of those that are asked, one for each unit."""
    mandatory: bool
    exempt: bool
    """The clock stands still until this is settled."""


class CaseConsultationAnswered(CaseEvent):
    """One of them answered, or nobody did in time and that counts as consent."""

    type = "procedures.case.consultation_answered.v1"
    consultation: UUID
    unit: str
    unit_agency: str
    opinion: Literal["agree", "conditions", "disagree"]
    by_silence: bool
    outcome: str | None = None
    """What the answers come to: `agreed`, `agreed_with_conditions`, `not_agreed`; absent while more are waited for."""


class CaseConsultationWithdrawn(CaseEvent):
    """Some of them are not asked any more."""

    type = "procedures.case.consultation_withdrawn.v1"
    consultation: UUID
    agencies: tuple[str, ...]
    outcome: str | None = None
    """As of an answer, or `withdrawn` when nobody has answered and nobody is asked any more."""


class CaseConsultationOverdue(CaseEvent):
    """One of them did not answer in time, and is waited for all the same."""

    type = "procedures.case.consultation_overdue.v1"
    consultation: UUID
    unit: str
    unit_agency: str
    overdue_since: datetime
