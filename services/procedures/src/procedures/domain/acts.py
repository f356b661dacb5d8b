"""What can happen to a case: one frozen type an act. The log is a list of them; a case is their fold.

An act holds what was decided when it was done (the due instant, which tasks opened), so that folding the
log needs no calendar and no definition, and gives the same case for ever. `change` says what the act makes
of the case that it is done to, at an instant.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from procedures.domain.case import Arrival, Asked, Attachment, Case, MissingItem, Outcome, Standing, Task
from procedures.domain.clock import CaseClock
from procedures.domain.consultation_acts import (
    ConsultationAnswered,
    ConsultationOverdue,
    ConsultationRequested,
    ConsultationWithdrawn,
    OpinionDue,
)
from procedures.domain.delegation import ActingFor
from procedures.domain.fee_acts import (
    FeeDemanded,
    FeeExempted,
    FeeExpired,
    FeePaid,
    FeeRedated,
    FeeReminded,
    PaymentSetAside,
    RefundAnswered,
    RefundOrdered,
)
from procedures.domain.link_acts import (
    AppealFiled,
    AppealResumed,
    AppealSettled,
    ChildNotOpened,
    ChildOpened,
    ChildProgressed,
    Reopened,
    Ruled,
)
from procedures.domain.linked_cases import CaseLink
from procedures.domain.migration_acts import Migrated
from procedures.domain.personal import PersonalText
from procedures.domain.reassignment_acts import Reassigned
from procedures.domain.result_acts import ResultIssued, ResultRevoked
from procedures.domain.retention_acts import Erased, HoldLifted, HoldPlaced, Transferred
from procedures.domain.rule_acts import RuleApplied
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM, Term
from procedures.domain.time_acts import (
    Apologised,
    BecameOverdue,
    Extended,
    Lapsed,
    Reminded,
    SupplementExpired,
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as the token said: a person, an official of an agency, a machine client."""

    subject: str
    kind: str
    agency: str | None = None
    acting_for: ActingFor | None = None


SYSTEM = Actor("system", "system")
"""Nobody: what follows by itself."""


@dataclass(frozen=True, slots=True)
class Submitted:
    procedure: str
    version: int
    agency: str
    applicant: str
    form_commitment: str
    """To what was filled in, which is sealed; see `personal.commitment`."""
    attachments: tuple[Attachment, ...]
    tasks: tuple[Task, ...]
    """The receiving task."""
    expected_due_at: datetime | None
    """When the answer would be due if the case were received as it was submitted."""
    link: CaseLink | None = None
    kind: Literal["submitted"] = "submitted"

    def change(self, case: Case, at: datetime) -> Case:
        raise ValueError("a case is submitted once")


@dataclass(frozen=True, slots=True)
class Accepted:
    term: Term
    """Of the procedure's version; its clock starts."""
    stands: Standing
    arrivals: tuple[Arrival, ...] = ()
    reminder: Term = NO_TERM
    silence_consents: bool = False
    kind: Literal["accepted"] = "accepted"

    def change(self, case: Case, at: datetime) -> Case:
        received = replace(
            case,
            status=Status.ACCEPTED,
            clock=CaseClock(at, self.term, reminder=self.reminder),
            arrivals=self.arrivals,
            silence_consents=self.silence_consents,
        )
        return received.standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class Refused:
    reason: PersonalText
    legal_ground: str
    kind: Literal["refused"] = "refused"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case.ended(Status.REFUSED, at), reason=self.reason)


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    step: str
    unit: str
    unit_agency: str
    outcome: str | None
    note: PersonalText | None
    stands: Standing
    arrivals: tuple[Arrival, ...] = ()
    """Of the branches that wait for others after it."""
    lapsed: tuple[str, ...] = ()
    """The open steps that nobody waits for any more, since enough of their fellows have answered."""
    by_silence: bool = False
    """Nobody did it in time."""
    attachments: tuple[Attachment, ...] = ()
    """What the unit, or its system, adds to the case."""
    kind: Literal["task_completed"] = "task_completed"

    def change(self, case: Case, at: datetime) -> Case:
        brought = replace(case, arrivals=self.arrivals, attachments=(*case.attachments, *self.attachments))
        return brought.standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    items: tuple[MissingItem, ...]
    stands: Standing
    answer_within: Term = NO_TERM
    answer_by: datetime | None = None
    remind_at: datetime | None = None
    kind: Literal["supplement_requested"] = "supplement_requested"

    def change(self, case: Case, at: datetime) -> Case:
        rounds = case.supplement_rounds + 1
        waiting = replace(
            case,
            status=Status.SUPPLEMENT_REQUESTED,
            missing=self.items,
            supplement_rounds=rounds,
            asked=Asked(at, self.answer_within, self.answer_by, self.remind_at),
        )
        return waiting.standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class Supplemented:
    attachments: tuple[Attachment, ...]
    note: PersonalText | None
    stands: Standing
    still_missing: tuple[str, ...] = ()
    """The documents that are yet to come; until then the clock stands still."""
    kind: Literal["supplemented"] = "supplemented"

    def change(self, case: Case, at: datetime) -> Case:
        brought = replace(case, attachments=(*case.attachments, *self.attachments))
        missing = tuple(item for item in case.missing if item.document in self.still_missing)
        if missing:
            return replace(brought, missing=missing)
        return replace(brought, status=Status.ACCEPTED, missing=(), asked=None).standing(self.stands, at)


@dataclass(frozen=True, slots=True)
class Decided:
    outcome: Outcome
    reason: PersonalText
    number: str | None
    by_silence: bool = False
    """Nobody answered in time."""
    legal_ground: str | None = None
    """Of a rejection; None also in logs from before it was asked for."""
    unit: str | None = None
    """Where it was decided; None when nobody did, and in logs from before it was noted."""
    role: str | None = None
    kind: Literal["decided"] = "decided"

    def change(self, case: Case, at: datetime) -> Case:
        tasks = case.tasks if case.due_since is None else tuple(map(_decided, case.tasks))
        return replace(
            case,
            status=Status.DECIDED,
            tasks=tasks,
            outcome=self.outcome,
            reason=self.reason,
            legal_ground=self.legal_ground,
            decision_number=self.number,
            decided_at=at,
            decided_unit=self.unit,
            decided_role=self.role,
            due_when_decided=case.due_at,
            clock=case.clock and case.clock.ended_by(at),
        )


def _decided(task: Task) -> Task:
    """Only a time of its own still runs, if it has one; what earlier releases have dated stays as they left it."""
    return task if task.counted_from is not None else replace(task, due_at=None)


@dataclass(frozen=True, slots=True)
class ResultRecorded:
    attachments: tuple[Attachment, ...]
    kind: Literal["result_recorded"] = "result_recorded"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, result=(*case.result, *self.attachments))


@dataclass(frozen=True, slots=True)
class Closed:
    on_time: bool | None
    kind: Literal["closed"] = "closed"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case.ended(Status.CLOSED, at), on_time=self.on_time)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    reason: PersonalText | None
    kind: Literal["withdrawn"] = "withdrawn"

    def change(self, case: Case, at: datetime) -> Case:
        return case.ended(Status.WITHDRAWN, at)


@dataclass(frozen=True, slots=True)
class Redated:
    """The agency's calendar was changed while the case was open."""

    reason: str
    stands: Standing
    answer_by: datetime | None = None
    """Until when the applicant has time now."""
    answer_remind_at: datetime | None = None
    was_due_at: datetime | None = None
    was_answer_by: datetime | None = None
    opinions: tuple[OpinionDue, ...] = ()
    """Until when those who are consulted have time now, as far as that is another instant."""
    fees: tuple[FeeRedated, ...] = ()
    """Until when fees are to be paid now, likewise."""
    kind: Literal["redated"] = "redated"

    def change(self, case: Case, at: datetime) -> Case:
        if case.asked is not None:
            asked = replace(case.asked, answer_by=self.answer_by, remind_at=self.answer_remind_at)
            case = replace(case, asked=asked)
        for opinion in self.opinions:
            case = opinion.change(case)
        for fee in self.fees:
            case = fee.change(case)
        return case.standing(self.stands, at)


Act = (
    Submitted
    | Accepted
    | Refused
    | TaskCompleted
    | SupplementRequested
    | Supplemented
    | Decided
    | ResultRecorded
    | Closed
    | Withdrawn
    | Redated
    | ResultIssued
    | ResultRevoked
    | Extended
    | Apologised
    | Reminded
    | BecameOverdue
    | SupplementExpired
    | Lapsed
    | HoldPlaced
    | HoldLifted
    | Transferred
    | Erased
    | Migrated
    | RuleApplied
    | FeeDemanded
    | FeeExempted
    | FeePaid
    | FeeReminded
    | FeeExpired
    | PaymentSetAside
    | RefundOrdered
    | RefundAnswered
    | ChildOpened
    | ChildNotOpened
    | ChildProgressed
    | AppealFiled
    | AppealSettled
    | Ruled
    | ConsultationRequested
    | ConsultationAnswered
    | ConsultationWithdrawn
    | ConsultationOverdue
    | Reassigned
    | AppealResumed
    | Reopened
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in the log: the `sequence`-th of its case (from 1, gapless), when, and by whom."""

    sequence: int
    at: datetime
    actor: Actor
    act: Act
