"""The whole service, on a real Kafka: cases come in as events, and a version goes out as one."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr

from open_data.app import create_app
from open_data.settings import Settings
from shared.events import Envelope
from shared.events.open_data import DATASET_TOPIC, DatasetPublished
from shared.events.procedures import CASE_TOPIC, CaseAccepted, CaseDecided
from shared.ids import new_id
from shared.kafka import ensure_topics, new_producer
from shared.settings import KafkaSettings
from shared.testing import client_of, eventually

PREFIX = "vn.motcua"


def _decided_case(day: Callable[..., datetime]) -> list[Envelope]:
    told = {"code": "H99.01-260105-0001", "procedure": "TP01", "version": 1, "agency": "H99.01"}
    told |= {"applicant": str(new_id()), "due_at": day(1, 20)}
    case_id = new_id()
    return [
        CaseAccepted(**told, status="accepted").envelope(subject=case_id, sequence=2, at=day(1, 5)),
        CaseDecided(**told, status="decided", outcome="granted").envelope(
            subject=case_id, sequence=3, at=day(1, 9)
        ),
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
    bus = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    envelopes = _decided_case(day)
    await _send(bus, [*envelopes, *envelopes])
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
        rows = "/open-data/v1/datasets/on-time-processing/versions/1.2/rows?fields=received,decided,onTime"

        async def answered() -> Any:
            answer = await client.get(rows)
            return answer if answer.status_code == 200 else None

        answer = await eventually(answered, what="version 1.2")
        assert answer.json()["items"] == [{"received": 1, "decided": 1, "onTime": 1}]
        event = await _next(told)
        while event.data["version"] != "1.2":
            event = await _next(told)
        assert (event.type, event.data["rows"]) == (DatasetPublished.type, 1)


async def _next(told: Any) -> Envelope:
    record = await told.getone()
    return Envelope.from_kafka(record.topic, record.headers, record.value, PREFIX)
