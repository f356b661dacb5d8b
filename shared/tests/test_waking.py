"""The relay is woken by what is committed, in whichever process, and takes much at a time.

The slow poll that stands behind the waking is out of the way here: what waits for it waits too long.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer

from shared.db import Database
from shared.events.procedures import CASE_TOPIC
from shared.ids import new_id
from shared.relay import announce
from shared.testing import eventually


@pytest.fixture(autouse=True)
def no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.relay._POLL_SECONDS", 3600.0)


@pytest.fixture
async def elsewhere(backbone: Any) -> AsyncIterator[Database]:
    """The same database as another process has it."""
    database = Database(backbone.database.url, pool_size=2)
    yield database
    await database.close()


async def test_a_commit_wakes_the_relay_of_its_own_process(backbone: Any) -> None:
    case, relay = new_id(), backbone.relay()
    async with backbone.running(relay.run(), backbone.consumer().run()):
        await eventually(lambda: relay.leading)
        await each_takes_effect_before_the_next(backbone, case, backbone.database)


async def test_a_commit_beside_a_standing_by_relay_wakes_the_one_that_leads(
    backbone: Any, elsewhere: Database
) -> None:
    case, leader, standby = new_id(), backbone.relay(), backbone.relay(database=elsewhere)
    async with backbone.running(leader.run(), backbone.consumer().run()):
        await eventually(lambda: leader.leading)
        async with backbone.running(standby.run()):
            await eventually(lambda: standby.running)
            await each_takes_effect_before_the_next(backbone, case, elsewhere)
            assert not standby.leading


async def test_a_commit_in_a_process_without_a_relay_wakes_the_one_that_leads(
    backbone: Any, elsewhere: Database
) -> None:
    case, leader = new_id(), backbone.relay()
    async with backbone.running(leader.run(), backbone.consumer().run(), announce(elsewhere)):
        await eventually(lambda: leader.leading)
        await each_takes_effect_before_the_next(backbone, case, elsewhere)


async def test_what_is_queued_leaves_in_batches(backbone: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [new_id() for _ in range(100)]
    await backbone.put(*(backbone.submitted(case, sequence) for sequence in range(1, 11) for case in cases))
    sizes: list[int] = []
    send_batch = AIOKafkaProducer.send_batch

    async def counted(producer: Any, batch: Any, *where: Any, **named: Any) -> Any:
        sizes.append(batch.record_count())
        return await send_batch(producer, batch, *where, **named)

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", counted)
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        for case in cases:
            await eventually(lambda case=case: has_all(backbone, case, 10))
    assert sum(sizes) == 1000
    assert len(sizes) <= CASE_TOPIC.partitions
    assert [await backbone.effects_of(case) for case in cases] == [list(range(1, 11))] * len(cases)


async def each_takes_effect_before_the_next(backbone: Any, case: UUID, database: Database) -> None:
    for number in range(1, 6):
        await backbone.put(backbone.submitted(case, number), database=database)
        await eventually(lambda number=number: has_all(backbone, case, number))


async def has_all(backbone: Any, case: UUID, number: int) -> bool:
    return await backbone.effects_of(case) == list(range(1, number + 1))
