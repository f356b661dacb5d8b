"""Cases that belong together: parts of a case, and appeals."""

from typing import Literal
from uuid import UUID

from shared.events.procedures import CaseEvent


class CaseChildOpened(CaseEvent):
    """A part of the case is handled as a case of another procedure, often by another agency."""

    type = "procedures.case.child_opened.v1"
    child: UUID
    child_code: str
    child_procedure: str
    child_agency: str
    step: str | None = None
    """The step that waits for it."""


class CaseChildNotOpened(CaseEvent):
    """A step was to open a case of another procedure, and could not: its unit has to see to it."""

    type = "procedures.case.child_not_opened.v1"
    step: str
    child_procedure: str
    problem: str
    """The slug of what stands in the way."""


class CaseChildProgressed(CaseEvent):
    """A part of the case came to another legal status, or its result to something new."""

    type = "procedures.case.child_progressed.v1"
    child: UUID
    child_status: str
    outcome: Literal["granted", "rejected"] | None = None


class CaseAppealFiled(CaseEvent):
    """The applicant appeals against the decision; the appeal is a case of its own."""

    type = "procedures.case.appeal_filed.v1"
    appeal: UUID
    appeal_code: str
    appeal_procedure: str
    appeal_agency: str


class CaseAppealSettled(CaseEvent):
    """The appeal against the decision was decided; without a verdict it ended in another way."""

    type = "procedures.case.appeal_settled.v1"
    appeal: UUID
    verdict: Literal["upheld", "amended", "overturned"] | None = None


class CaseRuled(CaseEvent):
    """What is decided on this case, which is an appeal; the decision follows as an event of its own."""

    type = "procedures.case.ruled.v1"
    verdict: Literal["upheld", "amended", "overturned"]


class CaseAppealResumed(CaseEvent):
    """The appeal against the decision, which had ended without a verdict, is handled after all."""

    type = "procedures.case.appeal_resumed.v1"
    appeal: UUID


class CaseReopened(CaseEvent):
    """The refusal to accept the case was set aside on appeal: it waits to be received again."""

    type = "procedures.case.reopened.v1"
    appeal: UUID
