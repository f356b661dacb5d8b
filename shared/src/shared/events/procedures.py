"""Events of procedures: the catalogue and the life of a case.

A case event's `sequence` is the number of its entry in the case's log, so a listener sees each act of the
case once and knows when one is missing.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.events.envelope import Event, Topic

PROCEDURE_TOPIC = Topic("procedures.procedure.v1", "The catalogue of administrative procedures", partitions=3)
STATISTICS_TOPIC = Topic(
    "procedures.statistics.v1", "Figures of each agency, month by month, as they were reported", partitions=1
)
CASE_TOPIC = Topic("procedures.case.v1", "The life of each case", partitions=6, retention_days=90)
ACCESS_TOPIC = Topic(
    "procedures.access.v1",
    "Every look at people's data by an official or an agency's system",
    partitions=3,
    retention_days=90,
)
ANCHOR_TOPIC = Topic(
    "procedures.anchor.v1",
    "One hash a day that holds the case log fast, for anybody to keep",
    partitions=1,
    retention_days=3650,
)


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
    parent: str | None = None
    """Of a part of another case: the code under which the applicant filed the whole, which alone is counted."""


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
    """The documents of the result are in the case, for the applicant to take once no fee of a grant is due."""

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


class CaseResultIssued(CaseEvent):
    """A result was signed; the applicant can have it once no fee of a grant is due, and its holder verify it."""

    type = "procedures.case.result_issued.v1"
    result: str
    result_type: str
    supersedes: str | None = None
    """Id of the result that it takes the place of."""


class CaseResultRevoked(CaseEvent):
    """A result does not count any more."""

    type = "procedures.case.result_revoked.v1"
    result: str


class CaseHoldPlaced(CaseEvent):
    """The case is needed, and not disposed of until further notice."""

    type = "procedures.case.hold_placed.v1"


class CaseHoldLifted(CaseEvent):
    type = "procedures.case.hold_lifted.v1"


class CaseTransferred(CaseEvent):
    """An archive has taken the ended case over."""

    type = "procedures.case.transferred.v1"


class CaseErased(CaseEvent):
    """What was personal in the ended case is destroyed. Whoever holds a copy of it should do the same."""

    type = "procedures.case.erased.v1"


class CaseSeen(BaseModel):
    """A case of which somebody saw something, and whose it is."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    case_id: UUID
    code: str
    procedure: str
    person: str
    """Subject id of the applicant in identity."""


class AccessRecorded(Event):
    """An official, or an agency's system, was shown data of people: one event for one answer.

    The event is an aggregate of its own, so its `sequence` is always 1.
    """

    topic = ACCESS_TOPIC
    type = "procedures.access.recorded.v1"

    reader: str
    """Subject id of the official, or id of the client."""
    reader_kind: Literal["official", "client"]
    agency: str
    units: tuple[str, ...] = ()
    """The units in which the official holds a post; of a client those whose work it has in hand."""
    purpose: str
    """What was shown, and so what for: `case`, `log`, `clock`, `case_list`, `work_list`, `document`, `handling` …"""
    cases: tuple[CaseSeen, ...]


class AnchorMade(Event):
    """A day of the case log is held fast by one hash. The event's sequence is the anchor's number."""

    topic = ANCHOR_TOPIC
    type = "procedures.anchor.made.v1"

    number: int
    day: date
    entries: int
    root: str
    previous: str
    hash: str
    """Hexadecimal, as `root` and `previous`."""


class ProcedureFigures(BaseModel):
    """What the cases of one procedure came to in a month."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    procedure: str
    figures: dict[str, int]
    """By figure (`received`, `on_time`, `late`, …); what is nought is left out."""
    corrections: dict[str, dict[str, int]] = {}
    """By month (`2026-10`) and figure: what has come that no report has told. A month may have been reported without
    the procedure, or never: all that is told of it adds up."""


class QualityMeasure(BaseModel):
    """A ratio of the quality index, and the points of its group that follow from it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    indicator: str
    group: str
    """A group has the points of its measures together."""
    part: int | None = None
    """With `whole` and `points`, absent where there is nothing to measure, or too little to tell."""
    whole: int | None = None
    points: str | None = None
    """A decimal number, to a tenth."""
    most: int
    """Points that can be reached by it."""


class MonthFrozen(Event):
    """The figures of a month were reported; they never change again, later news are corrections."""

    topic = STATISTICS_TOPIC
    type = "procedures.statistics.frozen.v1"

    agency: str
    month: str
    """As `2026-11`, in Viet Nam's time."""
    procedures: tuple[ProcedureFigures, ...]
    quality: tuple[QualityMeasure, ...] | None = None
    """What the quality index of the month is made of; None in months reported before it was."""


class CaseMigrated(CaseEvent):
    """The case is handled by another version of its procedure from now on: `version`."""

    type = "procedures.case.migrated.v1"
    from_version: int
    steps: tuple[str, ...] = ()
    """The steps that are open now."""


class CaseRuleApplied(CaseEvent):
    """A rule of the procedure was asked; what follows from its answer are events of their own."""

    type = "procedures.case.rule_applied.v1"
    purpose: Literal["completeness", "approval", "routing", "fee"]
    rule: str
    rule_version: str
    """SHA-256 of the rule's canonical JSON."""
    step: str | None = None
    failure: str | None = None
    """Why it gave no answer, so that people decide instead."""


class CaseReassigned(CaseEvent):
    """Open steps of the case wait at another unit from now on, or are another official's to do."""

    type = "procedures.case.reassigned.v1"
    reassignment: str
    """Id of the reassignment of many cases that it was part of."""
    units: dict[str, str]
    """By open step, the unit at which it waits now."""
