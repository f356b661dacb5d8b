"""What procedures learns from others: event class -> operation."""

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.agencies.operations import learn_agency
from shared.events import Envelope
from shared.events.identity import AgencyChanged, AgencyEvent, AgencyRegistered
from shared.inbox import Handlers


async def _agency(tx: AsyncConnection, envelope: Envelope, event: AgencyEvent) -> None:
    await learn_agency(tx, envelope.sequence, event)


HANDLERS: Handlers = {AgencyRegistered: _agency, AgencyChanged: _agency}
