"""The relay: moves the outbox to Kafka, in order, each event at least once.

One relay per database leads, by an advisory lock on its own connection; the others stand by and take over
when that connection ends. Several concurrent relays that skip locked rows break the order within an
aggregate; sharding would keep it, but one leader moves more events per second than a country has.

A partition is given one batch of records at a time, and the next when Kafka has taken it. So whatever fails,
what a relay has put on a partition is the beginning of what it had to put there. That also holds when a
leader loses its connection while its last batches are under way: two such beginnings of the same events, in
whatever way they mix, show each event for the first time in its place; listeners drop the second.

The leader is woken by the commit itself when it lives in the committing process, by NOTIFY from a standby's
process otherwise, and by a slow poll if both should fail. NOTIFY is sent after the commit and not in it,
because PostgreSQL lets only one transaction at a time commit with a notification.

Events that were sent stay, so that any range can be sent again. Where an installation limits that, the leader
also forgets: events sent long ago, and the inbox rows of events that nothing can bring back any more.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner
from sqlalchemy.engine import make_url

from shared.clock import Clock
from shared.db import Database
from shared.events import Envelope
from shared.kafka import new_producer
from shared.metrics import LEADING, SENT, UNSENT_SECONDS
from shared.settings import KafkaSettings

_LEADER_LOCK = 0x4D6F7463  # "Motc"; advisory locks are per database
_CHANNEL = "outbox"
_BATCH = 2000
_POLL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_NOTIFY_PAUSE_SECONDS = 0.005

_UNSENT = """
    SELECT position, id, aggregatetype, aggregateid, type, payload, sequence, occurred_at, traceparent
    FROM outbox WHERE sent_at IS NULL ORDER BY position LIMIT $1
"""
_MARK_SENT = "UPDATE outbox SET sent_at = $2 WHERE position = ANY($1::bigint[]) AND sent_at IS NULL"
# The oldest rows by primary key (in the inbox a UUIDv7, so by age too), as far as they are old enough.
_FORGET_SENT = """
    DELETE FROM outbox
    WHERE position IN (SELECT position FROM outbox ORDER BY position LIMIT $2) AND sent_at < $1
"""
_FORGET_HANDLED = """
    DELETE FROM inbox
    WHERE event_id IN (SELECT event_id FROM inbox ORDER BY event_id LIMIT $2) AND handled_at < $1
"""
_FORGET_AT_ONCE = 2000
_FORGET_EVERY = timedelta(hours=1)
_SESSION = {
    "application_name": "motcua-relay",
    # A mark that is lost in a crash costs a second sending, which listeners drop.
    "synchronous_commit": "off",
    # The lock of a leader whose machine vanished is released after half a minute.
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_partition_of = DefaultPartitioner()

log = structlog.get_logger()


class Relay:
    """Moves one database's outbox to Kafka until it is cancelled.

    Args:
        schemas: the address under which event schemas answer, for `dataschema`.
        prefix: the reverse-DNS prefix of event types.
        outbox_days: how long an event can be sent again; None: always.
        inbox_days: how long an event that comes again is known; None: always.
    """

    def __init__(
        self,
        database: Database,
        kafka: KafkaSettings,
        clock: Clock,
        *,
        prefix: str,
        schemas: str,
        outbox_days: int | None = None,
        inbox_days: int | None = None,
    ) -> None:
        self._database = database
        self._kafka = kafka
        self._clock = clock
        self._prefix = prefix
        self._schemas = schemas
        limits = ((_FORGET_SENT, outbox_days), (_FORGET_HANDLED, inbox_days))
        self._old = {statement: timedelta(days=days) for statement, days in limits if days is not None}
        self._forget_next = datetime.min.replace(tzinfo=UTC)
        self._oldest_in_hand: datetime | None = None
        self.leading = False
        self.running = False

    async def run(self) -> None:
        """Stand by, lead, and start over after any failure, be it of PostgreSQL, of Kafka or our own."""
        while True:
            try:
                await self._stand_by_and_lead()
            except Exception as error:
                log.warning("relay.interrupted", reason=repr(error))
            finally:
                self._lead(False)
                self.running = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def _stand_by_and_lead(self) -> None:
        connection = await _connect(self._database.url)
        try:
            self.running = True
            woken = self._database.outbox_filled
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LEADER_LOCK):
                if await _wait(woken):
                    await _tell_leader(connection, woken)
            await connection.add_listener(_CHANNEL, lambda *_: woken.set())
            self._lead(True)
            log.info("relay.leads")
            async with new_producer(self._kafka) as producer:
                while True:
                    woken.clear()
                    while await self._send_batch(connection, producer) == _BATCH:
                        pass
                    await self._forget(connection)
                    await _wait(woken)
        finally:
            connection.terminate()

    def _lead(self, leading: bool) -> None:
        if leading or self.leading:  # a relay that only stands by does not speak for the one that leads
            LEADING.set(leading)
            UNSENT_SECONDS.set_function(self._seconds_in_hand)
        self.leading = leading
        self._oldest_in_hand = None

    def _seconds_in_hand(self) -> float:
        since = self._oldest_in_hand
        return (self._clock.now() - since).total_seconds() if since else 0.0

    async def _send_batch(self, connection: Any, producer: AIOKafkaProducer) -> int:
        rows = await connection.fetch(_UNSENT, _BATCH)
        self._oldest_in_hand = rows[0]["occurred_at"] if rows else None
        if rows:
            by_partition: dict[tuple[str, int], list[Any]] = defaultdict(list)
            for row in rows:
                by_partition[await _partition(producer, row)].append(row)
            await asyncio.gather(
                *(self._send_in_order(producer, *where, its) for where, its in by_partition.items())
            )
            await connection.execute(_MARK_SENT, [row["position"] for row in rows], self._clock.now())
            for (topic, _), its in by_partition.items():
                SENT.labels(topic).inc(len(its))
            self._oldest_in_hand = None
        return len(rows)

    async def _forget(self, connection: Any) -> None:
        """Drop what is old, once an hour, and so little at a time that no event waits for it."""
        now = self._clock.now()
        if now < self._forget_next:
            return
        dropped = {
            await connection.execute(statement, now - old, _FORGET_AT_ONCE)
            for statement, old in self._old.items()
        }
        if f"DELETE {_FORGET_AT_ONCE}" not in dropped:
            self._forget_next = now + _FORGET_EVERY

    async def _send_in_order(
        self, producer: AIOKafkaProducer, topic: str, partition: int, rows: Sequence[Any]
    ) -> None:
        batch = producer.create_batch()
        for row in rows:
            record = self._record(row)
            if batch.append(**record) is None:  # it is full
                await (await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(**record)
        await (await producer.send_batch(batch, topic, partition=partition))

    def _record(self, row: Any) -> Mapping[str, Any]:
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
        return {
            "timestamp": None,
            "key": _key(row),
            "value": cast("str", row["payload"]).encode(),
            "headers": envelope.kafka_headers(self._prefix, self._schemas),
        }


async def announce(database: Database) -> None:
    """Where a process has no relay of its own: tell the leader, wherever it is, of each commit."""
    while True:
        try:
            connection = await _connect(database.url)
            try:
                while True:
                    if await _wait(database.outbox_filled):
                        await _tell_leader(connection, database.outbox_filled)
            finally:
                connection.terminate()
        except Exception as error:
            log.warning("announcer.interrupted", reason=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)


async def _tell_leader(connection: Any, woken: asyncio.Event) -> None:
    """Of a commit at once, and of those that come close behind it together."""
    woken.clear()
    await connection.execute(f"NOTIFY {_CHANNEL}")
    await asyncio.sleep(_NOTIFY_PAUSE_SECONDS)


def _key(row: Any) -> bytes:
    return str(row["aggregateid"]).encode()


async def _partition(producer: AIOKafkaProducer, row: Any) -> tuple[str, int]:
    """Where an event goes: the partition of its aggregate, as Kafka's own clients choose it."""
    topic = row["aggregatetype"]
    partitions = sorted(await producer.partitions_for(topic))
    return topic, _partition_of(_key(row), partitions, partitions)


async def _connect(url: str) -> Any:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(plain, timeout=10, command_timeout=30, server_settings=_SESSION)


async def _wait(woken: asyncio.Event) -> bool:
    """Wait to be woken, or for the slow poll; tells which."""
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            await woken.wait()
    except TimeoutError:
        return False
    return True
