"""What can happen to a case: one frozen type an act. The log is a list of them; a case is their fold.

An act holds what was decided when it was done (the due instant, which tasks opened), so that folding the
log needs no calendar and no definition, and gives the same case for ever.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

ClockEffect = Literal["runs", "pauses", "resumes"]
"""What an act does to the legal clock: it goes on as it was, stands still from now on, or runs again."""


class Outcome(StrEnum):
    """How the agency answered."""

    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as the token said: a person, an official of an agency, a machine client."""

    subject: str
    kind: str
    agency: str | None = None


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
    """An open step of a case: the unit it waits at, since when and until when."""

    step: str
    unit: str
    role: str | None
    agency: str
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One thing that the applicant is asked for."""

    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class Submitted:
    procedure: str
    version: int
    agency: str
    applicant: str
    form_sha256: str
    attachments: tuple[Attachment, ...]
    tasks: tuple[Task, ...]
    """The receiving task."""
    expected_due_at: datetime | None
    """When the answer would be due if the case were received as it was submitted."""
    kind: Literal["submitted"] = "submitted"


@dataclass(frozen=True, slots=True)
class Accepted:
    due_at: datetime | None
    """When the answer is due if the clock never stands still."""
    tasks: tuple[Task, ...]
    clock: ClockEffect = "runs"
    kind: Literal["accepted"] = "accepted"


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str
    legal_ground: str
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class TaskCompleted:
    step: str
    unit: str
    unit_agency: str
    outcome: str | None
    note: str | None
    tasks: tuple[Task, ...]
    """The tasks that are open after it."""
    due_at: datetime | None
    clock: ClockEffect = "runs"
    kind: Literal["task_completed"] = "task_completed"


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    items: tuple[MissingItem, ...]
    kind: Literal["supplement_requested"] = "supplement_requested"


@dataclass(frozen=True, slots=True)
class Supplemented:
    attachments: tuple[Attachment, ...]
    note: str | None
    due_at: datetime | None
    tasks: tuple[Task, ...]
    """The open tasks with the time back that they stood still."""
    kind: Literal["supplemented"] = "supplemented"


@dataclass(frozen=True, slots=True)
class Decided:
    outcome: Outcome
    reason: str
    number: str | None
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True)
class ResultRecorded:
    attachments: tuple[Attachment, ...]
    kind: Literal["result_recorded"] = "result_recorded"


@dataclass(frozen=True, slots=True)
class Closed:
    on_time: bool | None
    kind: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    reason: str | None
    kind: Literal["withdrawn"] = "withdrawn"


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
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in the log: the `sequence`-th of its case (from 1, gapless), when, and by whom."""

    sequence: int
    at: datetime
    actor: Actor
    act: Act
