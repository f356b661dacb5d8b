"""Outbox → relay → Kafka → inbox, on a real PostgreSQL and a real Kafka."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from shared import dead_letters, outbox
from shared.clock import SetClock
from shared.events.procedures import CASE_TOPIC
from shared.ids import new_id
from shared.kafka import connection_options, dead_letters_of
from shared.testing import eventually


async def test_an_event_of_a_committed_transaction_takes_effect_once(backbone: Any) -> None:
    case = new_id()
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(case, 1))
        await eventually(lambda: backbone.effects_of(case))
        again = await outbox_again(backbone)
        assert again == 1
        await backbone.put(backbone.submitted(case, 2))
        await eventually(lambda: has(backbone, case, 2))
    assert await backbone.effects_of(case) == [1, 2]


async def outbox_again(backbone: Any) -> int:
    async with backbone.database.transaction() as tx:
        return await outbox.send_again(tx, since=backbone.now, until=backbone.now + timedelta(seconds=1))


async def has(backbone: Any, case: UUID, sequence: int) -> bool:
    return sequence in await backbone.effects_of(case)


async def test_an_event_of_a_rolled_back_transaction_is_never_told(backbone: Any) -> None:
    undone, done = new_id(), new_id()

    async def roll_back() -> None:
        async with backbone.database.transaction() as tx:
            await outbox.add(tx, backbone.submitted(undone, 1))
            raise RuntimeError("the work failed")

    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        with pytest.raises(RuntimeError):
            await roll_back()
        await backbone.put(backbone.submitted(done, 1))
        await eventually(lambda: backbone.effects_of(done))
    assert await backbone.effects_of(undone) == []


async def test_three_relays_keep_the_order_of_each_case(backbone: Any) -> None:
    cases = [new_id() for _ in range(20)]
    async with backbone.running(*(backbone.relay().run() for _ in range(3)), backbone.consumer().run()):
        for sequence in range(1, 31):
            await backbone.put(*(backbone.submitted(case, sequence) for case in cases))
        for case in cases:
            await eventually(lambda case=case: has(backbone, case, 30))
    for case in cases:
        assert await backbone.effects_of(case) == list(range(1, 31))


async def test_a_standby_takes_over_when_the_leader_ends(backbone: Any) -> None:
    case = new_id()
    leader, standby = backbone.relay(), backbone.relay()
    async with backbone.running(backbone.consumer().run(), leader.run()) as tasks:
        await eventually(lambda: leader.leading)
        async with backbone.running(standby.run()):
            await backbone.put(backbone.submitted(case, 1))
            tasks[1].cancel()
            await eventually(lambda: standby.leading)
            await backbone.put(backbone.submitted(case, 2))
            await eventually(lambda: has(backbone, case, 2))
    assert await backbone.effects_of(case) == [1, 2]


async def test_what_cannot_be_handled_waits_as_a_dead_letter_and_can_be_sent_again(
    backbone: Any,
) -> None:
    bad, good = new_id(), new_id()
    backbone.failures[bad] = [ValueError("refused by the test")] * 4
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(bad, 1), backbone.submitted(good, 1))
        await eventually(lambda: backbone.effects_of(good))
        [letter] = await eventually(lambda: letters(backbone))
        assert letter.subject == str(bad)
        assert letter.reason == "ValueError: refused by the test"
        assert await dead_letters.send_again(backbone.kafka, (CASE_TOPIC,), backbone.group) == 1
        await eventually(lambda: backbone.effects_of(bad))
    assert await letters(backbone) == []


async def letters(backbone: Any) -> list[dead_letters.DeadLetter]:
    return await dead_letters.dead_letters(backbone.kafka, (CASE_TOPIC,), backbone.group)


async def test_an_event_whose_data_fit_no_column_does_not_hold_up_the_others(backbone: Any) -> None:
    bad, good = new_id(), new_id()
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(bad, 2**40), backbone.submitted(good, 1))
        await eventually(lambda: backbone.effects_of(good))
        [letter] = await eventually(lambda: letters(backbone))
    assert letter.subject == str(bad)


async def test_no_event_is_given_up_while_the_database_is_away(backbone: Any) -> None:
    case = new_id()
    away = asyncpg.CannotConnectNowError("the database system is starting up")
    backbone.failures[case] = [away] * 5
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(case, 1))
        await eventually(lambda: backbone.effects_of(case))
    assert await letters(backbone) == []


async def test_dead_letters_that_kafka_no_longer_keeps_are_passed_over(backbone: Any) -> None:
    old, new = new_id(), new_id()
    backbone.failures |= {case: [ValueError("refused by the test")] * 4 for case in (old, new)}
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(old, 1))
        await eventually(lambda: letters(backbone))
        await forget_first_letter(backbone)
        assert await letters(backbone) == []
        await backbone.put(backbone.submitted(new, 1))
        [letter] = await eventually(lambda: letters(backbone))
    assert letter.subject == str(new)


async def test_a_listener_that_never_ran_has_no_dead_letters(backbone: Any) -> None:
    nobody = f"nobody-{new_id().hex[-8:]}"
    assert await dead_letters.dead_letters(backbone.kafka, (CASE_TOPIC,), nobody) == []


async def forget_first_letter(backbone: Any) -> None:
    admin = AIOKafkaAdminClient(**connection_options(backbone.kafka))
    await admin.start()
    partition = TopicPartition(dead_letters_of(CASE_TOPIC, backbone.group).name, 0)
    await admin.delete_records({partition: RecordsToDelete(before_offset=1)})
    await admin.close()


async def test_a_member_goes_on_when_partitions_move_in_the_middle_of_its_batch(backbone: Any) -> None:
    cases = [new_id() for _ in range(20)]
    first, second = backbone.consumer(), backbone.consumer()
    backbone.open.clear()
    with capture_logs() as logs:
        async with backbone.running(backbone.relay().run(), first.run()):
            await backbone.put(*(backbone.submitted(case, 1) for case in cases))
            await eventually(lambda: backbone.met)
            async with backbone.running(second.run()):
                await eventually(lambda: has_taken_over(backbone))
                backbone.open.set()
                await backbone.put(*(backbone.submitted(case, 2) for case in cases))
                for case in cases:
                    await eventually(lambda case=case: has(backbone, case, 2))
    assert [await backbone.effects_of(case) for case in cases] == [[1, 2]] * len(cases)
    assert "consumer.interrupted" not in [line["event"] for line in logs]


async def has_taken_over(backbone: Any) -> bool:
    """Whether the second member has events in hand: in its handler, or waiting at an inbox row of the first."""
    waiting = "pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
    return backbone.met > 1 or await count(backbone, waiting) > 0


async def test_an_event_that_kafka_would_not_take_is_refused_at_once(backbone: Any) -> None:
    huge = backbone.submitted(new_id(), 1, agency="H" * 600_000)
    with pytest.raises(ValueError, match="larger than"):
        await backbone.put(huge)


async def test_a_leader_that_loses_its_connection_breaks_no_order(backbone: Any) -> None:
    cases = [new_id() for _ in range(20)]
    relays = [backbone.relay() for _ in range(3)]
    async with backbone.running(*(relay.run() for relay in relays), backbone.consumer().run()):
        for sequence in range(1, 61):
            await backbone.put(*(backbone.submitted(case, sequence) for case in cases))
            if sequence % 20 == 0:
                await cut_off_leader(backbone)
        for case in cases:
            await eventually(lambda case=case: has(backbone, case, 60))
    assert [await backbone.effects_of(case) for case in cases] == [list(range(1, 61))] * len(cases)


async def cut_off_leader(backbone: Any) -> None:
    leaders = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
    )

    async def cut() -> Any:
        async with backbone.database.transaction() as tx:
            return (await tx.execute(leaders)).scalar_one()

    await eventually(cut)


async def test_what_was_sent_long_ago_is_forgotten(backbone: Any) -> None:
    old, new = new_id(), new_id()
    clock = SetClock(backbone.now)
    relay = backbone.relay(clock, outbox_days=30)
    async with backbone.running(relay.run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(old, 1))
        await eventually(lambda: all_sent(backbone))
        clock.advance(timedelta(days=31))
        await backbone.put(backbone.submitted(new, 1))
        await eventually(lambda: forgotten(backbone))
    assert await backbone.effects_of(old) == [1]


async def test_without_a_limit_all_that_was_ever_sent_can_be_sent_again(backbone: Any) -> None:
    old, new = new_id(), new_id()
    clock = SetClock(backbone.now)
    relay = backbone.relay(clock)
    async with backbone.running(relay.run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(old, 1))
        await eventually(lambda: backbone.effects_of(old))
        clock.advance(timedelta(days=3650))
        await backbone.put(backbone.submitted(new, 1))
        await eventually(lambda: backbone.effects_of(new))
        async with backbone.database.transaction() as tx:  # another listener, or this one with nothing left
            await tx.execute(text("TRUNCATE inbox, seen"))
        assert await outbox_again(backbone) == 2
        await eventually(lambda: backbone.effects_of(old))


async def all_sent(backbone: Any) -> bool:
    return await count(backbone, "outbox WHERE sent_at IS NULL") == 0


async def forgotten(backbone: Any) -> bool:
    return await count(backbone, "outbox") == 1


async def count(backbone: Any, what: str) -> Any:
    async with backbone.database.reading() as tx:
        return (await tx.execute(select(func.count()).select_from(text(what)))).scalar_one()
