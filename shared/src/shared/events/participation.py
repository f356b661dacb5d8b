"""Events of participation: how people rated a service, and the life of a consultation. No person, no text."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event, Topic

FEEDBACK_TOPIC = Topic(
    "participation.feedback.v1", "How people rated the service they were given", partitions=3
)
PROCESS_TOPIC = Topic("participation.process.v1", "Consultations: opened, commented, closed", partitions=3)


class FeedbackRated(Event):
    """Someone who was served gave a score.

    The subject is the agency's month, never the case: whoever hears all events cannot tell which case it was,
    and so not whose. `sequence` is the number of the rating in that month: everybody who shows ratings in whole
    groups makes up the same groups.
    """

    topic = FEEDBACK_TOPIC
    type = "participation.feedback.rated.v1"

    agency: str
    procedure: str
    score: Annotated[int, Field(ge=1, le=5)]
    """1 is very dissatisfied, 5 very satisfied."""
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    """The month of the case's closing in the agency's zone, as `2026-11`."""


class ProcessEvent(Event):
    """What every event of a process of participation says. The subject is the consultation's id."""

    topic = PROCESS_TOPIC

    kind: Literal["consultation"] = "consultation"
    agency: str
    """Code of the agency that asks."""


class ProcessOpened(ProcessEvent):
    """Everyone may comment from `opens_at` until `closes_at`. Told at or after `opens_at`, never before."""

    type = "participation.process.opened.v1"

    opens_at: datetime
    closes_at: datetime


class ProcessCommented(ProcessEvent):
    """Someone commented; who and what is read at the consultation, as far as it is public."""

    type = "participation.process.commented.v1"

    comment: UUID
    passage: int | None = None
    """Number of the passage; absent for a comment on the whole draft."""


class ProcessClosed(ProcessEvent):
    """No more comments are taken. Told at or after the closing instant, never before."""

    type = "participation.process.closed.v1"

    comments: int
    """How many comments stood at the closing, neither withdrawn nor hidden."""
