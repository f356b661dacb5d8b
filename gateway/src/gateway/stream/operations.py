"""What can be asked of the event log, and told to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.stream import store
from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.stream.store import LoggedEvent
from shared.errors import Gone, Text
from shared.events import Envelope


class EventNotKept(Gone):
    slug = "event-not-kept"
    title = Text(
        vi="Sự kiện này không còn được lưu. Hãy đọc lại trạng thái hiện tại rồi nghe tiếp từ bây giờ.",
        en="This event is not kept any more. Read the present state, then listen from now on.",
    )


async def record_event(tx: AsyncConnection, envelope: Envelope, *, now: datetime) -> int | None:
    """Put an event into the log; its position, or None when it was there."""
    return await store.append(tx, envelope, now)


async def resume_after(connection: AsyncConnection, event_id: UUID) -> int:
    """The position to go on from for a reader that has seen the event.

    Raises:
        EventNotKept: it is older than the log.
    """
    position = await store.position_of(connection, event_id)
    if position is None:
        raise EventNotKept
    return position


async def beginning(connection: AsyncConnection, last_event_id: UUID | None) -> int:
    """Where a reader of the stream begins: after the event it saw last, or now.

    Raises:
        EventNotKept
    """
    if last_event_id is None:
        return await store.last_position(connection)
    return await resume_after(connection, last_event_id)


async def list_events(
    connection: AsyncConnection, *, after: UUID | None, sight: Sight, interest: Interest, limit: int
) -> list[LoggedEvent]:
    """The events that follow `after` (the oldest kept, when None), in order.

    Raises:
        EventNotKept: `after` is older than the log.
    """
    position = 0 if after is None else await resume_after(connection, after)
    return await store.read(connection, after=position, sight=sight, interest=interest, limit=limit)
