"""Event type -> operation: every event of every offered topic is taken up in the same way."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.deliveries.operations import take_up
from shared.clock import Clock
from shared.events import EVENT_TYPES, Envelope, Event
from shared.events.audience import OFFERED
from shared.inbox import Handler


def handlers(clock: Clock) -> Mapping[type[Event], Handler]:
    """What the gateway listens to."""

    async def on_event(tx: AsyncConnection, envelope: Envelope, _: Any) -> None:
        await take_up(tx, envelope, now=clock.now())

    return {event: on_event for event in EVENT_TYPES.values() if event.topic.name in OFFERED}
