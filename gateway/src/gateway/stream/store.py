"""The event log: every offered event, in the order in which its readers see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Concern, Sight, concern_of
from gateway.tables import gateway_events as events
from shared.events import EVENT_TYPES, Envelope
from shared.events.audience import OFFERED

WAKE_CHANNEL = "gateway_events"
_ORDER_LOCK = 0x4D6F7465  # "Mote"; advisory locks are per database
_PRUNED = 5000


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with its place in the log."""

    position: int
    envelope: Envelope

    @property
    def concern(self) -> Concern:
        return concern_of(self.envelope.topic, self.envelope.type, self.envelope.data)


async def append(tx: AsyncConnection, envelope: Envelope, now: datetime) -> int | None:
    """Put an event at the end of the log; its position, or None when it is there already.

    Writers take turns, by a lock that is held until they commit, so positions become visible in their order
    and a reader that has seen one has seen all before it. A sequence alone would not do: a transaction may
    commit after another that drew a later number. Readers are woken by the same transaction; that costs no
    more, as PostgreSQL lets only one transaction at a time commit with a notification.
    """
    turn = select(
        func.pg_advisory_xact_lock(_ORDER_LOCK).label("held"), func.pg_notify(WAKE_CHANNEL, "").label("woken")
    ).cte("turn")
    columns = {name: literal(value, events.c[name].type) for name, value in _values(envelope, now).items()}
    # The identity is drawn when the one row of `turn` has come, and so behind the lock.
    statement = (
        insert(events)
        .from_select(list(columns), select(*columns.values()).select_from(turn))
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(events.c.position)
    )
    position: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return position


def _values(envelope: Envelope, now: datetime) -> dict[str, Any]:
    concern = concern_of(envelope.topic, envelope.type, envelope.data)
    return {
        "id": envelope.id,
        "topic": envelope.topic,
        "type": envelope.type,
        "subject": envelope.subject,
        "sequence": envelope.sequence,
        "occurred_at": envelope.time,
        "data": dict(envelope.data),
        "traceparent": envelope.traceparent,
        "agency": concern.agency,
        "procedure": concern.procedure,
        "person": concern.person,
        "client": concern.client,
        "recorded_at": now,
    }


async def position_of(connection: AsyncConnection, event_id: UUID) -> int | None:
    """The position of an event, or None when the log does not hold it."""
    found = await connection.execute(select(events.c.position).where(events.c.id == event_id))
    position: int | None = found.scalar_one_or_none()
    return position


async def last_position(connection: AsyncConnection) -> int:
    """The position of the newest event; 0 when there is none."""
    found = await connection.execute(select(func.coalesce(func.max(events.c.position), 0)))
    position: int = found.scalar_one()
    return position


async def read(
    connection: AsyncConnection,
    *,
    after: int,
    until: int | None = None,
    sight: Sight | None = None,
    interest: Interest | None = None,
    limit: int,
) -> list[LoggedEvent]:
    """The events of `(after, until]` in order, `limit` at most; those seen and asked for where this is given."""
    statement = select(events).where(events.c.position > after).order_by(events.c.position).limit(limit)
    if until is not None:
        statement = statement.where(events.c.position <= until)
    if sight is not None and interest is not None:
        statement = statement.where(covered(sight), wanted(interest))
    return [logged(row) for row in await connection.execute(statement)]


def covered(sight: Sight) -> ColumnElement[bool]:
    """`Sight.covers` as a condition on the log."""
    topics = sorted(sight.topics)
    confined = [topic for topic in topics if OFFERED[topic].scope is not None]
    own = [topic for topic in topics if OFFERED[topic].client is not None]
    conditions = [
        events.c.topic.in_(topics),
        or_(events.c.topic.not_in(own), events.c.client == sight.client),
    ]
    if sight.agency is not None:
        conditions.append(or_(events.c.topic.not_in(confined), events.c.agency == sight.agency))
    if sight.person is not None:
        conditions.append(or_(events.c.topic.not_in(confined), events.c.person == sight.person))
    return and_(*conditions)


def wanted(interest: Interest) -> ColumnElement[bool]:
    """`Interest.wants` as a condition on the log."""
    conditions = [events.c.type.in_(interest.types_among(EVENT_TYPES))]
    if interest.agencies:
        conditions.append(events.c.agency.in_(interest.agencies))
    if interest.procedures:
        conditions.append(events.c.procedure.in_(interest.procedures))
    return and_(*conditions)


def logged(row: Row[Any]) -> LoggedEvent:
    """The event in a row that has the columns of the log."""
    envelope = Envelope(
        id=row.id,
        type=row.type,
        topic=row.topic,
        subject=row.subject,
        sequence=row.sequence,
        time=row.occurred_at,
        data=row.data,
        traceparent=row.traceparent,
    )
    return LoggedEvent(row.position, envelope)


async def forget(tx: AsyncConnection, *, before: datetime) -> int:
    """Drop some of the events recorded before an instant, with their deliveries; returns how many."""
    oldest = (
        select(events.c.position)
        .where(events.c.recorded_at < before)
        .order_by(events.c.position)
        .limit(_PRUNED)
        .scalar_subquery()
    )
    return (await tx.execute(delete(events).where(events.c.position.in_(oldest)))).rowcount
