"""What can be asked of subscriptions, and told to them."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.grants.operations import granted
from gateway.grants.store import lock as lock_grants
from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.subscriptions import store
from gateway.subscriptions.domain.subscription import (
    Action,
    NoSuchSubscription,
    Proof,
    Secrets,
    Subscription,
    TooManySubscriptions,
)
from gateway.subscriptions.events import tell
from gateway.vault import Vault
from shared.events.gateway import (
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionDeleted,
    SubscriptionTested,
)
from shared.ids import new_id

_SECRET_OCTETS = 32

Check = Callable[[Subscription], None]
"""Refuses when the caller meant another state."""


@dataclass(frozen=True, slots=True)
class Details:
    """What an owner says of a subscription."""

    callback: str
    name: str | None
    interest: Interest
    sight: Sight


async def create_subscription(
    tx: AsyncConnection, vault: Vault, client: str, details: Details, *, limit: int, now: datetime
) -> Subscription:
    """Begin a subscription. Its events are kept from now on, and sent once its callback has proved itself.

    Raises:
        TooManySubscriptions: the client has `limit` already.
        ClientWithdrawn: it may not have webhooks any more.
    """
    await lock_grants(tx, client)
    if await store.count(tx, client) >= limit:
        raise TooManySubscriptions
    subscription_id = new_id()
    subscription = Subscription(
        id=subscription_id,
        client=client,
        callback=details.callback,
        name=details.name,
        interest=details.interest,
        sight=await granted(tx, client, details.sight),
        secrets=Secrets(_new_secret(vault, subscription_id)),
        created_at=now,
        changed_at=now,
        proof=Proof(at=now),
    )
    await store.add(tx, subscription)
    await tell(tx, SubscriptionCreated, subscription, now)
    return subscription


async def get_subscription(
    connection: AsyncConnection, client: str, subscription_id: UUID, *, for_update: bool = False
) -> Subscription:
    """The client's subscription.

    Raises:
        NoSuchSubscription: there is none, or it is another client's.
    """
    found = await store.find(connection, client, subscription_id, for_update=for_update)
    if found is None:
        raise NoSuchSubscription
    return found


async def list_subscriptions(
    connection: AsyncConnection, client: str, *, after: UUID | None, limit: int
) -> list[Subscription]:
    """The client's subscriptions, oldest first."""
    return await store.page(connection, client, after=after, limit=limit)


async def change_subscription(
    tx: AsyncConnection,
    client: str,
    subscription_id: UUID,
    check: Check,
    change: Callable[[Subscription], Subscription],
    now: datetime,
) -> Subscription:
    """Do to a subscription what `change` does, and tell it.

    Raises:
        NoSuchSubscription, NotInThisStatus, and what `check` raises.
        ClientWithdrawn: the client may not have webhooks any more.
    """
    before = await get_subscription(tx, client, subscription_id, for_update=True)
    check(before)
    changed = change(before)
    after = replace(changed, sight=await granted(tx, client, changed.sight))
    await store.save(tx, after)
    await tell(tx, SubscriptionChanged, after, now)
    return after


def new_details(details: Details, now: datetime) -> Callable[[Subscription], Subscription]:
    """The change that gives a subscription other details."""
    return lambda subscription: subscription.change(
        callback=details.callback,
        name=details.name,
        interest=details.interest,
        sight=details.sight,
        now=now,
    )


def new_secret(vault: Vault, *, overlap: timedelta, now: datetime) -> Callable[[Subscription], Subscription]:
    """The change that gives a subscription a new secret."""
    return lambda subscription: subscription.rotate(
        _new_secret(vault, subscription.id), overlap=overlap, now=now
    )


async def delete_subscription(
    tx: AsyncConnection, client: str, subscription_id: UUID, check: Check, now: datetime
) -> None:
    """End a subscription; what was kept for it goes with it.

    Raises:
        NoSuchSubscription, and what `check` raises.
    """
    subscription = await get_subscription(tx, client, subscription_id, for_update=True)
    check(subscription)
    await store.remove(tx, subscription.id)
    await tell(tx, SubscriptionDeleted, subscription.tell(), now)


async def test_subscription(tx: AsyncConnection, client: str, subscription_id: UUID, now: datetime) -> UUID:
    """Send a test event to a subscription, on the way that all events take; its id.

    Raises:
        NoSuchSubscription, NotInThisStatus
    """
    subscription = await get_subscription(tx, client, subscription_id, for_update=True)
    subscription.require(Action.TEST)
    told = subscription.tell()
    await store.save(tx, told)
    return await tell(tx, SubscriptionTested, told, now)


def signing_secrets(vault: Vault, subscription: Subscription, now: datetime) -> list[str]:
    """The secrets that sign at `now`, the current one first, as `whsec_…`."""
    return [vault.open(sealed, bound_to=str(subscription.id)) for sealed in subscription.secrets.signing(now)]


def _new_secret(vault: Vault, subscription_id: UUID) -> bytes:
    text = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_OCTETS)).decode()
    return vault.seal(text, bound_to=str(subscription_id))
