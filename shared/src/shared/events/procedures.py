"""Events of procedures: the catalogue and the life of a case.

A case event's `sequence` is the number of its entry in the case's log, so a listener sees each act of the
case once and knows when one is missing.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.events.envelope import Event, Topic

PROCEDURE_TOPIC = Topic("procedures.procedure.v1", "The catalogue of administrative procedures", partitions=3)
STATISTICS_TOPIC = Topic(
    "procedures.statistics.v1", "Figures of each agency, month by month, as they were reported", partitions=1
)
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


class CaseSupplementRequested(CaseEvent):
    type = "procedures.case.supplement_requested.v1"
    documents: tuple[str, ...] = ()


class CaseSupplemented(CaseEvent):
    type = "procedures.case.supplemented.v1"


class CaseDecided(CaseEvent):
    type = "procedures.case.decided.v1"
    outcome: Literal["granted", "rejected"]


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


class CaseResultIssued(CaseEvent):
    """A result was signed; the applicant can have it, and anyone who holds it can verify it."""

    type = "procedures.case.result_issued.v1"
    result: str
    result_type: str
    supersedes: str | None = None
    """Id of the result that it takes the place of."""


class CaseResultRevoked(CaseEvent):
    """A result does not count any more."""

    type = "procedures.case.result_revoked.v1"
    result: str


class ProcedureFigures(BaseModel):
    """What the cases of one procedure came to in a month."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    procedure: str
    figures: dict[str, int]
    """By figure (`received`, `on_time`, `late`, …); what is nought is left out."""
    corrections: dict[str, dict[str, int]] = {}
    """By month (`2026-10`) and figure: what has come since that month was reported."""


class MonthFrozen(Event):
    """The figures of a month were reported; they never change again, later news are corrections."""

    topic = STATISTICS_TOPIC
    type = "procedures.statistics.frozen.v1"

    agency: str
    month: str
    """As `2026-11`, in Viet Nam's time."""
    procedures: tuple[ProcedureFigures, ...]


class CaseMigrated(CaseEvent):
    """The case is handled by another version of its procedure from now on: `version`."""

    type = "procedures.case.migrated.v1"
    from_version: int
    steps: tuple[str, ...] = ()
    """The steps that are open now."""
