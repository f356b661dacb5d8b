"""A case: the fold of its acts.

A rule takes the case as it stands, who asks and `now`, and returns the acts that follow, or raises. Nothing
is changed in place; `Case.after(entry)` is the only way from one state to the next. What an act changes
stands with the act.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING
from uuid import UUID

from procedures.domain.automation import AppliedRule
from procedures.domain.clock import CaseClock, Stop
from procedures.domain.consultation import Asked as Consulted
from procedures.domain.consultation import Consultation
from procedures.domain.fees import CaseFee, CasePayment
from procedures.domain.linked_cases import Appeal, CaseLink, CaseToOpen, ChildCase, Verdict
from procedures.domain.personal import PersonalText
from procedures.domain.result import IssuedResult
from procedures.domain.status import ALLOWED, Action, Status
from procedures.domain.terms import NO_TERM, Term
from procedures.domain.timer import Timer

if TYPE_CHECKING:
    from procedures.domain.acts import Entry


class Outcome(StrEnum):
    """How the agency answered."""

    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document of a case: which required document it is, and the fingerprint of its content."""

    id: UUID
    document: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Task:
    """An open step of a case: the unit it waits at, since when and until when.

    What its due instant follows from stands with it, so that it can be dated anew without the definition.
    """

    step: str
    unit: str
    role: str | None
    agency: str
    opened_at: datetime
    due_at: datetime | None = None
    """None while the clock stands still, and where neither task nor case has a term."""
    due_since: datetime | None = None
    """Since when it is due at this instant; None: since it opened."""
    allowance: Term = NO_TERM
    """Its own, or that of its stage; without a term it is due when the case is."""
    counted_from: datetime | None = None
    """Since when the allowance is counted; None without one."""
    stage_since: datetime | None = None
    """Since when the case is in the task's stage; None outside stages."""
    exempt: bool = False
    """While it is open, the clock of the case stands still."""
    silence_consents: bool = False
    """When it is not done by its due instant, it is taken for done."""
    attempts: int | None = None
    """How often systems may try it before an official must look into it; None: officials do it."""
    opens_case: CaseToOpen | None = None
    """The case of another procedure that it waits for."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A branch that has come to a step which waits for others: the step, and where it came from."""

    step: str
    came_from: str


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One thing that the applicant is asked for."""

    document: str
    reason: PersonalText


@dataclass(frozen=True, slots=True)
class Hold:
    """Why and since when an ended case must not be disposed of."""

    since: datetime
    reason: PersonalText


@dataclass(frozen=True, slots=True)
class Transfer:
    """To which archive an ended case was transferred, and that archive's receipt."""

    at: datetime
    archive: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """When and on what legal ground what is personal in a case was destroyed, and by which approved list."""

    at: datetime
    ground: str
    disposal_list: UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that the applicant has not answered yet: since when, and until when there is time."""

    at: datetime
    answer_within: Term = NO_TERM
    answer_by: datetime | None = None
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Apology:
    """When the agency apologised for being late, and the one new date that it promised."""

    at: datetime
    promised_at: datetime
    """The end of the promised date."""
    reason: PersonalText
    letter: Attachment | None = None
    """The apology on paper."""


@dataclass(frozen=True, slots=True)
class GrantedTime:
    """An extension: when the agency gave itself how much more time, and why."""

    at: datetime
    by: Term
    reason: PersonalText


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands in time after an act: why its clock stands still, when what is due, who has it."""

    stops: tuple[Stop, ...]
    """Empty while the clock runs."""
    due_at: datetime | None
    tasks: tuple[Task, ...]
    remind_at: datetime | None = None
    """When the agency is reminded of `due_at`."""
    dated_at: datetime | None = None
    """When it was found that this is due then; None in what earlier releases wrote."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands after `sequence` acts."""

    id: UUID
    procedure: str
    version: int
    agency: str
    applicant: str
    status: Status
    sequence: int
    submitted_at: datetime
    form_commitment: str
    attachments: tuple[Attachment, ...]
    expected_due_at: datetime | None = None
    clock: CaseClock | None = None
    """Starts when the case is received, ends when it is decided or withdrawn."""
    due_at: datetime | None = None
    """When the answer is due; None while the clock stands still, or without a term."""
    due_since: datetime | None = None
    """Since when it is due at this instant; None as long as only an earlier release, or nobody yet, has dated it."""
    tasks: tuple[Task, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    """Branches that wait for others before a common step opens."""
    missing: tuple[MissingItem, ...] = ()
    supplement_rounds: int = 0
    outcome: Outcome | None = None
    reason: PersonalText | None = None
    legal_ground: str | None = None
    """Of the decision."""
    decision_number: str | None = None
    decided_at: datetime | None = None
    decided_unit: str | None = None
    """The unit of the agency at whose task it was decided, or that has taken its work over since."""
    decided_role: str | None = None
    due_when_decided: datetime | None = None
    """What the decision is measured against."""
    result: tuple[Attachment, ...] = ()
    results: tuple[IssuedResult, ...] = ()
    """What was issued, with its legal number; superseded and revoked ones too."""
    ended_at: datetime | None = None
    on_time: bool | None = None
    remind_at: datetime | None = None
    silence_consents: bool = False
    """No answer by the due instant is a grant."""
    asked: Asked | None = None
    extensions: tuple[GrantedTime, ...] = ()
    apology: Apology | None = None
    noted: tuple[Timer, ...] = ()
    """The timers that fired: of each kind and subject the last, until that bears another instant."""
    hold: Hold | None = None
    transferred: Transfer | None = None
    erased: Erasure | None = None
    rules_applied: tuple[AppliedRule, ...] = ()
    """The rules that were asked, in their order; what they looked at stands in the log."""
    fees: tuple[CaseFee, ...] = ()
    payments: tuple[CasePayment, ...] = ()
    link: CaseLink | None = None
    """The case that it belongs to, as a child or an appeal."""
    children: tuple[ChildCase, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    verdict: Verdict | None = None
    """Of an appeal: what was decided on it."""
    consultations: tuple[Consultation, ...] = ()
    """What other units and agencies were asked; settled and withdrawn ones too."""
    moved_in: Status | None = None
    """Where it stood in law when it moved to its version; None: it was filed under that."""

    @property
    def received_at(self) -> datetime | None:
        return self.clock.started_at if self.clock else None

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Why the clock stands still; empty while it runs, and where there is none."""
        return self.clock.stops if self.clock else ()

    @property
    def stopped_at(self) -> datetime | None:
        return self.clock.stopped_at if self.clock else None

    def task(self, step: str) -> Task | None:
        """The open task of a step."""
        return next((task for task in self.tasks if task.step == step), None)

    def lets_complete(self, task: Task) -> bool:
        """Whether the legal status lets this task be done now."""
        allowed = ALLOWED[self.status]
        return Action.COMPLETE_TASK in allowed or (task.exempt and Action.COMPLETE_EXEMPT_TASK in allowed)

    def child_at(self, step: str) -> ChildCase | None:
        """The running child that a step waits for."""
        return next((child for child in self.children if child.step == step and not child.status.ended), None)

    @property
    def consulted(self) -> tuple[Consulted, ...]:
        """Those whose opinion is waited for; nobody's once the matter is decided or over."""
        if self.clock is None or self.clock.ended_at is not None:
            return ()
        return tuple((asked, one) for asked in self.consultations for one in asked.waits_for)

    def consulting(self, now: Consultation) -> "Case":
        """The case with one of its consultations as it is now."""
        return replace(
            self, consultations=tuple(now if one.id == now.id else one for one in self.consultations)
        )

    def consultation(self, wanted: UUID) -> Consultation:
        """The consultation of this id, which there is."""
        return next(one for one in self.consultations if one.id == wanted)

    @property
    def unpaid(self) -> tuple[int, ...]:
        """The numbers of the fees without which what was granted is not handed over."""
        if self.outcome is not Outcome.GRANTED or self.status.ended:
            return ()
        return tuple(fee.number for fee in self.fees if fee.open)

    @property
    def is_needed(self) -> bool:
        """Whether the case must not be disposed of: it is held, appealed against, or a part of it still runs."""
        return (
            self.hold is not None
            or any(appeal.settled_at is None for appeal in self.appeals)
            or any(not child.status.ended for child in self.children)
        )

    def after(self, entry: "Entry") -> "Case":
        """The case once this act is done."""
        return entry.act.change(replace(self, sequence=entry.sequence), entry.at)

    def standing(self, stands: Standing, at: datetime) -> "Case":
        """The case with its tasks and its due instant as an act left them."""
        since = self.due_since
        if stands.dated_at is not None:
            as_before = stands.due_at == self.due_at
            since = (self.due_since or self.submitted_at) if as_before else stands.dated_at
        return replace(
            self,
            clock=self.clock and self.clock.standing_for(stands.stops, at),
            due_at=stands.due_at,
            due_since=since,
            tasks=stands.tasks,
            remind_at=stands.remind_at,
        )

    def ended(self, status: Status, at: datetime) -> "Case":
        """The case when it is over: nothing is open or due any more."""
        clock = self.clock and self.clock.ended_by(at)
        return replace(
            self,
            status=status,
            clock=clock,
            ended_at=at,
            due_at=None,
            remind_at=None,
            tasks=(),
            arrivals=(),
            missing=(),
            asked=None,
            noted=(),
        )


def fold(case_id: UUID, entries: Iterable["Entry"]) -> Case:
    """The case that a whole log describes.

    Raises:
        ValueError: the log does not begin with a submission.
    """
    first, *rest = entries
    return reduce(Case.after, rest, opened(case_id, first))


def opened(case_id: UUID, entry: "Entry") -> Case:
    """The case that a submission opens.

    Raises:
        ValueError: the entry is none.
    """
    act = entry.act
    if act.kind != "submitted":
        raise ValueError("a log begins with the submission")
    return Case(
        id=case_id,
        procedure=act.procedure,
        version=act.version,
        agency=act.agency,
        applicant=act.applicant,
        status=Status.SUBMITTED,
        sequence=entry.sequence,
        submitted_at=entry.at,
        form_commitment=act.form_commitment,
        attachments=act.attachments,
        tasks=act.tasks,
        expected_due_at=act.expected_due_at,
        link=act.link,
    )
