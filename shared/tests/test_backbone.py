"""Outbox → relay → Kafka → inbox, on a real PostgreSQL and a real Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from sqlalchemy import Column, Integer, Table, Uuid, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from shared import dead_letters, outbox
from shared.clock import Clock, SetClock, SystemClock
from shared.db import Database, new_metadata
from shared.events import Envelope
from shared.events.procedures import CASE_TOPIC, CaseSubmitted, CaseWithdrawn
from shared.ids import new_id
from shared.inbox import Consumer, inbox_table
from shared.kafka import connection_options, dead_letters_of, ensure_topics, new_consumer
from shared.outbox import outbox_table
from shared.relay import Relay
from shared.settings import KafkaSettings
from shared.testing import eventually

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


def submitted(subject: UUID, sequence: int, agency: str = "H99.01") -> Envelope:
    event = CaseSubmitted(
        code="H99.01-260105-0001",
        procedure="TP01",
        version=1,
        agency=agency,
        applicant="someone",
        status="submitted",
    )
    return event.envelope(subject=subject, sequence=sequence, at=NOW)


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

    def relay(self, clock: Clock | None = None) -> Relay:
        clock = clock or SystemClock()
        return Relay(self.database, self.kafka, clock, prefix="vn.motcua", schemas="http://x/schemas")

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

    async def put(self, *envelopes: Envelope) -> None:
        async with self.database.transaction() as tx:
            await outbox.add(tx, *envelopes)

    async def effects_of(self, subject: UUID) -> list[int]:
        query = select(seen.c.sequence).where(seen.c.subject == subject).order_by(seen.c.position)
        async with self.database.reading() as tx:
            return [row.sequence for row in await tx.execute(query)]


@asynccontextmanager
async def running(*works: Any) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


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


async def test_an_event_of_a_committed_transaction_takes_effect_once(backbone: Backbone) -> None:
    case = new_id()
    async with running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(submitted(case, 1))
        await eventually(lambda: backbone.effects_of(case))
        again = await outbox_again(backbone)
        assert again == 1
        await backbone.put(submitted(case, 2))
        await eventually(lambda: has(backbone, case, 2))
    assert await backbone.effects_of(case) == [1, 2]


async def outbox_again(backbone: Backbone) -> int:
    async with backbone.database.transaction() as tx:
        return await outbox.send_again(tx, since=NOW, until=NOW + timedelta(seconds=1))


async def has(backbone: Backbone, case: UUID, sequence: int) -> bool:
    return sequence in await backbone.effects_of(case)


async def test_an_event_of_a_rolled_back_transaction_is_never_told(backbone: Backbone) -> None:
    undone, done = new_id(), new_id()

    async def roll_back() -> None:
        async with backbone.database.transaction() as tx:
            await outbox.add(tx, submitted(undone, 1))
            raise RuntimeError("the work failed")

    async with running(backbone.relay().run(), backbone.consumer().run()):
        with pytest.raises(RuntimeError):
            await roll_back()
        await backbone.put(submitted(done, 1))
        await eventually(lambda: backbone.effects_of(done))
    assert await backbone.effects_of(undone) == []


async def test_three_relays_keep_the_order_of_each_case(backbone: Backbone) -> None:
    cases = [new_id() for _ in range(20)]
    async with running(*(backbone.relay().run() for _ in range(3)), backbone.consumer().run()):
        for sequence in range(1, 31):
            await backbone.put(*(submitted(case, sequence) for case in cases))
        for case in cases:
            await eventually(lambda case=case: has(backbone, case, 30))
    for case in cases:
        assert await backbone.effects_of(case) == list(range(1, 31))


async def test_a_standby_takes_over_when_the_leader_ends(backbone: Backbone) -> None:
    case = new_id()
    leader, standby = backbone.relay(), backbone.relay()
    async with running(backbone.consumer().run(), leader.run()) as tasks:
        await eventually(lambda: leader.leading)
        async with running(standby.run()):
            await backbone.put(submitted(case, 1))
            tasks[1].cancel()
            await eventually(lambda: standby.leading)
            await backbone.put(submitted(case, 2))
            await eventually(lambda: has(backbone, case, 2))
    assert await backbone.effects_of(case) == [1, 2]


async def test_what_cannot_be_handled_waits_as_a_dead_letter_and_can_be_sent_again(
    backbone: Backbone,
) -> None:
    bad, good = new_id(), new_id()
    backbone.failures[bad] = [ValueError("refused by the test")] * 4
    async with running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(submitted(bad, 1), submitted(good, 1))
        await eventually(lambda: backbone.effects_of(good))
        [letter] = await eventually(lambda: letters(backbone))
        assert letter.subject == str(bad)
        assert letter.reason == "ValueError: refused by the test"
        assert await dead_letters.send_again(backbone.kafka, (CASE_TOPIC,), backbone.group) == 1
        await eventually(lambda: backbone.effects_of(bad))
    assert await letters(backbone) == []


async def letters(backbone: Backbone) -> list[dead_letters.DeadLetter]:
    return await dead_letters.dead_letters(backbone.kafka, (CASE_TOPIC,), backbone.group)


async def test_an_event_whose_data_fit_no_column_does_not_hold_up_the_others(backbone: Backbone) -> None:
    bad, good = new_id(), new_id()
    async with running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(submitted(bad, 2**40), submitted(good, 1))
        await eventually(lambda: backbone.effects_of(good))
        [letter] = await eventually(lambda: letters(backbone))
    assert letter.subject == str(bad)


async def test_no_event_is_given_up_while_the_database_is_away(backbone: Backbone) -> None:
    case = new_id()
    away = asyncpg.CannotConnectNowError("the database system is starting up")
    backbone.failures[case] = [away] * 5
    async with running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(submitted(case, 1))
        await eventually(lambda: backbone.effects_of(case))
    assert await letters(backbone) == []


async def test_dead_letters_that_kafka_no_longer_keeps_are_passed_over(backbone: Backbone) -> None:
    old, new = new_id(), new_id()
    backbone.failures |= {case: [ValueError("refused by the test")] * 4 for case in (old, new)}
    async with running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(submitted(old, 1))
        await eventually(lambda: letters(backbone))
        await forget_first_letter(backbone)
        assert await letters(backbone) == []
        await backbone.put(submitted(new, 1))
        [letter] = await eventually(lambda: letters(backbone))
    assert letter.subject == str(new)


async def forget_first_letter(backbone: Backbone) -> None:
    admin = AIOKafkaAdminClient(**connection_options(backbone.kafka))
    await admin.start()
    partition = TopicPartition(dead_letters_of(CASE_TOPIC, backbone.group).name, 0)
    await admin.delete_records({partition: RecordsToDelete(before_offset=1)})
    await admin.close()


async def test_a_member_goes_on_when_partitions_move_in_the_middle_of_its_batch(backbone: Backbone) -> None:
    cases = [new_id() for _ in range(20)]
    first, second = backbone.consumer(), backbone.consumer()
    backbone.open.clear()
    with capture_logs() as logs:
        async with running(backbone.relay().run(), first.run()):
            await backbone.put(*(submitted(case, 1) for case in cases))
            await eventually(lambda: backbone.met)
            async with running(second.run()):
                await eventually(lambda: backbone.met > 1)  # the second has taken over partitions
                backbone.open.set()
                await backbone.put(*(submitted(case, 2) for case in cases))
                for case in cases:
                    await eventually(lambda case=case: has(backbone, case, 2))
    assert [await backbone.effects_of(case) for case in cases] == [[1, 2]] * len(cases)
    assert "consumer.interrupted" not in [line["event"] for line in logs]


async def test_an_event_that_kafka_would_not_take_is_refused_at_once(backbone: Backbone) -> None:
    huge = submitted(new_id(), 1, agency="H" * 600_000)
    with pytest.raises(ValueError, match="larger than"):
        await backbone.put(huge)


async def test_a_leader_that_loses_its_connection_breaks_no_order(backbone: Backbone) -> None:
    cases = [new_id() for _ in range(20)]
    relays = [backbone.relay() for _ in range(3)]
    async with running(*(relay.run() for relay in relays), backbone.consumer().run()):
        for sequence in range(1, 61):
            await backbone.put(*(submitted(case, sequence) for case in cases))
            if sequence % 20 == 0:
                await cut_off_leader(backbone)
        for case in cases:
            await eventually(lambda case=case: has(backbone, case, 60))
    assert [await backbone.effects_of(case) for case in cases] == [list(range(1, 61))] * len(cases)


async def cut_off_leader(backbone: Backbone) -> None:
    leaders = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
    )

    async def cut() -> Any:
        async with backbone.database.transaction() as tx:
            return (await tx.execute(leaders)).scalar_one()

    await eventually(cut)


async def test_what_was_sent_long_ago_is_forgotten(backbone: Backbone) -> None:
    old, new = new_id(), new_id()
    clock = SetClock(NOW)
    relay = backbone.relay(clock)
    async with running(relay.run(), backbone.consumer().run()):
        await backbone.put(submitted(old, 1))
        await eventually(lambda: all_sent(backbone))
        clock.advance(timedelta(days=31))
        await backbone.put(submitted(new, 1))
        await eventually(lambda: forgotten(backbone))
    assert await backbone.effects_of(old) == [1]


async def all_sent(backbone: Backbone) -> bool:
    return await count(backbone, "outbox WHERE sent_at IS NULL") == 0


async def forgotten(backbone: Backbone) -> bool:
    return await count(backbone, "outbox") == 1


async def count(backbone: Backbone, what: str) -> Any:
    async with backbone.database.reading() as tx:
        return (await tx.execute(select(func.count()).select_from(text(what)))).scalar_one()
