"""The figures by which an operator sees whether events move."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY

from shared.clock import SetClock
from shared.events.procedures import CASE_TOPIC
from shared.ids import new_id
from shared.kafka import dead_letters_of
from shared.testing import eventually


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_is_sent_handled_and_buried_is_counted(backbone: Any) -> None:
    topic, group = CASE_TOPIC.name, backbone.group
    dead = dead_letters_of(CASE_TOPIC, group).name
    sent = figure("outbox_sent_total", topic=topic)
    bad, good = new_id(), new_id()
    backbone.failures[bad] = [ValueError("refused by the test")] * 4
    async with backbone.running(backbone.relay().run(), backbone.consumer().run()):
        await backbone.put(backbone.submitted(bad, 1), *(backbone.submitted(good, n) for n in (1, 2)))
        await eventually(lambda: figure("events_handled_total", group=group, topic=topic) == 3)
        assert figure("relay_leading") == 1
        assert figure("outbox_sent_total", topic=topic) - sent == 3
        assert figure("dead_letters_total", topic=dead) == 1
        assert figure("events_handled_seconds_count", group=group) == 3
        assert 0 < figure("events_handled_seconds_sum", group=group) < 60
    assert figure("relay_leading") == 0


async def test_an_event_that_kafka_does_not_take_grows_old_in_the_relays_hand(
    backbone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, taking = SetClock(backbone.now), asyncio.Event()
    send_batch = AIOKafkaProducer.send_batch

    async def held(*given: Any, **named: Any) -> Any:
        await taking.wait()
        return await send_batch(*given, **named)

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", held)
    async with backbone.running(backbone.relay(clock).run()):
        await backbone.put(backbone.submitted(new_id(), 1))
        clock.advance(timedelta(seconds=7))
        await eventually(lambda: figure("outbox_oldest_unsent_seconds") == 7)
        taking.set()
        await eventually(lambda: figure("outbox_oldest_unsent_seconds") == 0)
