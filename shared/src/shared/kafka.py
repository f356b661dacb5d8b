"""Kafka as the services use it: connection options, topics, a producer that keeps order."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, ProducerClosed, TopicAlreadyExistsError, for_code

from shared.events import Topic
from shared.settings import KafkaSettings

_RETRY_SECONDS = 0.5
_DAY_MS = 24 * 60 * 60 * 1000

log = structlog.get_logger()


def connection_options(settings: KafkaSettings) -> dict[str, Any]:
    """The options that all aiokafka clients take, from the settings."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
    }
    if settings.security_protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
        if settings.ssl_certfile:
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile)
        options["ssl_context"] = context
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = (
            settings.sasl_password.get_secret_value() if settings.sasl_password else None
        )
    return options


@asynccontextmanager
async def new_producer(settings: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that neither loses, doubles nor reorders within a partition while it lives.

    It tries again until Kafka has taken what it was given, however long that takes. What was not awaited when
    the block ends may be lost.
    """
    producer = AIOKafkaProducer(
        **connection_options(settings),
        enable_idempotence=True,
        acks="all",
        request_timeout_ms=10_000,
        retry_backoff_ms=50,
        max_batch_size=512 * 1024,  # of the 1 MiB that a broker takes
        linger_ms=0,
    )
    try:
        await producer.start()
        yield producer
    finally:
        # Left to itself it would stop only when all is sent, so never while Kafka is away.
        if sender := producer._sender.sender_task:
            sender.cancel()
            await asyncio.wait([sender])
            producer._message_accumulator.fail_all(ProducerClosed())
        await producer.stop()


@asynccontextmanager
async def new_consumer(
    settings: KafkaSettings, *topics: str, **options: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that begins with the oldest record and commits when it is told to."""
    consumer = AIOKafkaConsumer(
        *topics,
        **connection_options(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        # The partitions of a member that was killed wait this long for another.
        session_timeout_ms=6_000,
        heartbeat_interval_ms=2_000,
        **options,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def dead_letters_of(topic: Topic, group: str) -> Topic:
    """The topic for what `group` could not handle of `topic`."""
    return Topic(
        f"{topic.name}.{group}.dlq", f"What {group} could not handle", partitions=1, retention_days=90
    )


async def ensure_topics(settings: KafkaSettings, topics: Sequence[Topic]) -> None:
    """Create the topics that are missing, with the partitions and retention they declare.

    Waits for Kafka for as long as it takes to answer.
    """
    while True:
        try:
            return await create_missing(settings, topics)
        except (KafkaError, OSError) as error:
            log.warning("kafka.not_reached", servers=settings.bootstrap_servers, reason=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)


async def create_missing(settings: KafkaSettings, topics: Sequence[Topic]) -> None:
    """Create the topics that are missing.

    Raises:
        KafkaError: Kafka does not answer, or refuses.
    """
    admin = AIOKafkaAdminClient(**connection_options(settings))
    try:
        await admin.start()
        present = set(await admin.list_topics())
        missing = [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions,
                replication_factor=settings.replication_factor,
                topic_configs={
                    "retention.ms": str(topic.retention_days * _DAY_MS),
                    # What was taken outlives the loss of any one broker, and writing goes on without it.
                    "min.insync.replicas": str(max(1, settings.replication_factor - 1)),
                },
            )
            for topic in topics
            if topic.name not in present
        ]
        if not missing:
            return
        response = await admin.create_topics(missing)
        for name, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name} could not be created")
    finally:
        await admin.close()
