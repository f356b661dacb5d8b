"""Dead letters: read them with their reasons, and send them to their consumer again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from shared.events import Topic
from shared.kafka import create_missing, dead_letters_of, new_consumer, new_producer
from shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be handled, and why."""

    topic: str
    offset: int
    event_id: str
    event_type: str
    subject: str
    reason: str


async def dead_letters(settings: KafkaSettings, topics: tuple[Topic, ...], group: str) -> list[DeadLetter]:
    """The dead letters of `group` that were not sent again yet, oldest first."""
    return [_described(record) async for record in _waiting(settings, topics, group, take=False)]


async def send_again(settings: KafkaSettings, topics: tuple[Topic, ...], group: str) -> int:
    """Put the waiting dead letters back on their topics and return their number.

    Each keeps its id: what had taken effect after all is dropped by the inbox. All listeners of the topic
    see it once more, and drop it in the same way.
    """
    count = 0
    async with new_producer(settings) as producer:
        async for record in _waiting(settings, topics, group, take=True):
            headers = [(name, value) for name, value in record.headers if not name.startswith("dlq_")]
            origin = record.topic.removesuffix(f".{group}.dlq")
            await producer.send_and_wait(origin, key=record.key, value=record.value, headers=headers)
            count += 1
    return count


async def _waiting(
    settings: KafkaSettings, topics: tuple[Topic, ...], group: str, *, take: bool
) -> AsyncIterator[ConsumerRecord[Any, Any]]:
    """Records between what was sent again before (a committed offset) and the end; `take` moves on."""
    dead = [dead_letters_of(topic, group) for topic in topics]
    await create_missing(settings, dead)  # of a listener that never ran
    async with new_consumer(settings, group_id=f"{group}.dead-letters") as consumer:
        partitions = [TopicPartition(topic.name, 0) for topic in dead]
        consumer.assign(partitions)
        kept = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            position = max(await consumer.committed(partition) or 0, kept[partition])
            consumer.seek(partition, position)
            while position < ends[partition]:
                record = await consumer.getone(partition)
                yield record
                position = record.offset + 1
                if take:
                    await consumer.commit({partition: position})


def _described(record: ConsumerRecord[Any, Any]) -> DeadLetter:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    return DeadLetter(
        topic=record.topic,
        offset=record.offset,
        event_id=headers.get("ce_id", ""),
        event_type=headers.get("ce_type", ""),
        subject=headers.get("ce_subject", ""),
        reason=headers.get("dlq_reason", ""),
    )
