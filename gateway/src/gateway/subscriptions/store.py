"""Every statement on subscriptions. Ownership is part of each query that serves a client."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.subscriptions.domain.health import Health
from gateway.subscriptions.domain.subscription import Proof, Secrets, Status, Subscription
from gateway.tables import subscriptions


async def add(tx: AsyncConnection, subscription: Subscription) -> None:
    await tx.execute(
        insert(subscriptions).values(
            **_values(subscription),
            id=subscription.id,
            client=subscription.client,
            created_at=subscription.created_at,
        )
    )


async def save(tx: AsyncConnection, subscription: Subscription) -> None:
    """Write the present state; the caller has read it for update."""
    await tx.execute(
        update(subscriptions).where(subscriptions.c.id == subscription.id).values(**_values(subscription))
    )


async def find(
    connection: AsyncConnection, client: str, subscription_id: UUID, *, for_update: bool = False
) -> Subscription | None:
    """The client's subscription of this id, if there is one."""
    statement = select(subscriptions).where(
        subscriptions.c.id == subscription_id, subscriptions.c.client == client
    )
    if for_update:
        statement = statement.with_for_update(key_share=True)  # new deliveries need not wait
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else read(row)


async def find_any(tx: AsyncConnection, subscription_id: UUID) -> Subscription | None:
    """The subscription of this id, whoever's, locked; for the gateway's own acts."""
    statement = select(subscriptions).where(subscriptions.c.id == subscription_id)
    row = (await tx.execute(statement.with_for_update(key_share=True))).one_or_none()
    return None if row is None else read(row)


async def page(
    connection: AsyncConnection, client: str, *, after: UUID | None, limit: int
) -> list[Subscription]:
    """The client's subscriptions, oldest first."""
    statement = select(subscriptions).where(subscriptions.c.client == client)
    if after is not None:
        statement = statement.where(subscriptions.c.id > after)
    return [
        read(row) for row in await connection.execute(statement.order_by(subscriptions.c.id).limit(limit))
    ]


async def of_client(tx: AsyncConnection, client: str) -> Sequence[Subscription]:
    """All subscriptions of a client, locked; for the gateway's own acts."""
    statement = select(subscriptions).where(subscriptions.c.client == client).order_by(subscriptions.c.id)
    return [read(row) for row in await tx.execute(statement.with_for_update(key_share=True))]


async def count(tx: AsyncConnection, client: str) -> int:
    """How many subscriptions a client has."""
    found = await tx.execute(
        select(func.count()).select_from(subscriptions).where(subscriptions.c.client == client)
    )
    number: int = found.scalar_one()
    return number


async def remove(tx: AsyncConnection, subscription_id: UUID) -> None:
    await tx.execute(delete(subscriptions).where(subscriptions.c.id == subscription_id))


async def recover(tx: AsyncConnection, taken_by: Collection[UUID]) -> None:
    """These callbacks have taken something: whatever was wrong with them is over."""
    await tx.execute(
        update(subscriptions)
        .where(
            subscriptions.c.id.in_(taken_by),
            or_(subscriptions.c.troubles > 0, subscriptions.c.failing_since.is_not(None)),
        )
        .values(troubles=0, held_until=None, failing_since=None, warned_at=None)
    )


async def take_unproven(
    tx: AsyncConnection, now: datetime, *, until: datetime, limit: int
) -> Sequence[Subscription]:
    """Subscriptions whose callback is to be asked now; nobody else asks them before `until`."""
    due = (
        select(subscriptions.c.id)
        .where(subscriptions.c.status == Status.UNPROVEN.value, subscriptions.c.prove_at <= now)
        .order_by(subscriptions.c.prove_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = await tx.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(due))
        .values(prove_at=until)
        .returning(*subscriptions.c)
    )
    return [read(row) for row in taken]


def _values(subscription: Subscription) -> dict[str, Any]:
    interest, sight = subscription.interest, subscription.sight
    secrets, proof, health = subscription.secrets, subscription.proof, subscription.health
    return {
        "callback": subscription.callback,
        "name": subscription.name,
        "types": sorted(interest.types),
        "agencies": sorted(interest.agencies),
        "procedures": sorted(interest.procedures),
        "topics": sorted(sight.topics),
        "agency": sight.agency,
        "status": subscription.status.value,
        "reason": subscription.reason,
        "version": subscription.version,
        "sequence": subscription.sequence,
        "secret": secrets.current,
        "old_secret": secrets.old,
        "old_secret_until": secrets.old_until,
        "changed_at": subscription.changed_at,
        "prove_at": proof.at,
        "proof_tries": proof.tries,
        "proof_fault": proof.fault,
        "troubles": health.troubles,
        "held_until": health.held_until,
        "failing_since": health.failing_since,
        "warned_at": health.warned_at,
    }


def read(row: Row[Any]) -> Subscription:
    """The subscription in a row of the table."""
    return Subscription(
        id=row.id,
        client=row.client,
        callback=row.callback,
        name=row.name,
        interest=Interest(frozenset(row.types), frozenset(row.agencies), frozenset(row.procedures)),
        sight=Sight(frozenset(row.topics), agency=row.agency, client=row.client),
        secrets=Secrets(row.secret, row.old_secret, row.old_secret_until),
        created_at=row.created_at,
        changed_at=row.changed_at,
        proof=Proof(row.prove_at, row.proof_tries, row.proof_fault),
        status=Status(row.status),
        reason=row.reason,
        version=row.version,
        sequence=row.sequence,
        health=Health(row.troubles, row.held_until, row.failing_since, row.warned_at),
    )
