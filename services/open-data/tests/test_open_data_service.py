"""The whole service, on a real Kafka: cases come in as events, and a version goes out as one."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr
from sqlalchemy import select

from open_data.app import create_app
from open_data.settings import Settings
from open_data.tables import case_facts
from shared.events import Envelope
from shared.events.open_data import DATASET_TOPIC, DatasetPublished
from shared.events.procedures import CASE_TOPIC, CaseAccepted, CaseClosed, CaseDecided
from shared.ids import new_id
from shared.kafka import ensure_topics, new_producer
from shared.settings import KafkaSettings
from shared.testing import client_of, eventually

PREFIX = "vn.motcua"
DATASET = "/open-data/v1/datasets/on-time-processing"


def _case(procedure: str, day: Callable[..., datetime]) -> list[Envelope]:
    """Accepted, decided and closed."""
    told = {"code": "H99.01-260105-0001", "procedure": procedure, "version": 1, "agency": "H99.01"}
    told |= {"applicant": str(new_id()), "due_at": day(1, 20)}
    ended = {"outcome": "granted", "received_at": day(1, 5), "decided_at": day(1, 9)}
    case_id = new_id()
    return [
        CaseAccepted(**told, status="accepted").envelope(subject=case_id, sequence=2, at=day(1, 5)),
        CaseDecided(**told, status="decided", outcome="granted").envelope(
            subject=case_id, sequence=3, at=day(1, 9)
        ),
        CaseClosed(**told, **ended, status="closed").envelope(subject=case_id, sequence=4, at=day(1, 10)),
    ]


async def _send(kafka: KafkaSettings, envelopes: list[Envelope]) -> None:
    await ensure_topics(kafka, [CASE_TOPIC])
    async with new_producer(kafka) as producer:
        for envelope in envelopes:
            await producer.send_and_wait(
                envelope.topic,
                key=str(envelope.subject).encode(),
                value=orjson.dumps(envelope.data),
                headers=envelope.kafka_headers(PREFIX, "http://schemas.test"),
            )


async def test_a_case_that_comes_twice_becomes_one_version_that_others_are_told_of(
    database: Any, database_url: str, tmp_path: Path, kafka: Any, day: Callable[..., datetime]
) -> None:
    """Others put cases on the same topics, so only the figures of a procedure of its own are looked at."""
    bus = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    procedure = f"TP-{new_id().hex[-12:].upper()}"
    accepted, decided, closed = _case(procedure, day)
    await _send(bus, [accepted, decided, accepted, decided, closed])
    settings = Settings(database_url=SecretStr(database_url), store=tmp_path / "lake", publish_seconds=0.1)
    app = create_app(settings, bus)
    async with (
        app.router.lifespan_context(app),
        client_of(app) as client,
        AIOKafkaConsumer(
            DATASET_TOPIC.name,
            bootstrap_servers=bus.bootstrap_servers,
            auto_offset_reset="earliest",
            metadata_max_age_ms=500,
        ) as told,
    ):
        query = {"procedure": procedure, "fields": "received,decided,onTime,closed"}

        async def counted() -> Any:
            """The page of the first version that knows of the last event."""
            page = (await client.get(f"{DATASET}/versions/latest/rows", params=query)).json()
            return page if page.get("items") and page["items"][0]["closed"] else None

        page = await eventually(counted, seconds=60, what="the case is closed in a version")
        assert page["items"] == [{"received": 1, "decided": 1, "onTime": 1, "closed": 1}]
        async with database.reading() as connection:
            events = await connection.execute(select(case_facts.c.events).filter_by(procedure=procedure))
            assert events.scalar_one() == 3
        version = (await client.get(f"{DATASET}/versions/{page['version']}")).json()
        event = await _next(told)
        while event.data.get("sha256") != version["sha256"]:
            event = await _next(told)
        assert event.type == DatasetPublished.type
        assert (event.data["version"], event.data["rows"]) == (version["number"], version["rows"])


async def _next(told: Any) -> Envelope:
    record = await told.getone()
    return Envelope.from_kafka(record.topic, record.headers, record.value, PREFIX)
