"""Events of procedures: the catalogue and the life of a case.

A case event's `sequence` is the number of its entry in the case's log, so a listener sees each act of the
case once and knows when one is missing.
"""

from datetime import datetime
from typing import Literal

from shared.events.envelope import Event, Topic

PROCEDURE_TOPIC = Topic("procedures.procedure.v1", "The catalogue of administrative procedures", partitions=3)
CASE_TOPIC = Topic("procedures.case.v1", "The life of each case", partitions=6, retention_days=90)


class ProcedurePublished(Event):
    """A version of a procedure came into force; it never changes again."""

    topic = PROCEDURE_TOPIC
    type = "procedures.procedure.published.v1"

    code: str
    version: int
    agency: str
    title_vi: str
    title_en: str


class ProcedureRetired(Event):
    """A version takes no new cases; the running ones finish on it."""

    topic = PROCEDURE_TOPIC
    type = "procedures.procedure.retired.v1"

    code: str
    version: int
    agency: str


class CaseEvent(Event):
    """What every event of a case says: which case, of whom, where, and how it now stands."""

    topic = CASE_TOPIC

    code: str
    """The legal case code, `<agency>-<yymmdd>-<nnnn>`."""
    procedure: str
    version: int
    agency: str
    """Code of the agency that answers for the case."""
    applicant: str
    """Subject id of the applicant in identity."""
    status: str
    due_at: datetime | None = None
    """When the answer is due; absent while the clock is stopped or the procedure has no term."""


class CaseSubmitted(CaseEvent):
    type = "procedures.case.submitted.v1"


class CaseAccepted(CaseEvent):
    type = "procedures.case.accepted.v1"
    steps: tuple[str, ...] = ()


class CaseRefused(CaseEvent):
    """Acceptance was refused, with a reason that the applicant can read in the case."""

    type = "procedures.case.refused.v1"


class CaseTaskCompleted(CaseEvent):
    type = "procedures.case.task_completed.v1"
    step: str
    unit: str
    unit_agency: str
    steps: tuple[str, ...] = ()
    """The steps that are open now."""
    by_silence: bool = False
    """Nobody did it in time, and the procedure takes that for done."""


class CaseSupplementRequested(CaseEvent):
    type = "procedures.case.supplement_requested.v1"
    documents: tuple[str, ...] = ()
    answer_by: datetime | None = None
    """Until when the applicant has time to bring them; absent without a limit."""


class CaseSupplemented(CaseEvent):
    type = "procedures.case.supplemented.v1"
    missing: tuple[str, ...] = ()
    """The documents that are yet to come; the clock stands still until they are there."""


class CaseDecided(CaseEvent):
    type = "procedures.case.decided.v1"
    outcome: Literal["granted", "rejected"]
    by_silence: bool = False
    """Nobody answered in time, and the procedure takes that for a grant."""


class CaseResultRecorded(CaseEvent):
    """The documents of the result are in the case, for the applicant to take."""

    type = "procedures.case.result_recorded.v1"


class CaseClosed(CaseEvent):
    """The result was handed over: the case has ended."""

    type = "procedures.case.closed.v1"
    outcome: Literal["granted", "rejected"]
    received_at: datetime
    decided_at: datetime
    on_time: bool | None = None
    """Whether the decision came by its due instant; absent where the procedure has no term."""


class CaseWithdrawn(CaseEvent):
    type = "procedures.case.withdrawn.v1"


class CaseRedated(CaseEvent):
    """The agency's calendar was changed; `due_at` is by the new one."""

    type = "procedures.case.redated.v1"
    reason: str
    answer_by: datetime | None = None
    """Until when the applicant, who was asked for something, has time now."""
    was_due_at: datetime | None = None
    """`due_at` before; the same when only a step of the agency is due at another instant."""
    was_answer_by: datetime | None = None


class CaseExtended(CaseEvent):
    """The agency gave itself more time, as the procedure allows; `due_at` is the new instant."""

    type = "procedures.case.extended.v1"
    extensions: int
    """How often it was extended, with this time."""


class CaseApologised(CaseEvent):
    """The agency is late, and promises one new date."""

    type = "procedures.case.apologised.v1"
    promised_at: datetime
    """The end of that date."""


class CaseReminded(CaseEvent):
    """Something is due soon: the agency's answer, or what the applicant was asked for."""

    type = "procedures.case.reminded.v1"
    of: Literal["case", "answer"]
    reminded_of: datetime
    """When it is due."""


class CaseBecameOverdue(CaseEvent):
    """A step, the answer to the case, or the new date that was promised went by."""

    type = "procedures.case.became_overdue.v1"
    of: Literal["case", "step", "promise"]
    overdue_since: datetime
    step: str | None = None
    unit: str | None = None
    unit_agency: str | None = None


class CaseSupplementExpired(CaseEvent):
    """The applicant did not bring in time what was asked for; the case goes on without it."""

    type = "procedures.case.supplement_expired.v1"
    answer_by: datetime
    documents: tuple[str, ...] = ()


class CaseLapsed(CaseEvent):
    """The applicant did not bring in time what was asked for; the case has ended without an answer."""

    type = "procedures.case.lapsed.v1"
    answer_by: datetime
