"""What can be asked of deliveries, and told to them. The caller has made sure whose the subscription is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.deliveries import store
from gateway.deliveries.domain.delivery import NoSuchDelivery, Status
from gateway.deliveries.store import DeliveryRow, Wish
from gateway.stream import operations as stream
from gateway.stream.store import LoggedEvent
from gateway.subscriptions.domain.subscription import Subscription
from shared.errors import Fault, Invalid, Text
from shared.events import Envelope
from shared.events.gateway import SubscriptionTested

REDELIVERED = 10_000
"""Events that one request sends again at most."""


async def take_up(tx: AsyncConnection, envelope: Envelope, *, now: datetime) -> None:
    """An event has happened: log it, and plan its delivery to every subscription that asked for it."""
    position = await stream.record_event(tx, envelope, now=now)
    if position is None:
        return
    event = LoggedEvent(position, envelope)
    if envelope.type == SubscriptionTested.type:
        await store.plan_for(tx, event, envelope.subject, now)
    else:
        await store.plan(tx, event, now)


async def list_deliveries(
    connection: AsyncConnection,
    subscription: Subscription,
    *,
    status: Status | None,
    before: int | None,
    limit: int,
) -> list[DeliveryRow]:
    """The deliveries to a subscription, newest event first."""
    return await store.page(connection, subscription.id, status=status, before=before, limit=limit)


async def read_delivery(
    connection: AsyncConnection, subscription: Subscription, event_id: UUID
) -> tuple[DeliveryRow, Sequence[Any]]:
    """The delivery of an event with its attempts.

    Raises:
        NoSuchDelivery
    """
    delivery = await store.find(connection, subscription.id, event_id)
    if delivery is None:
        raise NoSuchDelivery
    return delivery, await store.attempts_of(connection, subscription.id, delivery.position)


async def redeliver(
    tx: AsyncConnection, subscription: Subscription, wish: Wish, *, after: UUID | None, now: datetime
) -> tuple[int, UUID | None]:
    """Have events sent (again): how many, and the last of them when there are more.

    Raises:
        Invalid: neither events nor a time was named.
        EventNotKept: `after` is older than the log.
    """
    if not wish.event_ids and wish.since is None:
        detail = Text(
            vi="Hãy nêu eventIds hoặc since.", en="Name events with `eventIds`, or a time with `since`."
        )
        raise Invalid(faults=[Fault("/since", "missing", detail)])
    position = 0 if after is None else await stream.resume_after(tx, after)
    chosen = await store.plan_again(
        tx,
        subscription.id,
        sight=subscription.sight,
        interest=subscription.interest,
        wish=wish,
        after=position,
        limit=REDELIVERED,
        now=now,
    )
    return len(chosen), chosen[-1] if len(chosen) == REDELIVERED else None
