"""Telling what became of a subscription, in the transaction that made it so."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.subscriptions.domain.subscription import Subscription
from shared import outbox
from shared.events.gateway import SubscriptionEvent


async def tell(
    tx: AsyncConnection,
    event: type[SubscriptionEvent],
    subscription: Subscription,
    now: datetime,
    **more: Any,
) -> UUID:
    """Put an event of the subscription into the outbox; its id. `more` are the fields that only it has."""
    fact = event(
        client=subscription.client,
        types=tuple(sorted(subscription.interest.types)),
        status=subscription.status.value,
        **more,
    )
    envelope = fact.envelope(subject=subscription.id, sequence=subscription.sequence, at=now)
    await outbox.add(tx, envelope)
    return envelope.id
