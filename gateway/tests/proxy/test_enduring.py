"""What happens when a side is slow, stalls, leaves, breaks off or comes back."""

import asyncio
import time
from pathlib import Path

import pytest

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


async def test_a_connection_that_went_stale_is_replaced_unnoticed(gateway, service):
    async with gateway(service) as running, running.client() as client:
        for _ in range(3):
            await client.send(get())
            assert (await client.answer()).status == 200
            service.behave = _close_then(service, service.behave)


def _close_then(service, behave):
    """Close on the next request that comes on a used connection, without a byte, then behave again."""

    async def close(asked):
        service.behave = behave
        asked.writer.close()

    return close


@pytest.mark.parametrize(
    ("method", "headers", "repeated"),
    [
        ("PUT", "", True),
        ("DELETE", "", True),
        ("POST", "", False),
        ("POST", "idempotency-key: k-1\r\n", True),
        ("PATCH", "", False),
    ],
)
async def test_only_what_has_one_effect_is_sent_again(gateway, service, method, headers, repeated):
    async def echo(asked):
        await asked.answer(await asked.body())

    service.behave = echo
    async with gateway(service) as running:
        await running.ask("GET", UNKNOWN)
        service.asked.clear()
        service.behave = _close_then(service, echo)
        answer = await running.ask(method, UNKNOWN, headers, b"the body")
    if repeated:
        assert (answer.status, answer.body) == (200, b"the body")
        assert len(service.asked) == 2
    else:
        assert (answer.status, answer.json()["type"]) == (502, "/problems/answer-broken-off")
        assert len(service.asked) == 1


async def test_a_request_is_never_sent_a_third_time(gateway, service):
    async with gateway(service) as running:
        await running.ask("GET", UNKNOWN)
        service.asked.clear()

        async def close(asked):
            asked.writer.close()

        service.behave = close
        answer = await running.ask("GET", UNKNOWN)
    assert answer.status == 502
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 2000 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n",
    ],
)
async def test_an_answer_that_cannot_be_read_is_not_passed_on(gateway, service, said):
    async def behave(asked):
        await asked.say(said)

    service.behave = behave
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN)
    assert (answer.status, answer.json()["type"]) == (502, "/problems/answer-broken-off")


async def test_what_a_service_says_unasked_is_nobodys_answer(gateway, service):
    async def behave(asked):
        await asked.answer(b"mine")
        await asked.answer(b"unasked")

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        for _ in range(3):
            await client.send(get())
            assert (await client.answer()).body == b"mine"


@pytest.mark.parametrize("framing", [b"content-length: 100", b"transfer-encoding: chunked"])
async def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(gateway, service, framing):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n5\r\nhello\r\n")
        asked.writer.close()

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        await client.send(get())
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError, ValueError)):
            await client.answer()


async def test_a_service_that_does_not_answer_in_time_is_given_up(gateway, service):
    service.behave = silence
    async with gateway(service, upstream={"answer_seconds": 0.5}) as running:
        answer = await running.ask("GET", UNKNOWN)
    assert (answer.status, answer.json()["type"]) == (504, "/problems/answer-timeout")


async def test_a_service_that_stops_in_the_middle_is_given_up(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhello")
        await silence(asked)

    service.behave = behave
    async with gateway(service, upstream={"idle_seconds": 0.5}) as running, running.client() as client:
        await client.send(get())
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.answer()


async def test_a_slow_answer_that_keeps_coming_is_waited_for(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.2)
            await asked.say(b"x")

    service.behave = behave
    async with gateway(service, upstream={"idle_seconds": 1, "answer_seconds": 1}) as running:
        assert (await running.ask("GET", UNKNOWN)).body == b"x" * 10


async def test_a_client_that_does_not_finish_its_head_is_given_up(gateway, service):
    async with gateway(service, client_head_seconds=0.5) as running, running.client() as client:
        await client.send(b"GET /procedures/v1/a HTTP/1.1\r\nx-slow: ")
        answer = await client.answer()
        assert (answer.status, answer.json()["type"]) == (408, "/problems/request-timeout")
        assert await client.closed()


async def test_a_client_that_does_not_finish_its_body_is_given_up(gateway, service):
    async def behave(asked):
        await asked.body()

    service.behave = behave
    async with gateway(service, client_idle_seconds=0.5) as running, running.client() as client:
        await client.send(post(100) + b"some")
        answer = await client.answer()
        assert (answer.status, answer.json()["type"]) == (408, "/problems/request-timeout")
        await eventually(lambda: service.left == 1)


async def test_a_client_that_does_not_take_its_answer_is_given_up(gateway, service):
    async def endless(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while not asked.writer.is_closing():
            await asked.say(bytes(64 * 1024))
        raise ConnectionError

    service.behave = endless
    async with gateway(service, client_idle_seconds=0.5) as running, running.client() as client:
        await client.send(get())
        await eventually(lambda: service.left == 1)


async def test_an_idle_connection_is_closed_in_the_end(gateway, service):
    async with gateway(service, client_keep_alive_seconds=0.5) as running, running.client() as client:
        await client.send(get())
        assert (await client.answer()).status == 200
        assert await client.closed()


async def test_a_service_that_is_down_is_unavailable_and_then_not_asked_any_more(gateway, service):
    async with gateway(service, upstream={"failures": 3, "cooldown_seconds": 60}) as running:

        async def fail(asked):
            asked.writer.close()

        service.behave = fail
        answers = [await running.ask("POST", UNKNOWN) for _ in range(6)]
    assert [answer.status for answer in answers][-2:] == [503] * 2
    assert len(service.asked) <= 4  # the first may have met a connection that was kept
    assert 50 < int(answers[-1].value("retry-after")) <= 61
    assert answers[-1].json()["type"] == "/problems/service-out-of-reach"


async def test_a_service_that_comes_back_is_asked_again(gateway, service):
    async with gateway(service, upstream={"failures": 2, "cooldown_seconds": 0.3}) as running:

        async def fail(asked):
            asked.writer.close()

        answering, service.behave = service.behave, fail
        await eventually(lambda: _status(running, 503))
        service.behave = answering
        await eventually(lambda: _status(running, 200))


async def _status(running, status):
    return (await running.ask("POST", UNKNOWN)).status == status


async def test_a_service_nobody_listens_for_is_out_of_reach(gateway, service):
    async with gateway(service, identity={"url": "http://127.0.0.1:9"}) as running:
        answer = await running.ask("GET", "/identity/v1/anything")
    assert (answer.status, answer.json()["type"]) == (503, "/problems/service-out-of-reach")
    assert answer.value("retry-after")


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
