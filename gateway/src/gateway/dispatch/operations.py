"""What is told to subscriptions by the attempts to deliver to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.dispatch.store import Outcome
from gateway.subscriptions import store as subscriptions
from gateway.subscriptions.domain.health import DISABLE_AFTER
from gateway.subscriptions.domain.subscription import ALLOWED, Action, Subscription
from gateway.subscriptions.events import tell
from shared.events.gateway import SubscriptionChanged, SubscriptionDisabled, SubscriptionFaltered


async def note_failures(
    tx: AsyncConnection, subscription_id: UUID, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Note what a callback did not take: spare it, warn its owner, or disable the subscription."""
    subscription = await subscriptions.find_any(tx, subscription_id)
    if subscription is None:
        return
    for outcome in outcomes:
        attempt = outcome.attempt
        health = subscription.health.after_failure(
            now, in_trouble=attempt.of_the_callback, retry_after=attempt.retry_after
        )
        subscription = replace(subscription, health=health)
    last = outcomes[-1]
    gone = any(outcome.attempt.gone for outcome in outcomes)
    if Action.DISABLE in ALLOWED[subscription.status] and (gone or subscription.health.hopeless(now)):
        reason = "gone" if gone else "failing"
        subscription = subscription.disable(reason, now)
        await tell(tx, SubscriptionDisabled, subscription, now, reason=reason)
    elif subscription.health.warning_due(now):
        since = subscription.health.failing_since or now
        subscription = replace(subscription.tell(), health=replace(subscription.health, warned_at=now))
        envelope = last.parcel.event.envelope
        await tell(
            tx,
            SubscriptionFaltered,
            subscription,
            now,
            event_id=str(envelope.id),
            event_type=envelope.type,
            failing_since=since,
            disable_at=since + DISABLE_AFTER,
        )
    await subscriptions.save(tx, subscription)


async def note_proof(tx: AsyncConnection, asked: Subscription, fault: str | None, now: datetime) -> None:
    """Note how the callback answered the handshake, unless the subscription has changed meanwhile."""
    subscription = await subscriptions.find_any(tx, asked.id)
    if subscription is None or subscription.version != asked.version:
        return
    if fault is not None:
        await subscriptions.save(tx, subscription.fail_proof(fault, now))
        return
    proved = subscription.prove(now)
    await subscriptions.save(tx, proved)
    await tell(tx, SubscriptionChanged, proved, now)
