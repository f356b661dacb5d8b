"""A case: the fold of its acts, and the rules by which the next act comes about.

A rule takes the case as it stands, who asks and `now`, and returns the acts that follow, or raises. Nothing
is changed in place; `Case.after(entry)` is the only way from one state to the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from uuid import UUID

from procedures.domain.acts import (
    Accepted,
    Attachment,
    Closed,
    Decided,
    Entry,
    MissingItem,
    Outcome,
    Refused,
    ResultRecorded,
    Submitted,
    Supplemented,
    SupplementRequested,
    Task,
    TaskCompleted,
    Withdrawn,
)
from procedures.domain.clock import Stop
from procedures.domain.status import Status


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
    form_sha256: str
    attachments: tuple[Attachment, ...]
    expected_due_at: datetime | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    """When the answer is due; None while the clock is stopped, or without a term."""
    stopped_for: tuple[Stop, ...] = ()
    """Why the clock stands still; it runs when nothing stops it."""
    stopped_at: datetime | None = None
    due_when_stopped: datetime | None = None
    tasks: tuple[Task, ...] = ()
    missing: tuple[MissingItem, ...] = ()
    supplement_rounds: int = 0
    outcome: Outcome | None = None
    reason: str | None = None
    decided_at: datetime | None = None
    due_when_decided: datetime | None = None
    """What the decision is measured against."""
    result: tuple[Attachment, ...] = ()
    ended_at: datetime | None = None
    on_time: bool | None = None

    def task(self, step: str) -> Task | None:
        """The open task of a step."""
        return next((task for task in self.tasks if task.step == step), None)

    def after(self, entry: Entry) -> "Case":
        """The case once this act is done."""
        changed = replace(self, sequence=entry.sequence)
        act, at = entry.act, entry.at
        match act:
            case Submitted():
                raise ValueError("a case is submitted once")
            case Accepted():
                received = replace(changed, status=Status.ACCEPTED, received_at=at, due_at=act.due_at)
                return _with_clock(replace(received, tasks=act.tasks), act, at)
            case Refused():
                return replace(changed, status=Status.REFUSED, reason=act.reason, ended_at=at, tasks=())
            case TaskCompleted():
                return _with_clock(replace(changed, tasks=act.tasks), act, at)
            case SupplementRequested():
                return replace(
                    _stopped(changed, Stop.SUPPLEMENT, at),
                    status=Status.SUPPLEMENT_REQUESTED,
                    missing=act.items,
                    supplement_rounds=self.supplement_rounds + 1,
                )
            case Supplemented():
                return replace(
                    _resumed(changed, Stop.SUPPLEMENT, act.due_at),
                    status=Status.ACCEPTED,
                    missing=(),
                    tasks=act.tasks,
                    attachments=(*self.attachments, *act.attachments),
                )
            case Decided():
                return replace(
                    changed,
                    status=Status.DECIDED,
                    outcome=act.outcome,
                    reason=act.reason,
                    decided_at=at,
                    due_when_decided=self.due_at,
                )
            case ResultRecorded():
                return replace(changed, result=(*self.result, *act.attachments))
            case Closed():
                return replace(
                    changed, status=Status.CLOSED, ended_at=at, on_time=act.on_time, tasks=(), due_at=None
                )
            case Withdrawn():
                return replace(changed, status=Status.WITHDRAWN, ended_at=at, tasks=(), due_at=None)


def fold(case_id: UUID, entries: Iterable[Entry]) -> Case:
    """The case that a whole log describes.

    Raises:
        ValueError: the log does not begin with a submission.
    """
    first, *rest = entries
    return reduce(Case.after, rest, opened(case_id, first))


def opened(case_id: UUID, entry: Entry) -> Case:
    """The case that a submission opens."""
    act = entry.act
    if not isinstance(act, Submitted):
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
        form_sha256=act.form_sha256,
        attachments=act.attachments,
        tasks=act.tasks,
        expected_due_at=act.expected_due_at,
    )


def _with_clock(case: Case, act: Accepted | TaskCompleted, at: datetime) -> Case:
    match act.clock:
        case "pauses":
            return _stopped(case, Stop.STEP, at)
        case "resumes":
            return _resumed(case, Stop.STEP, act.due_at)
        case "runs":
            return case


def _stopped(case: Case, stop: Stop, at: datetime) -> Case:
    """The clock stands still; the first stop keeps when, and what was due then."""
    if case.stopped_for:
        return replace(case, stopped_for=(*case.stopped_for, stop))
    return replace(case, stopped_for=(stop,), stopped_at=at, due_when_stopped=case.due_at, due_at=None)


def _resumed(case: Case, stop: Stop, due_at: datetime | None) -> Case:
    """One reason to stand still is gone; the clock runs again when it was the last."""
    left = tuple(other for other in case.stopped_for if other is not stop)
    if left:
        return replace(case, stopped_for=left)
    return replace(case, stopped_for=(), stopped_at=None, due_when_stopped=None, due_at=due_at)
