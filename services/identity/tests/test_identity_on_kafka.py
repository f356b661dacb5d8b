"""Identity with its relay and consumer on a real Kafka: its events leave, and cases' events arrive."""

import asyncio
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from httpx import AsyncClient

from identity.app import create_app
from shared.events import Envelope
from shared.events.identity import PersonRegistered
from shared.events.procedures import CaseSubmitted
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import Tokens, client_of, eventually, free_port

_CASE = new_id()


async def test_a_registration_is_published_and_a_case_is_told_to_its_applicant_once(
    kafka: Any, own_ground: Any, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in kafka.environment.items():
        monkeypatch.setenv(name, value)
    settings = own_ground.app.state.identity.settings.model_copy(
        update={"jwks_url": f"http://127.0.0.1:{free_port()}"}
    )
    app = create_app(settings, KafkaSettings(), clock=own_ground.clock)
    async with app.router.lifespan_context(app), client_of(app) as browser:
        person = await _register(browser)
        published = await _published(kafka, settings.event_type_prefix)
        assert (published.type, str(published.subject)) == (PersonRegistered.type, person["id"])
        await eventually(lambda: app.state.consumer.running, seconds=60, what="identity listens")
        first, later = (_submitted(own_ground, person["id"]) for _ in range(2))
        await _send(kafka, first, settings.event_type_prefix, times=3)
        await _send(kafka, later, settings.event_type_prefix)
        app.state.verifier.use_keys(tokens.keys)
        own = tokens.bearer("identity:notifications:read", subject=person["id"])

        async def told() -> list[str]:
            answer = await browser.get("/identity/v1/notifications", headers=own)
            assert answer.status_code == 200, answer.text
            return [message["id"] for message in answer.json()["items"]]

        async def later_is_told() -> bool:
            return str(later.id) in await told()

        await eventually(later_is_told, seconds=60, what="the applicant is told of the later event")
        assert await told() == [str(later.id), str(first.id)]


def _submitted(ground: Any, applicant: str) -> Envelope:
    """An event of the one case that this test knows."""
    return CaseSubmitted(
        code="000.00.01.H99-260302-0001",
        procedure="1.000001",
        version=1,
        agency="000.00.01.H99",
        applicant=applicant,
        status="submitted",
    ).envelope(subject=_CASE, sequence=1, at=ground.clock.now())


async def _register(browser: AsyncClient) -> dict[str, Any]:
    sent = {"accountName": f"p-{new_id()}", "password": "một mật khẩu đủ dài", "fullName": "Người Dân"}
    answer = await browser.post("/identity/v1/people", json=sent)
    assert answer.status_code == 201, answer.text
    person: dict[str, Any] = answer.json()
    return person


async def _published(kafka: Any, prefix: str) -> Envelope:
    """The first event of people, as a listener reads it."""
    topic = PersonRegistered.topic.name
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        record = await asyncio.wait_for(consumer.getone(), 60)
        return Envelope.from_kafka(topic, record.headers, record.value, prefix)


async def _send(kafka: Any, envelope: Envelope, prefix: str, *, times: int = 1) -> None:
    """Put an event on its topic, as a relay that repeats itself would."""
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for _ in range(times):
            await producer.send_and_wait(
                envelope.topic,
                key=str(envelope.subject).encode(),
                value=orjson.dumps(envelope.data),
                headers=envelope.kafka_headers(prefix, "http://127.0.0.1/schemas"),
            )
