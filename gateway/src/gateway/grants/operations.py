"""What is told of clients, and what follows from it for their subscriptions."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.deliveries.store import drop_unseen
from gateway.grants import store
from gateway.grants.domain.grant import ClientWithdrawn, Grant
from gateway.stream.domain.sight import Sight
from gateway.subscriptions import store as subscriptions
from gateway.subscriptions.events import tell
from shared.events.gateway import SubscriptionChanged


async def take_up_grant(tx: AsyncConnection, grant: Grant, now: datetime) -> None:
    """A client was registered or changed: its subscriptions see no more than it may from now on.

    What waits to be sent and may not be seen any more is dropped. Nothing is widened: for that the owner writes
    the subscription again, with a token that allows it.
    """
    await store.lock(tx, grant.client)
    if not await store.put(tx, grant):
        return
    for before in await subscriptions.of_client(tx, grant.client):
        after = before.confine(grant.sight, withdrawn=not grant.subscribes, now=now)
        if after is before:
            continue
        await subscriptions.save(tx, after)
        await drop_unseen(tx, after.id, after.sight)
        await tell(tx, SubscriptionChanged, after, now)


async def granted(tx: AsyncConnection, client: str, sight: Sight) -> Sight:
    """What of a sight that a token gave is still granted; the token may be older than what identity says now.

    Raises:
        ClientWithdrawn: the client may not have webhooks any more.
    """
    grant = await store.find(tx, client)
    if grant is None:
        return sight
    if not grant.subscribes:
        raise ClientWithdrawn
    return sight.within(grant.sight)
