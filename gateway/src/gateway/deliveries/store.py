"""Every statement on deliveries and their attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.deliveries.domain.delivery import Status
from gateway.stream import store as log
from gateway.stream.domain.interest import Interest, patterns_of
from gateway.stream.domain.sight import Sight
from gateway.stream.store import LoggedEvent
from gateway.tables import deliveries, delivery_attempts, gateway_events, subscriptions
from shared.events.audience import OFFERED


async def plan(tx: AsyncConnection, event: LoggedEvent, now: datetime) -> None:
    """A delivery of the event to each subscription that asked for it and may see it.

    The same rules as `Interest.wants` and `Sight.covers`, as a condition on subscriptions.
    """
    concern = event.concern
    agency, procedure = literal(concern.agency, Text), literal(concern.procedure, Text)
    s = subscriptions.c
    conditions = [
        literal(concern.topic, Text) == func.any(s.topics),
        s.types.overlap(literal(sorted(patterns_of(concern.type)), ARRAY(Text))),
        or_(func.cardinality(s.agencies) == 0, agency == func.any(s.agencies)),
        or_(func.cardinality(s.procedures) == 0, procedure == func.any(s.procedures)),
    ]
    audience = OFFERED[concern.topic]
    if audience.scope is not None:
        conditions.append(or_(s.agency.is_(None), s.agency == agency))
    if audience.client is not None:
        conditions.append(s.client == concern.client)
    await _plan(tx, event, and_(*conditions), now)


async def plan_for(tx: AsyncConnection, event: LoggedEvent, subscription_id: UUID, now: datetime) -> None:
    """A delivery of the event to one subscription, whatever it asked for."""
    await _plan(tx, event, subscriptions.c.id == subscription_id, now)


async def _plan(tx: AsyncConnection, event: LoggedEvent, condition: Any, now: datetime) -> None:
    chosen = select(
        subscriptions.c.id,
        literal(event.position, deliveries.c.position.type),
        literal(event.envelope.subject, Uuid),
        literal(Status.PENDING.value, Text),
        literal(now, deliveries.c.due_at.type),
        literal(0, Integer),
        literal(now, deliveries.c.planned_at.type),
    ).where(condition)
    columns = ["subscription_id", "position", "subject", "status", "due_at", "attempts", "planned_at"]
    await tx.execute(upsert(deliveries).from_select(columns, chosen).on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as its owner sees it. `attempts`: of the present round; the log holds all."""

    position: int
    event_id: UUID
    event_type: str
    subject: UUID
    sequence: int
    status: Status
    attempts: int
    planned_at: datetime
    due_at: datetime
    concluded_at: datetime | None
    response_code: int | None
    duration_ms: int | None
    fault: str | None


_ROW = (
    deliveries.c.position,
    gateway_events.c.id.label("event_id"),
    gateway_events.c.type.label("event_type"),
    deliveries.c.subject,
    gateway_events.c.sequence,
    deliveries.c.status,
    deliveries.c.attempts,
    deliveries.c.planned_at,
    deliveries.c.due_at,
    deliveries.c.concluded_at,
    deliveries.c.response_code,
    deliveries.c.duration_ms,
    deliveries.c.fault,
)
_JOINED = deliveries.join(gateway_events, gateway_events.c.position == deliveries.c.position)


async def page(
    connection: AsyncConnection,
    subscription_id: UUID,
    *,
    status: Status | None,
    before: int | None,
    limit: int,
) -> list[DeliveryRow]:
    """The deliveries to a subscription, newest event first."""
    statement = select(*_ROW).select_from(_JOINED).where(deliveries.c.subscription_id == subscription_id)
    if status is not None:
        statement = statement.where(deliveries.c.status == status.value)
    if before is not None:
        statement = statement.where(deliveries.c.position < before)
    rows = await connection.execute(statement.order_by(deliveries.c.position.desc()).limit(limit))
    return [_delivery(row) for row in rows]


async def find(connection: AsyncConnection, subscription_id: UUID, event_id: UUID) -> DeliveryRow | None:
    """The delivery of an event to a subscription, if there is one."""
    statement = (
        select(*_ROW)
        .select_from(_JOINED)
        .where(deliveries.c.subscription_id == subscription_id, gateway_events.c.id == event_id)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _delivery(row)


async def attempts_of(connection: AsyncConnection, subscription_id: UUID, position: int) -> Sequence[Any]:
    """All attempts of a delivery, oldest first."""
    a = delivery_attempts.c
    statement = select(a.at, a.response_code, a.duration_ms, a.fault, a.answer).where(
        a.subscription_id == subscription_id, a.position == position
    )
    return (await connection.execute(statement.order_by(a.id))).all()


def _delivery(row: Any) -> DeliveryRow:
    return DeliveryRow(**{**row._mapping, "status": Status(row.status)})


async def counts(connection: AsyncConnection, subscription_id: UUID) -> dict[str, int]:
    """How many deliveries of a subscription wait and how many were given up, by status."""
    statement = (
        select(deliveries.c.status, func.count())
        .where(deliveries.c.subscription_id == subscription_id, deliveries.c.status != Status.DELIVERED.value)
        .group_by(deliveries.c.status)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events are to be sent again; all that is set must hold. Instants are those of recording."""

    event_ids: tuple[UUID, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    subject: UUID | None = None
    only_failed: bool = False


def _wished(wish: Wish, subscription_id: UUID) -> list[ColumnElement[bool]]:
    events = gateway_events.c
    conditions: list[ColumnElement[bool]] = []
    if wish.event_ids:
        conditions.append(events.id.in_(wish.event_ids))
    if wish.since is not None:
        conditions.append(events.recorded_at >= wish.since)
    if wish.until is not None:
        conditions.append(events.recorded_at < wish.until)
    if wish.subject is not None:
        conditions.append(events.subject == wish.subject)
    if wish.only_failed:
        conditions.append(
            exists().where(
                deliveries.c.subscription_id == subscription_id,
                deliveries.c.position == events.position,
                deliveries.c.status == Status.FAILED.value,
            )
        )
    return conditions


async def drop_unseen(tx: AsyncConnection, subscription_id: UUID, sight: Sight) -> None:
    """Drop what waits to be sent and is not in sight any more; an attempt under way counts for nothing."""
    seen = exists().where(gateway_events.c.position == deliveries.c.position, log.covered(sight))
    await tx.execute(
        delete(deliveries).where(
            deliveries.c.subscription_id == subscription_id,
            deliveries.c.status == Status.PENDING.value,
            ~seen,
        )
    )


async def plan_again(
    tx: AsyncConnection,
    subscription_id: UUID,
    *,
    sight: Sight,
    interest: Interest,
    wish: Wish,
    after: int,
    limit: int,
    now: datetime,
) -> list[UUID]:
    """Make due the deliveries of events of the log, oldest first; the ids of these events.

    Those that the subscription asked for and may see, sent before or not. What is under way is left alone.
    """
    events = gateway_events.c
    chosen = (
        select(events.position, events.id, events.subject)
        .where(
            events.position > after,
            log.covered(sight),
            log.wanted(interest),
            *_wished(wish, subscription_id),
        )
        .order_by(events.position)
        .limit(limit)
        .cte("chosen")
    )
    row = {
        "subscription_id": literal(subscription_id, Uuid),
        "position": chosen.c.position,
        "subject": chosen.c.subject,
        "status": literal(Status.PENDING.value, Text),
        "due_at": literal(now, deliveries.c.due_at.type),
        "attempts": literal(0, Integer),
        "planned_at": literal(now, deliveries.c.planned_at.type),
    }
    planned = (
        upsert(deliveries)
        .from_select(list(row), select(*row.values()).select_from(chosen))
        .on_conflict_do_update(
            index_elements=["subscription_id", "position"],
            set_={"status": Status.PENDING.value, "due_at": now, "attempts": 0, "concluded_at": None},
            where=or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= now),
        )
        .returning(deliveries.c.position)
        .cte("planned")
    )
    found = select(chosen.c.id).add_cte(planned).order_by(chosen.c.position)
    return [row.id for row in await tx.execute(found)]
