"""The outbox: events leave in the transaction that made them true.

The table has the columns of Debezium's outbox event router (`id, aggregatetype, aggregateid, type,
payload`), with `aggregatetype` holding the topic, so a large installation can put Debezium in place of
`shared.relay` and touch no service.

Order: an aggregate's writers are serialised by its row lock, so `position` rises with the aggregate's
`sequence`. Positions of different aggregates may become visible out of order, which is why a row is marked
when it was sent instead of remembering how far one has read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    insert,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import OUTBOX_MARK
from shared.events import Envelope

_LARGEST_BYTES = (
    512 * 1024
)  # half of what a broker takes: PostgreSQL puts spaces in, dead letters carry reasons


def outbox_table(metadata: MetaData) -> Table:
    """Add the outbox to a service's tables."""
    table = Table(
        "outbox",
        metadata,
        Column("position", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False),
        Column("aggregatetype", Text, nullable=False),
        Column("aggregateid", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("traceparent", Text),
        Column("sent_at", DateTime(timezone=True)),
    )
    Index("outbox_unsent_idx", table.c.position, postgresql_where=table.c.sent_at.is_(None))
    return table


def row_of(envelope: Envelope) -> Mapping[str, Any]:
    """The outbox row of an event.

    Raises:
        ValueError: its data is so large that Kafka would not take it, and nothing behind it would leave.
    """
    payload = orjson.dumps(envelope.data)
    if len(payload) > _LARGEST_BYTES:
        raise ValueError(f"the data of {envelope.type} is larger than {_LARGEST_BYTES} bytes")
    return {
        "id": envelope.id,
        "aggregatetype": envelope.topic,
        "aggregateid": envelope.subject,
        "type": envelope.type,
        "payload": payload.decode(),
        "sequence": envelope.sequence,
        "occurred_at": envelope.time,
        "traceparent": envelope.traceparent,
    }


async def add(tx: AsyncConnection, *envelopes: Envelope) -> None:
    """Put events into the outbox of the transaction's database. The caller holds the aggregate's row lock."""
    if envelopes:
        await tx.execute(_ADD, [row_of(envelope) for envelope in envelopes])
        mark_filled(tx)


def mark_filled(tx: AsyncConnection) -> None:
    """Tell that a statement of this transaction wrote outbox rows itself, so that the relay is woken."""
    tx.info[OUTBOX_MARK] = True


async def send_again(
    tx: AsyncConnection, *, since: datetime, until: datetime, aggregate: Any = None, topic: str | None = None
) -> int:
    """Mark what occurred in `[since, until)` as not sent, so that the relay sends it again, ids unchanged.

    Returns how many events will go out; listeners that had them drop them by id.
    """
    conditions = [
        _OUTBOX.c.occurred_at >= since,
        _OUTBOX.c.occurred_at < until,
        _OUTBOX.c.sent_at.is_not(None),
    ]
    if aggregate is not None:
        conditions.append(_OUTBOX.c.aggregateid == aggregate)
    if topic is not None:
        conditions.append(_OUTBOX.c.aggregatetype == topic)
    result = await tx.execute(update(_OUTBOX).where(and_(*conditions)).values(sent_at=None))
    mark_filled(tx)
    return result.rowcount


# The same columns wherever the outbox stands; each service's own metadata holds its twin for migrations.
_OUTBOX = outbox_table(MetaData())
_ADD = insert(_OUTBOX).values(payload=cast(bindparam("payload", type_=Text), JSONB))
