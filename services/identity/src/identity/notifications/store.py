"""Every SQL statement about notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.messages import Message
from identity.tables import notifications, people
from shared.errors import Text

_MESSAGE = (
    notifications.c.id,
    notifications.c.person_id,
    notifications.c.case_code,
    notifications.c.subject_vi,
    notifications.c.subject_en,
    notifications.c.body_vi,
    notifications.c.body_en,
    notifications.c.occurred_at,
    notifications.c.attempts,
    notifications.c.sent_at,
)


@dataclass(frozen=True, slots=True)
class Notification:
    """A message to a person about a case; its id is that of the event it tells of."""

    id: UUID
    person_id: UUID
    case_code: str
    message: Message
    occurred_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None


async def add_notification(tx: AsyncConnection, notification: Notification) -> None:
    """Write a message that waits to be sent; once for an event, and only to someone who has an account."""
    values: dict[str, Any] = {
        "id": notification.id,
        "person_id": notification.person_id,
        "case_code": notification.case_code,
        "subject_vi": notification.message.subject.vi,
        "subject_en": notification.message.subject.en,
        "body_vi": notification.message.body.vi,
        "body_en": notification.message.body.en,
        "occurred_at": notification.occurred_at,
        "next_attempt_at": notification.occurred_at,
    }
    columns = [notifications.c[name] for name in values]
    known = select(*(literal(value, notifications.c[name].type) for name, value in values.items())).where(
        select(people.c.id).where(people.c.id == notification.person_id).exists()
    )
    await tx.execute(postgresql.insert(notifications).from_select(columns, known).on_conflict_do_nothing())


async def notifications_of(
    tx: AsyncConnection, person_id: UUID, *, before: UUID | None, limit: int
) -> list[Notification]:
    """A person's messages, newest first."""
    statement = select(*_MESSAGE).where(notifications.c.person_id == person_id)
    if before is not None:
        statement = statement.where(notifications.c.id < before)
    return _all((await tx.execute(statement.order_by(notifications.c.id.desc()).limit(limit))).all())


async def newest(tx: AsyncConnection, limit: int) -> list[tuple[str, Notification]]:
    """The newest messages to anybody, each with the recipient's full name."""
    named = (
        select(people.c.full_name, *_MESSAGE)
        .join(people, people.c.id == notifications.c.person_id)
        .order_by(notifications.c.id.desc())
        .limit(limit)
    )
    rows = (await tx.execute(named)).all()
    return list(zip((row.full_name for row in rows), _all(rows), strict=True))


async def claim_due(tx: AsyncConnection, *, now: datetime, until: datetime) -> Notification | None:
    """Take the message that has been due for longest, so that no other sender takes it before `until`."""
    due = (
        select(notifications.c.id)
        .where(notifications.c.next_attempt_at <= now)
        .order_by(notifications.c.next_attempt_at, notifications.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(notifications)
        .where(notifications.c.id.in_(due.scalar_subquery()))
        .values(next_attempt_at=until, attempts=notifications.c.attempts + 1)
        .returning(*_MESSAGE)
    )
    return next(iter(_all((await tx.execute(claimed)).all())), None)


async def settle(
    tx: AsyncConnection, notification_id: UUID, *, sent_at: datetime | None, next_attempt_at: datetime | None
) -> None:
    """Write what became of an attempt: sent, to be tried again at an instant, or given up (neither)."""
    await tx.execute(
        update(notifications)
        .where(notifications.c.id == notification_id)
        .values(sent_at=sent_at, next_attempt_at=next_attempt_at)
    )


def _all(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Notification]:
    return [
        Notification(
            id=row.id,
            person_id=row.person_id,
            case_code=row.case_code,
            message=Message(Text(row.subject_vi, row.subject_en), Text(row.body_vi, row.body_en)),
            occurred_at=row.occurred_at,
            attempts=row.attempts,
            sent_at=row.sent_at,
        )
        for row in rows
    ]
