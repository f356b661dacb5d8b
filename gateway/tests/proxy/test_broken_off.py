"""What happens when a service breaks off, says too much, is late, is down or comes back."""

import asyncio

import pytest

from shared.testing import eventually

UNKNOWN = "/procedures/v1/anything"


def get(path: str = UNKNOWN) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: a\r\n\r\n".encode()


def post(length: int) -> bytes:
    return f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n".encode()


async def silence(asked):
    await asyncio.Event().wait()


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


async def test_a_second_answer_to_one_question_is_nobodys(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine" * 2)

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        for _ in range(3):
            await client.send(get())
            assert (await client.answer()).body == b"mine"


async def test_a_connection_on_which_a_service_speaks_unasked_is_closed(gateway, service):
    async def behave(asked):
        await asked.answer(b"mine")
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nunasked")
        assert await asked.reader.read() == b""
        gone.release()

    gone = asyncio.Semaphore(0)
    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        for _ in range(3):
            await client.send(get())
            assert (await client.answer()).body == b"mine"
            await gone.acquire()


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
