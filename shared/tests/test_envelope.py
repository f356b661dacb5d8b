"""Events as CloudEvents: what the CloudEvents project's own library reads is what was told."""

from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.events import Envelope
from shared.events.procedures import CASE_TOPIC, CaseSubmitted
from shared.ids import new_id
from shared.testing import eventually
from shared.trace import continue_trace

PREFIX, SCHEMAS = "vn.motcua", "http://gateway.test/schemas/events"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def told(agency: str = "H99.01", sequence: int = 7) -> Envelope:
    event = CaseSubmitted(
        code="H99.01-260105-0001",
        procedure="TP01",
        version=1,
        agency=agency,
        applicant="someone",
        status="submitted",
    )
    at = datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC)
    in_trace = copy_context()
    in_trace.run(continue_trace, TRACE)
    return in_trace.run(event.envelope, subject=new_id(), sequence=sequence, at=at)


def the_same(read: Any, envelope: Envelope) -> None:
    assert read.get_specversion() == "1.0"
    assert read.get_id() == str(envelope.id)
    assert read.get_type() == "vn.motcua.procedures.case.submitted.v1"
    assert read.get_source() == "urn:motcua:procedures"
    assert read.get_subject() == str(envelope.subject)
    assert read.get_time() == envelope.time
    assert read.get_datacontenttype() == "application/json"
    assert read.get_dataschema() == f"{SCHEMAS}/procedures.case.submitted.v1"
    assert read.get_extension("sequence") == "000000000007"
    assert read.get_extension("partitionkey") == str(envelope.subject)
    assert read.get_extension("traceparent") == TRACE
    assert read.get_data() == envelope.data


async def test_a_record_on_kafka_is_a_cloudevent_in_binary_mode(backbone: Any) -> None:
    envelope = told()
    async with (
        AIOKafkaConsumer(
            CASE_TOPIC.name, bootstrap_servers=backbone.kafka.bootstrap_servers, auto_offset_reset="earliest"
        ) as consumer,
        backbone.running(backbone.relay().run()),
    ):
        await backbone.put(envelope)

        async def found() -> Any:
            polled = await consumer.getmany(timeout_ms=100)
            records = [record for batch in polled.values() for record in batch]
            return [record for record in records if record.key == str(envelope.subject).encode()]

        (record,) = await eventually(found)
    message = KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)
    the_same(from_binary_event(message), envelope)


def test_a_structured_event_is_a_cloudevent_in_json() -> None:
    envelope = told()
    read = JSONFormat().read(None, orjson.dumps(envelope.structured(PREFIX, SCHEMAS)))
    the_same(read, envelope)


@given(agency=st.text(max_size=20), sequence=st.integers(1, 10**15))
def test_what_is_written_to_kafka_is_read_back_the_same(agency: str, sequence: int) -> None:
    envelope = told(agency, sequence)
    headers, value = envelope.kafka_headers(PREFIX, SCHEMAS), orjson.dumps(envelope.data)
    assert Envelope.from_kafka(CASE_TOPIC.name, headers, value, PREFIX) == envelope


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ce_id": None}, "id"),
        ({"ce_subject": None, "ce_time": None}, "subject, time"),
        ({"ce_id": b"7"}, "UUID"),
        ({"ce_sequence": b"x"}, "invalid literal"),
        ({"ce_time": b"yesterday"}, "isoformat"),
        ({"ce_type": b"\xff"}, "utf-8"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_its_reason(
    change: dict[str, bytes | None], reason: str
) -> None:
    headers = dict(told().kafka_headers(PREFIX, SCHEMAS)) | change
    given_headers = [(name, value) for name, value in headers.items() if value is not None]
    with pytest.raises(ValueError, match=reason):
        Envelope.from_kafka(CASE_TOPIC.name, given_headers, b"{}", PREFIX)


@pytest.mark.parametrize("value", [None, b"", b"[]", b"7", b"{"])
def test_data_that_is_no_object_is_refused(value: bytes | None) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- orjson's words are its own
        Envelope.from_kafka(CASE_TOPIC.name, told().kafka_headers(PREFIX, SCHEMAS), value, PREFIX)
