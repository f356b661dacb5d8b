"""The outbox table is what Debezium's outbox event router reads, and its rows are what the relay sends."""

from typing import Any

import orjson
from sqlalchemy import text

from shared.events import Envelope
from shared.events.procedures import CASE_TOPIC
from shared.ids import new_id

# https://debezium.io/documentation/reference/stable/transformations/outbox-event-router.html: the columns that
# the router expects under their default names, and those that its `table.fields.additional.placement` can send
# along as headers.
ROUTED = {
    "id": "uuid",
    "aggregatetype": "text",
    "aggregateid": "uuid",
    "type": "text",
    "payload": "jsonb",
}
PLACED = {"sequence": "bigint", "occurred_at": "timestamp with time zone", "traceparent": "text"}


async def columns(backbone: Any) -> dict[str, str]:
    query = text("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'outbox'")
    async with backbone.database.reading() as tx:
        return {row.column_name: row.data_type for row in await tx.execute(query)}


async def test_the_table_has_the_columns_of_debeziums_outbox_event_router(backbone: Any) -> None:
    assert (await columns(backbone)).items() >= (ROUTED | PLACED).items()


async def test_a_row_alone_tells_topic_key_value_and_all_headers_that_a_listener_needs(backbone: Any) -> None:
    told = backbone.submitted(new_id(), 7)
    await backbone.put(told)
    async with backbone.database.reading() as tx:
        (row,) = (await tx.execute(text("SELECT * FROM outbox"))).all()
    assert (row.aggregatetype, row.aggregateid) == (CASE_TOPIC.name, told.subject)
    headers = [
        ("ce_id", str(row.id)),
        ("ce_type", row.type),
        ("ce_subject", str(row.aggregateid)),
        ("ce_time", row.occurred_at.isoformat()),
        ("ce_sequence", str(row.sequence)),
    ]
    routed = [(name, value.encode()) for name, value in headers]
    heard = Envelope.from_kafka(row.aggregatetype, routed, orjson.dumps(row.payload), "vn.motcua")
    assert (heard.id, heard.type, heard.subject, heard.sequence, heard.time, heard.data) == (
        told.id,
        told.type,
        told.subject,
        told.sequence,
        told.time,
        told.data,
    )
