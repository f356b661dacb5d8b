"""What can be done with access records: keep them, and show them to the person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.access_records import store
from identity.access_records.store import AccessRecord
from shared.errors import Text
from shared.events.procedures import AccessRecorded


async def keep_record(tx: AsyncConnection, event_id: UUID, at: datetime, event: AccessRecorded) -> None:
    """Keep for each person which cases of theirs were shown.

    The official is not named to the person: the agency answers for them, and knows who it was from the event.
    """
    looks = {
        "event_id": event_id,
        "at": at,
        "agency": event.agency,
        "units": list(event.units),
        "reader": event.reader,
        "reader_kind": event.reader_kind,
        "purpose": event.purpose,
    }
    rows = [
        {**looks, "person_id": person, "case_id": seen.case_id, "case_code": seen.code}
        for seen in event.cases
        if (person := _id_of(seen.person)) is not None
    ]
    await store.add_records(tx, rows)


def _id_of(subject: str) -> UUID | None:
    """The id of a person; None for an agency's own system that filed a case."""
    try:
        return UUID(subject)
    except ValueError:
        return None


async def records_of(
    tx: AsyncConnection, person_id: UUID, *, before: tuple[UUID, UUID] | None, limit: int
) -> tuple[list[AccessRecord], dict[str, Text]]:
    """Who looked at the person's data, newest first, and the names of the agencies and units in it."""
    records = await store.records_of(tx, person_id, before=before, limit=limit)
    return records, await store.names_of(tx, {record.agency for record in records})
