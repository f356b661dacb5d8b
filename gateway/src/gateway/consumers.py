"""Event type -> operation: events of offered topics are passed on, those of clients say who is told of them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.deliveries.operations import take_up
from gateway.grants.domain.grant import Grant
from gateway.grants.operations import take_up_grant
from shared.clock import Clock
from shared.events import EVENT_TYPES, Envelope, Event
from shared.events.audience import OFFERED
from shared.events.identity import ClientChanged, ClientEvent, ClientRegistered
from shared.inbox import Handler


def handlers(clock: Clock) -> Mapping[type[Event], Handler]:
    """What the gateway listens to."""

    async def on_event(tx: AsyncConnection, envelope: Envelope, _: Any) -> None:
        await take_up(tx, envelope, now=clock.now())

    async def on_client(tx: AsyncConnection, envelope: Envelope, client: ClientEvent) -> None:
        grant = Grant(
            client.client,
            client.kind,
            frozenset(client.scopes),
            client.agency,
            client.enabled,
            envelope.sequence,
        )
        await take_up_grant(tx, grant, clock.now())

    offered = {event: on_event for event in EVENT_TYPES.values() if event.topic.name in OFFERED}
    return {**offered, ClientRegistered: on_client, ClientChanged: on_client}
