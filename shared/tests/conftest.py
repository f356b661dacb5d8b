"""One service's way from its outbox to the effect of an event, on a real PostgreSQL and a real Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from sqlalchemy import Column, Integer, Table, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import outbox
from shared.clock import Clock, SystemClock
from shared.db import Database, new_metadata
from shared.events import Envelope
from shared.events.procedures import CASE_TOPIC, CaseSubmitted, CaseWithdrawn
from shared.ids import new_id
from shared.inbox import Consumer, inbox_table
from shared.kafka import dead_letters_of, ensure_topics, new_consumer
from shared.outbox import outbox_table
from shared.relay import Relay
from shared.settings import KafkaSettings

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

metadata = new_metadata()
outbox_table(metadata)
inbox_table(metadata)
seen = Table(
    "seen",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("subject", Uuid, nullable=False),
    Column("sequence", Integer, nullable=False),
)


@dataclass
class Backbone:
    """One service's database with a relay and a listener, as processes have them."""

    database: Database
    kafka: KafkaSettings
    group: str
    failures: dict[UUID, list[Exception]] = field(default_factory=dict)
    """What the handler raises at each meeting with an event of the case, until there is none left."""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, the handler waits."""
    met: int = 0
    now: datetime = NOW
    """When all that is told here occurred."""

    def relay(self, clock: Clock | None = None, *, database: Database | None = None, **limits: int) -> Relay:
        """A relay, as of this process or of another one with connections of its own."""
        return Relay(
            database or self.database,
            self.kafka,
            clock or SystemClock(),
            prefix="vn.motcua",
            schemas="http://gateway.test/schemas/events",
            **limits,
        )

    def consumer(self) -> Consumer:
        async def remember(tx: AsyncConnection, envelope: Envelope, _: Any) -> None:
            self.met += 1
            await self.open.wait()
            if failures := self.failures.get(envelope.subject):
                raise failures.pop()
            await tx.execute(insert(seen).values(subject=envelope.subject, sequence=envelope.sequence))

        return Consumer(
            self.database,
            self.kafka,
            SystemClock(),
            group=self.group,
            handlers={CaseSubmitted: remember, CaseWithdrawn: remember},
            prefix="vn.motcua",
        )

    @asynccontextmanager
    async def running(self, *works: Any) -> AsyncIterator[list[asyncio.Task[None]]]:
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def submitted(self, subject: UUID, sequence: int, agency: str = "H99.01", at: datetime = NOW) -> Envelope:
        """That a case was submitted, which the listener takes note of."""
        event = CaseSubmitted(
            code="H99.01-260105-0001",
            procedure="TP01",
            version=1,
            agency=agency,
            applicant="someone",
            status="submitted",
        )
        return event.envelope(subject=subject, sequence=sequence, at=at)

    async def put(self, *envelopes: Envelope, database: Database | None = None) -> None:
        async with (database or self.database).transaction() as tx:
            await outbox.add(tx, *envelopes)

    async def effects_of(self, subject: UUID) -> list[int]:
        query = select(seen.c.sequence).where(seen.c.subject == subject).order_by(seen.c.position)
        async with self.database.reading() as tx:
            return [row.sequence for row in await tx.execute(query)]


@pytest.fixture
async def backbone(postgres: Any, kafka: Any) -> AsyncIterator[Backbone]:
    group = f"test-{new_id().hex[-8:]}"
    database = Database(postgres.create_database(f"backbone_{group[-8:]}"))
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    await ensure_topics(settings, [CASE_TOPIC, dead_letters_of(CASE_TOPIC, group)])
    await begin_at_the_end(settings, group)
    backbone = Backbone(database, settings, group)
    backbone.open.set()
    yield backbone
    await database.close()


async def begin_at_the_end(settings: KafkaSettings, group: str) -> None:
    """Let the group meet nothing of what other tests sent."""
    partitions = [TopicPartition(CASE_TOPIC.name, number) for number in range(CASE_TOPIC.partitions)]
    async with new_consumer(settings, group_id=group) as consumer:
        consumer.assign(partitions)
        await consumer.commit(await consumer.end_offsets(partitions))
