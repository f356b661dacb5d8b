"""What can be told about a case to its applicant."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.messages import Occasion, message_about
from identity.notifications import store
from identity.notifications.store import Notification

GIVEN_UP_AFTER = timedelta(days=3)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)


async def notify_applicant(
    tx: AsyncConnection,
    *,
    event_id: UUID,
    applicant: str,
    occasion: Occasion,
    case_code: str,
    due_at: datetime | None,
    at: datetime,
) -> None:
    """Write the message that an event calls for. An applicant without an account here is told nothing."""
    try:
        person_id = UUID(applicant)
    except ValueError:
        return  # an agency's own system submitted the case
    message = message_about(occasion, case=case_code, due_at=due_at)
    await store.add_notification(tx, Notification(event_id, person_id, case_code, message, at))


def next_attempt(notification: Notification, now: datetime) -> datetime | None:
    """When to try again after a failure: 30 s, 1 min, 2 min … 1 h later; None after three days."""
    if now - notification.occurred_at >= GIVEN_UP_AFTER:
        return None
    doublings = min(max(notification.attempts - 1, 0), 10)
    wait: timedelta = _FIRST_WAIT * 2**doublings
    return now + min(wait, _LONGEST_WAIT)
