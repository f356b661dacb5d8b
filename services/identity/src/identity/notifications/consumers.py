"""Which events of a case its applicant is told of."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.messages import Occasion
from identity.notifications.operations import notify_applicant
from shared.events import Envelope, Event
from shared.events.procedures import (
    CaseAccepted,
    CaseClosed,
    CaseDecided,
    CaseEvent,
    CaseRefused,
    CaseSubmitted,
    CaseSupplemented,
    CaseSupplementRequested,
    CaseWithdrawn,
)
from shared.inbox import Handler

_OCCASIONS: Mapping[type[CaseEvent], Occasion] = {
    CaseSubmitted: Occasion.SUBMITTED,
    CaseAccepted: Occasion.ACCEPTED,
    CaseRefused: Occasion.REFUSED,
    CaseSupplementRequested: Occasion.SUPPLEMENT_REQUESTED,
    CaseSupplemented: Occasion.SUPPLEMENTED,
    CaseClosed: Occasion.CLOSED,
    CaseWithdrawn: Occasion.WITHDRAWN,
}


async def tell(tx: AsyncConnection, envelope: Envelope, event: CaseEvent) -> None:
    """Tell the applicant what happened."""
    if isinstance(event, CaseDecided):
        occasion = Occasion.GRANTED if event.outcome == "granted" else Occasion.REJECTED
    else:
        occasion = _OCCASIONS[type(event)]
    await notify_applicant(
        tx,
        event_id=envelope.id,
        applicant=event.applicant,
        occasion=occasion,
        case_code=event.code,
        due_at=event.due_at,
        at=envelope.time,
    )


HANDLERS: Mapping[type[Event], Handler] = dict.fromkeys((*_OCCASIONS, CaseDecided), tell)
