"""The relay: moves the outbox to Kafka, in order, each event at least once.

One relay per database leads, by an advisory lock on its own connection; the others stand by and take over
when that connection ends. Several concurrent relays that skip locked rows break the order within an
aggregate; sharding would keep it, but one leader moves more events per second than a country has.

The leader is woken by the commit itself when it lives in the committing process, by NOTIFY from a standby's
process otherwise, and by a slow poll if both should fail. NOTIFY is sent after the commit and not in it,
because PostgreSQL lets only one transaction at a time commit with a notification.
"""

import asyncio
from typing import Any, cast

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy.engine import make_url

from shared.clock import Clock
from shared.db import Database
from shared.events import Envelope
from shared.kafka import new_producer
from shared.settings import KafkaSettings

_LEADER_LOCK = 0x4D6F7463  # "Motc"; advisory locks are per database
_CHANNEL = "outbox"
_BATCH = 2000
_POLL_SECONDS = 1.0
_RETRY_SECONDS = 0.5

_UNSENT = """
    SELECT position, id, aggregatetype, aggregateid, type, payload, sequence, occurred_at, traceparent
    FROM outbox WHERE sent_at IS NULL ORDER BY position LIMIT $1
"""
_MARK_SENT = "UPDATE outbox SET sent_at = $2 WHERE position = ANY($1::bigint[]) AND sent_at IS NULL"

log = structlog.get_logger()


class Relay:
    """Moves one database's outbox to Kafka until it is cancelled.

    Args:
        schemas: the address under which event schemas answer, for `dataschema`.
        prefix: the reverse-DNS prefix of event types.
    """

    def __init__(
        self, database: Database, kafka: KafkaSettings, clock: Clock, *, prefix: str, schemas: str
    ) -> None:
        self._database = database
        self._kafka = kafka
        self._clock = clock
        self._prefix = prefix
        self._schemas = schemas
        self.leading = False
        self.running = False

    async def run(self) -> None:
        """Stand by, lead, and start over after any failure of PostgreSQL or Kafka."""
        while True:
            try:
                await self._stand_by_and_lead()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError) as error:
                log.warning("relay.interrupted", reason=repr(error))
            finally:
                self.leading = self.running = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def _stand_by_and_lead(self) -> None:
        connection = await _connect(self._database.url)
        try:
            self.running = True
            woken = self._database.outbox_filled
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LEADER_LOCK):
                if await _wait(woken):
                    woken.clear()
                    await connection.execute(f"NOTIFY {_CHANNEL}")
            await connection.add_listener(_CHANNEL, lambda *_: woken.set())
            self.leading = True
            log.info("relay.leads")
            async with new_producer(self._kafka) as producer:
                while True:
                    woken.clear()
                    while await self._send_batch(connection, producer) == _BATCH:
                        pass
                    await _wait(woken)
        finally:
            connection.terminate()

    async def _send_batch(self, connection: Any, producer: AIOKafkaProducer) -> int:
        rows = await connection.fetch(_UNSENT, _BATCH)
        if rows:
            await asyncio.gather(*[await self._send(producer, row) for row in rows])
            await connection.execute(_MARK_SENT, [row["position"] for row in rows], self._clock.now())
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, row: Any) -> Any:
        envelope = Envelope(
            id=row["id"],
            type=row["type"],
            topic=row["aggregatetype"],
            subject=row["aggregateid"],
            sequence=row["sequence"],
            time=row["occurred_at"],
            data={},
            traceparent=row["traceparent"],
        )
        return await producer.send(
            envelope.topic,
            key=str(envelope.subject).encode(),
            value=cast("str", row["payload"]).encode(),
            headers=envelope.kafka_headers(self._prefix, self._schemas),
        )


async def announce(database: Database) -> None:
    """Where a process has no relay of its own: tell the leader, wherever it is, of each commit."""
    while True:
        try:
            connection = await _connect(database.url)
            try:
                while True:
                    if await _wait(database.outbox_filled):
                        database.outbox_filled.clear()
                        await connection.execute(f"NOTIFY {_CHANNEL}")
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("announcer.interrupted", reason=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)


async def _connect(url: str) -> Any:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(
        plain, timeout=10, command_timeout=30, server_settings={"application_name": "motcua-relay"}
    )


async def _wait(woken: asyncio.Event) -> bool:
    """Wait to be woken, or for the slow poll; tells which."""
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            await woken.wait()
    except TimeoutError:
        return False
    return True
