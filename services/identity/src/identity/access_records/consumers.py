"""Every look at people's data that a service tells of is kept for those people."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.access_records.operations import keep_record
from shared.events import Envelope, Event
from shared.events.procedures import AccessRecorded
from shared.inbox import Handler


async def keep(tx: AsyncConnection, envelope: Envelope, event: AccessRecorded) -> None:
    """Keep a record for each person whose data was shown."""
    await keep_record(tx, envelope.id, envelope.time, event)


HANDLERS: Mapping[type[Event], Handler] = {AccessRecorded: keep}
