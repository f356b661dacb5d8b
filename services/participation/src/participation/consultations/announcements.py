"""What others are told of a consultation: its opening and its closing once they came, and each comment.

Whoever tells holds the consultation's row lock and writes the event with the mark that it was told. So an
event is told once, in the order of its sequence, and not lost when a process dies in the middle.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from participation.consultations import store
from participation.domain.consultation import Consultation, Moment, due
from participation.domain.legal_time import legal_date
from shared import outbox
from shared.events.participation import ProcessClosed, ProcessEvent, ProcessOpened

_BATCH = 100


async def tell(
    tx: AsyncConnection, consultation: Consultation, event: ProcessEvent, now: datetime
) -> Consultation:
    """Tell the next event of a locked consultation; returns it as it then stands."""
    told = replace(consultation, sequence=consultation.sequence + 1)
    await store.save(tx, told)
    await outbox.add(tx, event.envelope(subject=told.id, sequence=told.sequence, at=now))
    return told


async def tell_due(tx: AsyncConnection, consultation: Consultation, now: datetime) -> Consultation:
    """Tell the opening and the closing of a locked consultation as far as they came and were not told."""
    for moment in due(consultation, now):
        match moment:
            case Moment.OPENING:
                consultation = replace(consultation, opening_told_at=now)
                opened = ProcessOpened(
                    agency=consultation.agency,
                    opens_at=consultation.opens_at,
                    closes_at=consultation.closes_at,
                )
                consultation = await tell(tx, consultation, opened, now)
            case Moment.CLOSING:
                consultation = replace(consultation, closing_told_at=now)
                standing = await store.count_standing_comments(tx, consultation.id)
                closed = ProcessClosed(agency=consultation.agency, comments=standing)
                consultation = await tell(tx, consultation, closed, now)
    return consultation


async def tell_all_due(tx: AsyncConnection, now: datetime) -> int:
    """Tell what is due of consultations that nobody else has in hand; returns of how many it was."""
    consultations = await store.lock_due(tx, legal_date(now), _BATCH)
    for consultation in consultations:
        await tell_due(tx, consultation, now)
    return len(consultations)
