"""Every statement of sending: which deliveries are ours to make, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Text,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.deliveries.domain.delivery import ORDER_TRIES, Attempt, Standing, Status
from gateway.stream import store as log
from gateway.stream.store import LoggedEvent
from gateway.subscriptions.domain.subscription import Secrets
from gateway.subscriptions.domain.subscription import Status as SubscriptionStatus
from gateway.tables import deliveries, delivery_attempts, gateway_events, subscriptions
from shared.ids import new_id

# Written out and not bound, so that the partial indexes serve whatever plan PostgreSQL has prepared.
_PENDING = literal_column("'pending'", Text)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is ours to make: the event, and where it goes."""

    subscription_id: UUID
    lease: UUID
    attempts: int
    event: LoggedEvent
    callback: str
    secrets: Secrets


async def claim(
    tx: AsyncConnection, now: datetime, *, lease_for: timedelta, each: int, limit: int
) -> list[Parcel]:
    """Deliveries that are due, which nobody else makes before the lease is over.

    No more than `each` are under way to one subscription, so a slow callback holds back itself alone; of one
    aggregate only the first that is pending, so its events arrive in their order.
    """
    d, earlier, leased = deliveries.c, deliveries.alias("earlier"), deliveries.alias("leased")
    under_way = (
        select(func.count())
        .where(leased.c.subscription_id == subscriptions.c.id, leased.c.leased_until > now)
        .correlate(subscriptions)
        .scalar_subquery()
    )
    held_back = exists().where(
        earlier.c.subscription_id == d.subscription_id,
        earlier.c.subject == d.subject,
        earlier.c.position < d.position,
        earlier.c.status == _PENDING,
        earlier.c.attempts < ORDER_TRIES,
    )
    due = (
        select(d.subscription_id, d.position)
        .where(
            d.subscription_id == subscriptions.c.id,
            d.status == _PENDING,
            d.due_at <= now,
            or_(d.leased_until.is_(None), d.leased_until <= now),
            ~held_back,
        )
        .order_by(d.position)
        .limit(func.greatest(0, each - under_way))
        .with_for_update(skip_locked=True, of=deliveries)
        .lateral("due")
    )
    chosen = (
        select(due.c.subscription_id, due.c.position)
        .select_from(subscriptions.join(due, true()))
        .where(
            subscriptions.c.status == SubscriptionStatus.ACTIVE.value,
            or_(subscriptions.c.held_until.is_(None), subscriptions.c.held_until <= now),
        )
        .order_by(due.c.position)
        .limit(limit)
        .cte("chosen")
    )
    statement = (
        update(deliveries)
        .where(
            d.subscription_id == chosen.c.subscription_id,
            d.position == chosen.c.position,
            gateway_events.c.position == chosen.c.position,
            subscriptions.c.id == chosen.c.subscription_id,
        )
        .values(lease=new_id(), leased_until=now + lease_for)
        .returning(
            d.subscription_id,
            d.lease,
            d.attempts,
            *gateway_events.c,
            subscriptions.c.callback,
            subscriptions.c.secret,
            subscriptions.c.old_secret,
            subscriptions.c.old_secret_until,
        )
    )
    return [_parcel(row) for row in await tx.execute(statement)]


def _parcel(row: Any) -> Parcel:
    return Parcel(
        row.subscription_id,
        row.lease,
        row.attempts,
        log.logged(row),
        row.callback,
        Secrets(row.secret, row.old_secret, row.old_secret_until),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A parcel, the attempt that was made, and where the delivery stands now."""

    parcel: Parcel
    attempt: Attempt
    standing: Standing


async def conclude(tx: AsyncConnection, outcomes: Sequence[Outcome]) -> None:
    """Write attempts and what became of their deliveries, as far as these are still leased to us."""
    reported = (
        func.jsonb_to_recordset(literal([_reported(outcome) for outcome in outcomes], JSONB))
        .table_valued(*_REPORTED)
        .render_derived(name="reported", with_types=True)
    )
    d = deliveries.c
    concluded = (
        update(deliveries)
        .where(
            d.subscription_id == reported.c.subscription_id,
            d.position == reported.c.position,
            d.lease == reported.c.lease,
        )
        .values(
            status=reported.c.status,
            due_at=reported.c.due_at,
            attempts=d.attempts + 1,
            lease=None,
            leased_until=None,
            concluded_at=case((reported.c.status == Status.PENDING.value, None), else_=reported.c.at),
            response_code=reported.c.response_code,
            duration_ms=reported.c.duration_ms,
            fault=reported.c.fault,
        )
        .returning(*(reported.c[column] for column in _ATTEMPT))
        .cte("concluded")
    )
    await tx.execute(insert(delivery_attempts).from_select(_ATTEMPT, select(concluded)))


_ATTEMPT = ["id", "subscription_id", "position", "at", "response_code", "duration_ms", "fault", "answer"]
_REPORTED = (
    *(column(name, delivery_attempts.c[name].type) for name in _ATTEMPT),
    *(column(name, deliveries.c[name].type) for name in ("lease", "status", "due_at")),
)


def _reported(outcome: Outcome) -> dict[str, Any]:
    parcel, attempt, standing = outcome.parcel, outcome.attempt, outcome.standing
    return {
        "id": str(new_id()),
        "subscription_id": str(parcel.subscription_id),
        "position": parcel.event.position,
        "at": attempt.at.isoformat(),
        "response_code": attempt.response_code,
        "duration_ms": round(attempt.duration.total_seconds() * 1000),
        "fault": attempt.trouble.value if attempt.trouble else None,
        "answer": attempt.answer,
        "lease": str(parcel.lease),
        "status": standing.status.value,
        "due_at": standing.due_at.isoformat(),
    }
