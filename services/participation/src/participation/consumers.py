"""What participation learns from others: event class -> operation."""

from sqlalchemy.ext.asyncio import AsyncConnection

from participation.domain.rating import Invitation
from participation.ratings.operations import invite
from shared.events import Envelope
from shared.events.procedures import CaseClosed
from shared.inbox import Handlers


async def _closed(tx: AsyncConnection, envelope: Envelope, event: CaseClosed) -> None:
    if event.parent is not None:  # a part of a case: the applicant is asked about the whole
        return
    invitation = Invitation(
        case_id=envelope.subject,
        case_code=event.code,
        applicant=event.applicant,
        agency=event.agency,
        procedure=event.procedure,
        closed_at=envelope.time,
    )
    await invite(tx, invitation)


HANDLERS: Handlers = {CaseClosed: _closed}
