"""Messages on the wire."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from identity.notifications.store import Notification
from shared.schema import Schema, Words


class NotificationView(Schema):
    """A message to you."""

    id: UUID = Field(description="The id of the event that it tells of")
    case_code: str = Field(examples=["000.00.01.H99-260105-0001"])
    subject: Words
    body: Words
    occurred_at: datetime
    sent_at: datetime | None = Field(description="When it was handed to the mail server; absent until then")

    @classmethod
    def of(cls, notification: Notification) -> Self:
        message = notification.message
        return cls(
            id=notification.id,
            case_code=notification.case_code,
            subject=Words(vi=message.subject.vi, en=message.subject.en),
            body=Words(vi=message.body.vi, en=message.body.en),
            occurred_at=notification.occurred_at,
            sent_at=notification.sent_at,
        )
