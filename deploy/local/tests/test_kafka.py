"""The Kafka that the launcher runs: Apache Kafka, and what stands in where it cannot be fetched."""

import asyncio
import socket
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from launcher.errors import LauncherError
from launcher.jars import kafka_jars
from launcher.kafka import ApacheKafka, Kafka, MemoryKafka, new_kafka
from launcher.processes import LOOPBACK, free_port


async def create_topic(servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def send(servers: str, topic: str, words: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, words)


async def receive(servers: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=servers, auto_offset_reset="earliest", fetch_max_wait_ms=5
    )
    async with asyncio.timeout(30), consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def test_a_topic_is_made_by_who_needs_it_never_by_who_mistypes_it(kafka: Kafka) -> None:
    await create_topic(kafka.bootstrap_servers, "made")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.describe_topics(["mistyped"])
        assert "mistyped" not in await admin.list_topics()
        assert "made" in await admin.list_topics()
    finally:
        await admin.close()


@pytest.mark.kill
async def test_what_was_sent_survives_a_crash(kafka: Kafka) -> None:
    servers = kafka.bootstrap_servers
    await create_topic(servers, "crashing")
    await send(servers, "crashing", b"before")
    before = kafka.process.pid
    kafka.kill()
    kafka.restart()
    assert kafka.process.pid != before
    assert kafka.bootstrap_servers == servers
    await send(servers, "crashing", b"after")
    assert await receive(servers, "crashing", 2) == [b"before", b"after"]


def test_a_taken_port_is_one_line_that_names_the_setting(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        broker = ApacheKafka(tmp_path / "kafka", jars=tmp_path, port=port, controller_port=free_port())
        with pytest.raises(LauncherError, match=f"^Port {port}.*MOTCUA_KAFKA_PORT[^\n]*$"):
            broker.start()


def test_a_broker_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    broker = ApacheKafka(tmp_path / "kafka", jars=tmp_path, port=free_port(), controller_port=free_port())
    with pytest.raises(LauncherError, match=r"^Kafka's storage .* could not be formatted: [^\n]*$"):
        broker.start()


async def test_without_the_repository_events_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTCUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MOTCUA_MAVEN_URL", f"http://{LOOPBACK}:{free_port()}")
    said: list[str] = []
    broker = new_kafka(tmp_path / "kafka", port=free_port(), controller_port=free_port(), say=said.append)

    assert isinstance(broker, MemoryKafka)
    assert not broker.durable
    assert "cannot be reached" in said[-1]
    broker.start()
    try:
        await send(broker.bootstrap_servers, "remembered", b"for now")
        assert await receive(broker.bootstrap_servers, "remembered", 1) == [b"for now"]
        assert broker.environment["KAFKA_BOOTSTRAP_SERVERS"] == broker.bootstrap_servers
    finally:
        broker.stop()


async def test_a_jar_that_is_not_the_locked_one_is_never_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nother")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    cache = tmp_path / "cache"
    async with await asyncio.start_server(answer, LOOPBACK, 0) as repository:
        port = repository.sockets[0].getsockname()[1]
        monkeypatch.setenv("MOTCUA_CACHE", str(cache))
        monkeypatch.setenv("MOTCUA_MAVEN_URL", f"http://{LOOPBACK}:{port}")
        with pytest.raises(LauncherError, match="is not the jar that was locked"):
            await asyncio.to_thread(kafka_jars, lambda _: None)
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("MOTCUA_CACHE", str(file))
    with pytest.raises(LauncherError, match=r"^The cache .* cannot be written [^\n]*MOTCUA_CACHE[^\n]*$"):
        kafka_jars(lambda _: None)


def test_a_cluster_id_that_begins_with_a_dash_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_bytes", lambda count: b"\xf8" + bytes(count - 1))  # "-AAAA…"
    jars = kafka_jars(lambda _: None)
    broker = ApacheKafka(tmp_path / "kafka", jars=jars, port=free_port(), controller_port=free_port())
    broker.launch()
    broker.kill()
    assert "cluster.id=-AAAA" in (tmp_path / "kafka" / "data" / "meta.properties").read_text()
