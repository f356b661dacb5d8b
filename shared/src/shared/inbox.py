"""The inbox: an event takes effect once, however often it comes.

A consumer handles what one poll brought in one transaction: inbox rows and effects together, then the
Kafka offsets. When any event of the batch fails, the batch is rolled back and its events are handled one by
one; the one that keeps failing goes to `<topic>.<group>.dlq` with its reason, and can be sent again. The events
after it take effect before it then, so a handler that keeps a copy of something compares `envelope.sequence`.
While the database is away nothing is given up: the batch waits.

When the partitions move in the middle of a batch, two members may have the same events. Each has them in order
and without a gap, and whoever comes second to an inbox row waits there until the first has committed or rolled
back; so the order holds, and nothing takes effect twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from sqlalchemy import Column, DateTime, MetaData, Table, Uuid
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import Clock
from shared.db import Database, is_transient
from shared.events import Envelope, Event, event_class
from shared.kafka import dead_letters_of, new_consumer, new_producer
from shared.metrics import DEAD_LETTERS, HANDLED, HANDLED_SECONDS
from shared.settings import KafkaSettings
from shared.spans import span

Handler = Callable[[AsyncConnection, Envelope, Any], Awaitable[None]]
"""`async def handler(tx, envelope, event)`: `event` is the typed data of the envelope."""

Handlers = Mapping[type[Event], Handler]
"""Which handler is told of which event class."""

_ATTEMPTS = 3
_BATCH = 200
_RETRY_SECONDS = 0.5

log = structlog.get_logger()


def inbox_table(metadata: MetaData) -> Table:
    """Add the inbox to a service's tables."""
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("handled_at", DateTime(timezone=True), nullable=False),
    )


_INBOX = inbox_table(MetaData())


class Consumer:
    """Listens to the topics of the handled event classes as the consumer group `group`."""

    def __init__(
        self,
        database: Database,
        kafka: KafkaSettings,
        clock: Clock,
        *,
        group: str,
        handlers: Handlers,
        prefix: str,
    ) -> None:
        self._database = database
        self._kafka = kafka
        self._clock = clock
        self.group = group
        self._handlers = {event.type: handler for event, handler in handlers.items()}
        self._prefix = prefix
        self.topics = tuple(sorted({event.topic for event in handlers}, key=lambda topic: topic.name))
        self._topics = {topic.name: topic for topic in self.topics}
        self.running = False

    async def run(self) -> None:
        """Listen until cancelled; start over after any failure, be it of Kafka or our own."""
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("consumer.interrupted", group=self.group, reason=repr(error))
            finally:
                self.running = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        async with (
            new_consumer(
                self._kafka,
                *self._topics,
                group_id=self.group,
                fetch_max_wait_ms=self._kafka.fetch_max_wait_ms,
                max_poll_records=_BATCH,
                metadata_max_age_ms=30_000,
            ) as consumer,
            new_producer(self._kafka) as dead_letters,
        ):
            self.running = True
            while True:
                polled = await consumer.getmany(timeout_ms=1000, max_records=_BATCH)
                records = [record for batch in polled.values() for record in batch]
                if records:
                    await self._handle(records, dead_letters)
                    self._count(records)
                    await self._commit(consumer, polled)

    def _count(self, records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        now = self._clock.now().timestamp()
        for record in records:
            HANDLED.labels(self.group, record.topic).inc()
            HANDLED_SECONDS.labels(self.group).observe(now - record.timestamp / 1000)

    async def _commit(
        self,
        consumer: AIOKafkaConsumer,
        polled: Mapping[TopicPartition, Sequence[ConsumerRecord[Any, Any]]],
    ) -> None:
        try:
            await consumer.commit({partition: batch[-1].offset + 1 for partition, batch in polled.items()})
        except (CommitFailedError, IllegalStateError) as error:
            log.info("consumer.partitions_moved", group=self.group, reason=repr(error))

    async def _handle(
        self, records: Sequence[ConsumerRecord[Any, Any]], dead_letters: AIOKafkaProducer
    ) -> None:
        """Let all of them take effect or be buried, however long the database is away."""
        while True:
            try:
                return await self._handle_together(records, dead_letters)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("consumer.waits", group=self.group, reason=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)

    async def _handle_together(
        self, records: Sequence[ConsumerRecord[Any, Any]], dead_letters: AIOKafkaProducer
    ) -> None:
        try:
            async with self._database.transaction() as tx:
                for record in records:
                    await self._take_effect(tx, record)
        except Exception as error:
            if is_transient(error):
                raise
            log.info("consumer.batch_failed", group=self.group, reason=repr(error), records=len(records))
            for record in records:
                await self._handle_alone(record, dead_letters)

    async def _handle_alone(self, record: ConsumerRecord[Any, Any], dead_letters: AIOKafkaProducer) -> None:
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                async with self._database.transaction() as tx:
                    await self._take_effect(tx, record)
            except Exception as error:
                if is_transient(error):
                    raise
                reason = f"{type(error).__name__}: {error}"
            else:
                return
        await self._bury(record, reason, dead_letters)

    async def _take_effect(self, tx: AsyncConnection, record: ConsumerRecord[Any, Any]) -> None:
        envelope = Envelope.from_kafka(record.topic, record.headers, record.value, self._prefix)
        handler = self._handlers.get(envelope.type)
        known = event_class(envelope.type)
        if handler is None or known is None:
            return
        first = await tx.execute(
            insert(_INBOX)
            .values(event_id=envelope.id, handled_at=self._clock.now())
            .on_conflict_do_nothing()
            .returning(_INBOX.c.event_id)
        )
        if first.one_or_none() is None:
            return
        attributes = {
            "messaging.system": "kafka",
            "messaging.destination.name": record.topic,
            "messaging.consumer.group.name": self.group,
            "messaging.message.id": str(envelope.id),
        }
        with span(f"process {envelope.type}", SpanKind.CONSUMER, envelope.traceparent, attributes):
            try:
                event = known.model_validate(envelope.data)
            except ValidationError as error:
                raise ValueError(f"data does not fit {envelope.type}: {error}") from error
            await handler(tx, envelope, event)

    async def _bury(
        self, record: ConsumerRecord[Any, Any], reason: str, dead_letters: AIOKafkaProducer
    ) -> None:
        topic = dead_letters_of(self._topics[record.topic], self.group).name
        log.error("consumer.dead_letter", topic=topic, reason=reason, offset=record.offset)
        await dead_letters.send_and_wait(
            topic,
            key=record.key,
            value=record.value,
            headers=[
                *record.headers,
                ("dlq_reason", reason.encode()[:2000]),
                ("dlq_attempts", str(_ATTEMPTS).encode()),
                ("dlq_offset", f"{record.partition}:{record.offset}".encode()),
            ],
        )
        DEAD_LETTERS.labels(topic).inc()
