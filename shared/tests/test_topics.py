"""Topics: declared in code, and on the broker as they are declared."""

import re
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.events import EVENT_TYPES, TOPICS, Topic
from shared.ids import new_id
from shared.kafka import connection_options, dead_letters_of, ensure_topics
from shared.settings import KafkaSettings
from shared.testing import eventually

_DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def settings(kafka: Any) -> KafkaSettings:
    if not kafka.durable:
        pytest.skip("the in-memory broker makes topics by itself and cannot describe them")
    return KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)


def own(topic: Topic) -> Topic:
    """The topic under a name of this test's own."""
    return replace(topic, name=f"{topic.name}.{new_id().hex[-8:]}")


async def described(settings: KafkaSettings, topics: list[Topic]) -> dict[str, tuple[int, dict[str, str]]]:
    """Partitions and configuration of each topic, as the broker tells them once it knows of them."""
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await admin.start()
    names = [topic.name for topic in topics]

    async def told() -> dict[str, tuple[int, dict[str, str]]] | None:
        partitions = {
            topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(names)
        }
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found = [
            resource for answer in await admin.describe_configs(resources) for resource in answer.resources
        ]
        configs = {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in found}
        known = all(partitions[name] and configs[name] for name in names)
        return {name: (partitions[name], configs[name]) for name in names} if known else None

    try:
        answer: dict[str, tuple[int, dict[str, str]]] = await eventually(told)
    finally:
        await admin.close()
    return answer


async def test_topics_are_made_with_the_partitions_and_the_retention_that_they_declare(
    settings: KafkaSettings,
) -> None:
    topics = [own(topic) for topic in TOPICS]
    await ensure_topics(settings, topics)
    made = await described(settings, topics)
    for topic in topics:
        partitions, config = made[topic.name]
        assert partitions == topic.partitions
        assert config["retention.ms"] == str(topic.retention_days * _DAY_MS)
        assert config["min.insync.replicas"] == "1"


async def test_a_dead_letter_topic_keeps_its_letters_for_a_quarter_in_one_partition(
    settings: KafkaSettings,
) -> None:
    dead = dead_letters_of(own(TOPICS[0]), "someone")
    await ensure_topics(settings, [dead])
    partitions, config = (await described(settings, [dead]))[dead.name]
    assert (partitions, config["retention.ms"]) == (1, str(90 * _DAY_MS))


async def test_topics_that_are_there_stay_as_they_are(settings: KafkaSettings) -> None:
    topic = own(TOPICS[0])
    await ensure_topics(settings, [topic])
    await ensure_topics(settings, [replace(topic, partitions=topic.partitions + 1), own(TOPICS[1])])
    assert (await described(settings, [topic]))[topic.name][0] == topic.partitions


def test_each_topic_is_one_aggregate_and_one_major_version_of_its_owner() -> None:
    for name, event in EVENT_TYPES.items():
        service, aggregate, fact, version = name.split(".")
        assert event.topic.name == f"{service}.{aggregate}.{version}"
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", fact)
        assert event.__module__.startswith(f"shared.events.{service.replace('-', '_')}")
