"""Processes that die in the middle leave all or nothing, and what they did is not done again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from participation.consultations.announcements import tell_all_due
from participation.consultations.operations import Official, draft_consultation, publish_consultation
from participation.consultations.schemas import ConsultationDraft
from shared.clock import SystemClock
from shared.db import Database
from shared.events import Envelope
from shared.events.participation import PROCESS_TOPIC
from shared.events.procedures import CASE_TOPIC
from shared.ids import new_id
from shared.kafka import connection_options, ensure_topics, new_producer
from shared.settings import KafkaSettings
from shared.testing import eventually, free_port

MIGRATIONS = Path(__file__).parents[1] / "migrations"
pytestmark = pytest.mark.kill

_DIES = """
import asyncio, os, signal, sys
from datetime import datetime
from uuid import UUID
from participation.consultations.announcements import tell_all_due
from participation.ratings.operations import rate_case
from shared.db import Database

async def work(tx, now):
    {work}

async def main():
    async with Database(sys.argv[1], pool_size=1).transaction() as tx:
        await work(tx, datetime.fromisoformat(sys.argv[2]))
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def die_before_commit(world: Any, work: str) -> None:
    """Do `work` in a process of its own, which is killed between its last statement and the commit."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DIES.format(work=work), world.database.url, world.clock.now().isoformat()
    )
    assert await process.wait() == -signal.SIGKILL


async def test_a_rating_whose_process_died_left_nothing_and_can_be_given(world: Any) -> None:
    case_id = await world.close_case("unlucky")
    await die_before_commit(
        world,
        f"await rate_case(tx, now, case_id=UUID('{case_id}'), applicant='unlucky', score=1, reason=None, days=30)",
    )
    assert await world.told("participation.feedback.v1") == []
    path = f"/participation/v1/cases/{case_id}/rating"
    rated = await world.http.post(path, json={"score": 5}, headers=world.rater("unlucky"))
    assert rated.status_code == 201
    (event,) = await world.told("participation.feedback.v1")
    assert event.payload["score"] == 5


async def test_an_opening_whose_teller_died_is_told_once_by_the_next(world: Any) -> None:
    await world.consultation(opens_in=1)
    world.clock.advance(timedelta(days=1))
    await die_before_commit(world, "assert await tell_all_due(tx, now) > 0")
    assert await world.told(PROCESS_TOPIC.name) == []
    for _ in range(2):
        async with world.database.transaction() as tx:
            await tell_all_due(tx, world.clock.now())
    (opened,) = await world.told(PROCESS_TOPIC.name)
    assert opened.type == "participation.process.opened.v1"


@asynccontextmanager
async def running(url: str, kafka: Any) -> AsyncIterator[None]:
    """A whole participation process; killed at the end, whatever it is doing."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "participation",
        env={
            **os.environ,
            **kafka.environment,
            "PARTICIPATION_DATABASE_URL": url,
            "PARTICIPATION_PORT": str(free_port()),
            "PARTICIPATION_JWKS_URL": f"http://127.0.0.1:{free_port()}",
            "PARTICIPATION_ANNOUNCE_EVERY_SECONDS": "0.05",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_processes_that_are_killed_invite_and_tell_once(
    migrated_database: Callable[[str, Path], str], kafka: Any, new_draft: Any, case_closed: Any
) -> None:
    url = migrated_database("participation_killed", MIGRATIONS)
    settings = KafkaSettings(
        **{name.removeprefix("KAFKA_").lower(): text for name, text in kafka.environment.items()}
    )
    await ensure_topics(settings, [CASE_TOPIC, PROCESS_TOPIC])
    now, database, case_id = SystemClock().now(), Database(url, pool_size=2), new_id()
    closing = case_closed("someone").envelope(subject=case_id, sequence=1, at=now)
    invitations = (
        f"rating_invitations WHERE case_id = '{case_id}'"  # cases of other tests are closed on this Kafka too
    )

    async with running(url, kafka):
        await send(settings, closing, closing)
        await eventually(lambda: count(database, invitations), what="an invitation")
        await publish_due(database, new_draft(now), now, 20)
        await eventually(lambda: count(database, "outbox"), what="a first opening")
    async with running(url, kafka), running(url, kafka):
        await send(settings, closing)
        await publish_due(database, new_draft(now), now, 20)
        openings = await received(settings, 40)
    assert await count(database, "outbox") == 40
    assert (
        len({envelope.id for envelope in openings}) == len({envelope.subject for envelope in openings}) == 40
    )
    assert await count(database, invitations) == 1
    await database.close()


async def send(kafka: KafkaSettings, *envelopes: Envelope) -> None:
    """Put events on their topics, as another service's relay does."""
    async with new_producer(kafka) as producer:
        for envelope in envelopes:
            await producer.send_and_wait(
                envelope.topic,
                key=str(envelope.subject).encode(),
                value=orjson.dumps(envelope.data),
                headers=envelope.kafka_headers("vn.motcua", "/schemas/events"),
            )


async def publish_due(database: Database, body: dict[str, Any], now: datetime, number: int) -> None:
    """Publish consultations yesterday that open today: the timer has to tell of them."""
    draft = ConsultationDraft.model_validate(body).draft()
    yesterday, official = now - timedelta(days=1), Official("someone", "H99.01")
    for _ in range(number):
        async with database.transaction() as tx:
            consultation = await draft_consultation(tx, yesterday, official, draft)
            await publish_consultation(tx, yesterday, official, consultation.id, lambda _: None)


async def received(kafka: KafkaSettings, number: int) -> list[Envelope]:
    """What stands on the topic of processes, once it is about so many consultations."""
    envelopes: list[Envelope] = []
    topic = PROCESS_TOPIC.name
    async with (
        AIOKafkaConsumer(topic, **connection_options(kafka), auto_offset_reset="earliest") as consumer,
        asyncio.timeout(60),
    ):
        while len({envelope.subject for envelope in envelopes}) < number:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                envelopes += [
                    Envelope.from_kafka(topic, record.headers, record.value, "vn.motcua")
                    for record in records
                ]
    return envelopes


async def count(database: Database, rows: str) -> int:
    async with database.reading() as tx:
        number: int = (await tx.execute(text(f"SELECT count(*) FROM {rows}"))).scalar_one()
        return number
