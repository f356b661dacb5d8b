"""What happens when a side is slow, stalls or leaves."""

import asyncio
import time
from pathlib import Path

from shared.testing import eventually

UNKNOWN = "/procedures/v1/anything"
ELSEWHERE = "/open-data/v1/anything"
MEGABYTE = 1 << 20


def get(path: str = UNKNOWN) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: a\r\n\r\n".encode()


def post(length: int) -> bytes:
    return f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n".encode()


async def silence(asked):
    await asyncio.Event().wait()


def forget_peak_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def memory(name: str) -> int:
    """Bytes of memory of this process: `VmRSS` now, `VmHWM` at the peak since `forget_peak_memory`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


async def test_a_large_answer_streams_through_in_little_memory(gateway, service):
    async def large(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (64 * MEGABYTE))
        for _ in range(64):
            await asked.say(bytes(MEGABYTE))

    service.behave = large
    async with gateway(service) as running, running.client() as client:
        forget_peak_memory()
        before = memory("VmRSS")
        await client.send(get())
        await client.reader.readuntil(b"\r\n\r\n")
        received = 0
        while received < 64 * MEGABYTE:
            received += len(await client.reader.read(MEGABYTE))
        grown = memory("VmHWM") - before
    assert received == 64 * MEGABYTE
    assert grown < 20 * MEGABYTE


async def test_a_large_body_streams_through_in_little_memory(gateway, service):
    received = 0

    async def count(asked):
        nonlocal received
        async for piece in asked.pieces():
            received += len(piece)
        await asked.answer()

    service.behave = count
    async with gateway(service) as running, running.client() as client:
        forget_peak_memory()
        before = memory("VmRSS")
        await client.send(post(64 * MEGABYTE))
        for _ in range(64):
            await client.send(bytes(MEGABYTE))
        assert (await client.answer()).status == 200
        grown = memory("VmHWM") - before
    assert received == 64 * MEGABYTE
    assert grown < 20 * MEGABYTE


async def test_a_service_is_not_read_faster_than_the_client_reads(gateway, service):
    sent = 0

    async def endless(asked):
        nonlocal sent
        await asked.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await asked.say(bytes(64 * 1024))
            sent += 64 * 1024

    service.behave = endless
    async with gateway(service) as running, running.client() as client:
        await client.send(get())
        await _until_still(lambda: sent)
        held_back = sent
        assert held_back < 32 * MEGABYTE  # what sockets hold
        while sent < held_back + 8 * MEGABYTE:
            assert await client.reader.read(MEGABYTE)


async def test_a_client_is_not_read_faster_than_the_service_reads(gateway, service):
    go_on = asyncio.Event()

    async def reluctant(asked):
        await go_on.wait()
        await asked.answer(b"%d" % len(await asked.body()))

    service.behave = reluctant
    async with gateway(service) as running, running.client() as client:
        sent = 0

        async def push():
            nonlocal sent
            await client.send(post(64 * MEGABYTE))
            for _ in range(64):
                await client.send(bytes(MEGABYTE))
                sent += 1

        pushing = asyncio.create_task(push())
        await _until_still(lambda: sent)
        assert sent < 32
        go_on.set()
        await pushing
        assert (await client.answer()).body == b"%d" % (64 * MEGABYTE)


async def _until_still(value):
    """Wait until a number has not moved for half a second."""
    last, since = value(), time.monotonic()
    while time.monotonic() - since < 0.5:
        await asyncio.sleep(0.02)
        if value() != last or not last:
            last, since = value(), time.monotonic()


async def test_a_stalled_service_does_not_slow_another(gateway, service, another):
    service.behave = silence
    async with gateway(
        service, open_data={"url": another.url}, upstream={"connections": 2, "queue": 5}
    ) as running:
        stuck = [asyncio.create_task(running.ask("GET", UNKNOWN)) for _ in range(7)]
        await eventually(lambda: len(service.asked) == 2)
        began = time.monotonic()
        answers = [await running.ask("GET", ELSEWHERE) for _ in range(50)]
        assert time.monotonic() - began < 5
        assert all(answer.status == 200 for answer in answers)
        for task in stuck:
            task.cancel()


async def test_when_too_many_wait_for_a_service_the_next_is_turned_away_at_once(gateway, service):
    service.behave = silence
    async with gateway(service, upstream={"connections": 2, "queue": 3, "connect_seconds": 30}) as running:
        stuck = [asyncio.create_task(running.ask("GET", UNKNOWN)) for _ in range(5)]
        await eventually(lambda: len(service.asked) == 2)
        answer = await eventually(lambda: _turned_away(running))
        assert answer.json()["type"] == "/problems/service-busy"
        assert answer.value("retry-after") == "1"
        for task in stuck:
            task.cancel()


async def _turned_away(running):
    try:
        async with asyncio.timeout(1):
            answer = await running.ask("GET", UNKNOWN)
    except TimeoutError:
        return None
    return answer if answer.status == 503 else None


async def test_who_waits_too_long_for_a_connection_is_turned_away(gateway, service):
    service.behave = silence
    async with gateway(service, upstream={"connections": 1, "connect_seconds": 0.5}) as running:
        stuck = asyncio.create_task(running.ask("GET", UNKNOWN))
        await eventually(lambda: service.asked)
        answer = await running.ask("GET", UNKNOWN)
        stuck.cancel()
    assert (answer.status, answer.json()["type"]) == (503, "/problems/service-busy")


async def test_when_the_client_leaves_the_service_learns_within_a_second(gateway, service):
    service.behave = _until_left
    async with gateway(service) as running:
        async with running.client() as client:
            await client.send(get())
            await eventually(lambda: service.asked)
        left = time.monotonic()
        await eventually(lambda: service.left == 1)
        assert time.monotonic() - left < 1


async def _until_left(asked):
    if await asked.reader.read(1) == b"":
        raise ConnectionError


async def test_when_the_client_leaves_in_the_middle_of_an_answer_the_service_learns_too(gateway, service):
    async def endless(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while not asked.writer.is_closing():
            await asked.say(b"5\r\nhello\r\n")
            await asyncio.sleep(0.01)
        raise ConnectionError

    service.behave = endless
    async with gateway(service) as running:
        async with running.client() as client:
            await client.send(get())
            await client.reader.readuntil(b"hello")
        await eventually(lambda: service.left == 1, seconds=1.5)


async def test_when_the_client_leaves_while_it_waits_its_place_is_free(gateway, service):
    service.behave = silence
    async with gateway(service, upstream={"connections": 1, "queue": 1, "connect_seconds": 30}) as running:
        stuck = asyncio.create_task(running.ask("GET", UNKNOWN))
        await eventually(lambda: service.asked)
        async with running.client() as client:
            await client.send(get())
        await eventually(lambda: b"client-left" in running.log.getvalue())
        service.behave = type(service.asked[0]).answer
        waiting = asyncio.create_task(running.ask("GET", f"{UNKNOWN}/next"))
        stuck.cancel()
        assert (await waiting).status == 200
    assert len(service.asked) == 2


async def test_hundreds_of_idle_connections_cost_little(gateway, service):
    async with gateway(service) as running:
        before = memory("VmRSS")
        clients = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(400)]
        for _, writer in clients:
            writer.write(get())
        for reader, _ in clients:
            await reader.readuntil(b"\r\n\r\n")
        grown = memory("VmRSS") - before
        for _, writer in clients:
            writer.close()
    assert grown < 400 * 64 * 1024  # both ends of each are in this process


async def test_an_early_answer_ends_the_upload(gateway, service):
    async def refuse(asked):
        await asked.answer(b"no", "409 Conflict")
        await _until_left(asked)

    service.behave = refuse
    async with gateway(service) as running, running.client() as client:
        await client.send(post(10 * MEGABYTE) + b"some")
        answer = await client.answer()
        assert (answer.status, answer.body) == (409, b"no")
        assert answer.value("connection") == "close"
    assert service.connections == 2
