"""Events from commit to listener: how soon one at a time, how many a second when they have queued up.

    python -m tests.bench.backbone

The service's side (commits and relay, in one process as `python -m <service>` has them) is this process; the
listener of the first row is another one. PostgreSQL with fsync on and Apache Kafka run on the same machine.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from sqlalchemy import text

from launcher.kafka import new_kafka
from launcher.postgres import Postgres
from launcher.processes import free_port
from shared import outbox
from shared.clock import SystemClock
from shared.db import Database, new_metadata
from shared.events import Envelope
from shared.events.procedures import CASE_TOPIC, CaseSubmitted
from shared.ids import new_id
from shared.inbox import inbox_table
from shared.kafka import ensure_topics, new_producer
from shared.outbox import outbox_table
from shared.relay import Relay
from shared.settings import KafkaSettings
from shared.testing import eventually
from tests.bench.table import Goal, Row, as_text

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PREFIX, SCHEMAS = "vn.motcua", "http://127.0.0.1:8000/schemas/events"
RATE, WARM_UP, TIMED = 200, 200, 2000
P99_MS = 15.0
QUEUED, CASES, ROUNDS = 20_000, 500, 3
DRAIN_GOAL = Goal(0.5)
GROUP = "events"

metadata = new_metadata()
outbox_table(metadata)
inbox_table(metadata)


@dataclass(frozen=True)
class Servers:
    """A PostgreSQL and a Kafka of this bench's own."""

    postgres: Postgres
    kafka: KafkaSettings

    @asynccontextmanager
    async def database(self, name: str) -> AsyncIterator[Database]:
        """A new database with an outbox and an inbox."""
        database = Database(self.postgres.create_database(name))
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield database
        await database.close()

    def relay(self, database: Database) -> Relay:
        return Relay(database, self.kafka, SystemClock(), prefix=PREFIX, schemas=SCHEMAS)


def rows() -> list[Row]:
    """Commit to listener, and the relay's drain beside a bare producer."""
    with servers() as here:
        return asyncio.run(_rows(here))


async def _rows(here: Servers) -> list[Row]:
    await ensure_topics(here.kafka, [CASE_TOPIC])
    return [await _latency(here), await _drain(here)]


@contextmanager
def servers() -> Iterator[Servers]:
    """PostgreSQL and Kafka in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = Postgres(folder / "postgres", port=free_port())
        kafka = new_kafka(folder / "kafka", port=free_port(), controller_port=free_port(), say=print)
        try:
            postgres.start()
            kafka.start()
            yield Servers(postgres, KafkaSettings(bootstrap_servers=kafka.bootstrap_servers))
        finally:
            kafka.kill()
            postgres.stop()


def submitted(subject: UUID, sequence: int) -> Envelope:
    event = CaseSubmitted(
        code="H99.01-260105-0001",
        procedure="TP01",
        version=1,
        agency="H99.01",
        applicant=str(subject),
        status="submitted",
    )
    return event.envelope(subject=subject, sequence=sequence, at=NOW)


async def _latency(here: Servers) -> Row:
    async with here.database("producing") as database, here.database("listening") as listening:
        listener = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.listener", listening.url, here.kafka.bootstrap_servers,
            str(WARM_UP + TIMED), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert listener.stdout is not None
        relay = here.relay(database)
        relaying = asyncio.create_task(relay.run())
        await listener.stdout.readline()  # it listens
        await eventually(lambda: relay.leading)
        committed = await _commit_steadily(database)
        handled = {}
        while line := await listener.stdout.readline():
            event, at = line.split()
            handled[UUID(event.decode())] = float(at)
        await listener.wait()
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
    waits = [(handled[event] - at) * 1000 for event, at in committed[WARM_UP:]]
    p50, p99 = median(waits), quantiles(waits, n=100)[98]
    note = f"p50 {p50:.1f} ms, at {RATE} events/s, fsync on"
    return Row(
        GROUP,
        "commit to listener, p99",
        f"{p99:.1f} ms",
        f"{P99_MS:.0f} ms",
        p99 / P99_MS,
        Goal(1.0, at_most=True),
        note,
    )


async def _commit_steadily(database: Database) -> list[tuple[UUID, float]]:
    """Commit one event in each of many transactions, at a steady rate; when each commit returned."""
    committed: list[tuple[UUID, float]] = []

    async def commit(envelope: Envelope) -> None:
        async with database.transaction() as tx:
            await outbox.add(tx, envelope)
        committed.append((envelope.id, time.monotonic()))

    start = time.monotonic()
    tasks = []
    for number in range(WARM_UP + TIMED):
        await asyncio.sleep(start + number / RATE - time.monotonic())
        tasks.append(asyncio.create_task(commit(submitted(new_id(), 1))))
    await asyncio.gather(*tasks)
    return committed


async def _drain(here: Servers) -> Row:
    async with here.database("draining") as database:
        relay = here.relay(database)
        relaying = asyncio.create_task(relay.run())
        await eventually(lambda: relay.leading)
        pairs = [(await _drained(database), await _sent_bare(here.kafka)) for _ in range(ROUNDS)]
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
    ratio = median(ours / bare for ours, bare in pairs)
    ours, bare = (median(pair[side] for pair in pairs) for side in (0, 1))
    note = f"{QUEUED:,} events of {CASES} cases; median of {ROUNDS} rounds"
    return Row(
        GROUP, "relay, drain", f"{ours:,.0f}/s", f"bare producer {bare:,.0f}/s", ratio, DRAIN_GOAL, note
    )


def _queue() -> list[Envelope]:
    cases = [new_id() for _ in range(CASES)]
    return [submitted(cases[number % CASES], number // CASES + 1) for number in range(QUEUED)]


async def _drained(database: Database) -> float:
    """Events per second from the commit of all of them to the mark on the last."""
    async with database.transaction() as tx:
        await outbox.add(tx, *_queue())
    start = time.monotonic()
    unsent = text("SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL)")

    async def done() -> Any:
        async with database.reading() as tx:
            return not (await tx.execute(unsent)).scalar_one()

    await eventually(done, seconds=120)
    return QUEUED / (time.monotonic() - start)


async def _sent_bare(kafka: KafkaSettings) -> float:
    """Events per second of a producer with the same options that only sends what lies ready."""
    import orjson

    records = [
        {
            "key": str(envelope.subject).encode(),
            "value": orjson.dumps(envelope.data),
            "headers": envelope.kafka_headers(PREFIX, SCHEMAS),
        }
        for envelope in _queue()
    ]
    async with new_producer(kafka) as producer:
        await producer.partitions_for(CASE_TOPIC.name)
        start = time.monotonic()
        await asyncio.gather(*[await producer.send(CASE_TOPIC.name, **record) for record in records])
        return QUEUED / (time.monotonic() - start)


if __name__ == "__main__":
    print(as_text(rows()))
