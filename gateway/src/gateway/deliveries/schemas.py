"""Request and response models of deliveries."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from gateway.deliveries.store import DeliveryRow
from shared.schema import Schema

Status = Literal["pending", "delivered", "failed"]


class DeliveryView(Schema):
    """The delivery of one event to a subscription; `responseCode` and what follows are of the last attempt."""

    event_id: UUID = Field(description="`webhook-id` of every attempt")
    event_type: str = Field(examples=["procedures.case.submitted.v1"])
    subject: UUID = Field(description="Id of the aggregate")
    sequence: int
    status: Status = Field(description="`failed`: given up, until you ask for it again")
    attempts: int = Field(description="Made since it was planned, or last asked for again")
    planned_at: AwareDatetime
    due_at: AwareDatetime | None = Field(description="When it is tried next")
    concluded_at: AwareDatetime | None
    response_code: int | None
    duration_ms: int | None
    fault: str | None = Field(description="Why it was not taken", examples=["timeout"])

    @classmethod
    def of(cls, row: DeliveryRow) -> "DeliveryView":
        return cls(
            event_id=row.event_id,
            event_type=row.event_type,
            subject=row.subject,
            sequence=row.sequence,
            status=row.status.value,
            attempts=row.attempts,
            planned_at=row.planned_at,
            due_at=row.due_at if row.status.value == "pending" else None,
            concluded_at=row.concluded_at,
            response_code=row.response_code,
            duration_ms=row.duration_ms,
            fault=row.fault,
        )


class AttemptView(Schema):
    """One request to the callback."""

    at: AwareDatetime
    response_code: int | None
    duration_ms: int
    fault: str | None = Field(examples=["timeout"])
    answer: str | None = Field(description="How the body of the answer begins", examples=["Bad gateway"])


class DeliveryLog(Schema):
    """A delivery with every attempt, oldest first."""

    delivery: DeliveryView
    attempts: list[AttemptView]


class NewRedelivery(Schema):
    """Which events to send again: those that meet all that is given. Name events, or a time from which on."""

    event_ids: list[UUID] = Field([], max_length=100, description="These events")
    since: AwareDatetime | None = Field(None, description="Recorded at this instant or later")
    until: AwareDatetime | None = Field(None, description="Recorded before this instant")
    subject: UUID | None = Field(None, description="About this aggregate")
    only_failed: bool = Field(False, description="Those alone that were given up")
    after: UUID | None = Field(None, description="`next` of the answer before, to go on where it ended")


class RedeliveryView(Schema):
    """What will be sent again."""

    events: int = Field(description="How many")
    next: UUID | None = Field(description="There are more: ask again with this as `after`")
