"""What goes through: requests and answers of every framing, the headers around them, and who is told what."""

import asyncio
import json
import re

import pytest

from gateway.proxy.response import SECURITY
from shared.testing import Tokens, eventually

READ, WRITE = "procedures:cases:read", "procedures:cases:write"
CASE = "/procedures/v1/cases/1"
OPEN = "/procedures/v1/procedures"
UNKNOWN = "/procedures/v1/anything"


async def test_a_request_reaches_the_service_with_path_query_and_token_unchanged(gateway, service, tokens):
    token = tokens.mint(READ)
    async with gateway(service) as running:
        answer = await running.ask(
            "GET", f"{CASE}?a=%2Fb&c=d+e", f"authorization: Bearer {token}\r\nx-own: 1\r\n"
        )
    assert answer.status == 200
    asked = service.asked[-1]
    assert asked.line == f"GET {CASE}?a=%2Fb&c=d+e HTTP/1.1"
    assert asked.value("authorization") == f"Bearer {token}"
    assert asked.value("x-own") == "1"


async def test_the_service_learns_who_asks_through_whom(gateway, service):
    async with gateway(service) as running:
        forged = "x-forwarded-for: 6.6.6.6\r\nforwarded: for=6.6.6.6\r\nx-real-ip: 6.6.6.6\r\n"
        await running.ask("GET", UNKNOWN, forged)
    asked = service.asked[-1]
    assert asked.values("x-forwarded-for") == ["127.0.0.1"]
    assert asked.values("x-forwarded-proto") == ["http"]
    assert asked.values("x-forwarded-host") == ["gateway.test"]
    assert asked.values("forwarded") == ['for=127.0.0.1;host="gateway.test";proto=http']
    assert asked.values("host") == ["gateway.test"]
    assert asked.value("x-real-ip") is None


async def test_a_trusted_edge_proxy_is_believed(gateway, service):
    async with gateway(service, trusted_proxies=("127.0.0.0/8",)) as running:
        await running.ask(
            "GET", UNKNOWN, "x-forwarded-for: 6.6.6.6, 203.0.113.9\r\nx-forwarded-proto: https\r\n"
        )
    asked = service.asked[-1]
    assert asked.values("x-forwarded-for") == ["203.0.113.9"]
    assert asked.values("x-forwarded-proto") == ["https"]


async def test_a_trace_goes_through_and_back(gateway, service):
    sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN, f"traceparent: {sent}\r\n")
        begun = await running.ask("GET", UNKNOWN)
    assert service.asked[-2].values("traceparent") == [sent] == [answer.value("traceparent")]
    assert service.asked[-1].values("traceparent") == [begun.value("traceparent")]
    assert begun.value("traceparent") != sent


async def test_every_answer_carries_security_and_limit_headers(gateway, service):
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN)
    for name, value in SECURITY.items():
        assert answer.value(name.decode()) == value.decode()
    assert answer.value("ratelimit-policy") == '"address";q=600;w=60'
    assert re.fullmatch(r'"address";r=59\d;t=\d', answer.value("ratelimit"))


async def test_a_service_may_let_its_answer_be_cached(gateway, service):
    async def cached(asked):
        await asked.answer(headers="Cache-Control: public, max-age=60\r\nServer: x\r\nKeep-Alive: y\r\n")

    service.behave = cached
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN)
    assert [value for name, value in answer.headers if name == "cache-control"] == ["public, max-age=60"]
    assert answer.value("server") is None
    assert answer.value("keep-alive") is None


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_answers_without_a_body_leave_the_connection_in_step(gateway, service, status):
    async def bodiless(asked):
        length = "content-length: 100\r\n" if status.startswith("304") else ""
        await asked.say(f'HTTP/1.1 {status}\r\netag: "1"\r\n{length}\r\n'.encode())

    service.behave = bodiless
    async with gateway(service) as running, running.client() as client:
        for _ in range(3):
            await client.send(f"GET {UNKNOWN} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            answer = await client.answer()
            assert f"{answer.status}" == status[:3]
            assert answer.value("transfer-encoding") is None
    assert service.connections == 2  # one for the contract


async def test_head_is_answered_with_the_length_and_without_the_body(gateway, service):
    async def behave(asked):
        body = b"" if asked.line.startswith("HEAD") else b"x" * 100
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n" + body)

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        for method in ("HEAD", "GET", "HEAD", "GET"):
            await client.send(f"{method} {UNKNOWN} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            answer = await client.answer(head_only=method == "HEAD")
            assert answer.value("content-length") == "100"
            assert len(answer.body) == (0 if method == "HEAD" else 100)
    assert service.connections == 2


async def test_a_chunked_answer_arrives_chunked(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await asked.say(b"4;ext=1\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n")

    service.behave = behave
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN)
    assert answer.value("transfer-encoding") == "chunked"
    assert answer.body == b"abcdefg"


async def test_an_answer_that_ends_with_the_connection_arrives_whole(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        asked.writer.close()

    service.behave = behave
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN)
    assert answer.body == b"all of it"


async def test_a_client_of_http_1_0_gets_no_chunks(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        await client.send(f"GET {UNKNOWN} HTTP/1.0\r\n\r\n".encode())
        answer = await client.answer()
    assert answer.value("transfer-encoding") is None
    assert answer.value("connection") == "close"
    assert answer.body == b"abc"


async def test_interim_answers_are_not_taken_for_the_answer(gateway, service):
    async def behave(asked):
        await asked.say(b"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n")
        await asked.answer(b"the answer")

    service.behave = behave
    async with gateway(service) as running:
        answer = await running.ask("GET", UNKNOWN)
    assert (answer.status, answer.body) == (200, b"the answer")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_arrives_as_it_was_sent(gateway, service, chunked):
    async def echo(asked):
        await asked.answer(await asked.body())

    service.behave = echo
    sent = bytes(range(256)) * 40
    if chunked:
        framing = "transfer-encoding: chunked"
        body = (
            b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (sent[:5], sent[5:700], sent[700:]))
            + b"0\r\n\r\n"
        )
    else:
        framing, body = f"content-length: {len(sent)}", sent
    async with gateway(service) as running, running.client() as client:
        for _ in range(2):
            await client.send(f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n".encode() + body)
            assert (await client.answer()).body == sent


async def test_a_body_byte_by_byte_arrives_whole(gateway, service):
    async def echo(asked):
        await asked.answer(await asked.body())

    service.behave = echo
    request = f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello".encode()
    async with gateway(service) as running, running.client() as client:
        for byte in request:
            await client.send(bytes([byte]))
        assert (await client.answer()).body == b"hello"


async def test_continue_is_said_when_the_service_can_take_the_body(gateway, service):
    async def echo(asked):
        await asked.answer(await asked.body())

    service.behave = echo
    async with gateway(service) as running, running.client() as client:
        head = f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n"
        await client.send(head.encode())
        assert (await client.answer()).status == 100
        await client.send(b"hello")
        assert (await client.answer()).body == b"hello"
    assert service.asked[-1].value("expect") is None


async def test_who_is_refused_is_not_told_to_continue(gateway, service):
    async with gateway(service) as running, running.client() as client:
        head = "POST /procedures/v1/cases HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n"
        await client.send(head.encode())
        answer = await client.answer()
        assert answer.status == 401
        assert answer.value("connection") == "close"


async def test_requests_sent_ahead_are_answered_in_turn(gateway, service):
    async def behave(asked):
        await asked.answer(asked.line.encode())

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        paths = [f"{UNKNOWN}/{number}" if number % 3 else f"/portal/{number}" for number in range(30)]
        await client.send("".join(f"GET {path} HTTP/1.1\r\nhost: a\r\n\r\n" for path in paths).encode())
        for path in paths:
            assert path.encode() in (await client.answer()).body


async def test_a_connection_closes_when_the_client_says_so(gateway, service):
    async with gateway(service) as running, running.client() as client:
        await client.send(f"GET {UNKNOWN} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
        assert (await client.answer()).value("connection") == "close"
        assert await client.closed()


async def test_whatever_is_no_services_reaches_the_portal(gateway, service):
    async with gateway(service) as running:
        answer = await running.ask("POST", "/catalogue?x=1", "", b"hello")
        chunked = "transfer-encoding: chunked\r\n"
        streamed = await running.ask("POST", "/c", chunked + "\r\n5\r\nhello\r\n0\r\n")
    assert answer.body == b"portal /catalogue hello"
    assert streamed.body == b"portal /c hello"
    assert answer.value("cache-control") == "max-age=60"
    assert answer.value("x-frame-options") == "DENY"
    assert answer.value("ratelimit-policy") == '"address";q=600;w=60'
    assert answer.value("traceparent")
    assert service.asked == [] or all("/c" not in asked.line.split("?")[0][-2:] for asked in service.asked)


async def test_a_preflight_is_answered_at_the_gate(gateway, service):
    async with gateway(service) as running:
        headers = "origin: https://app.test\r\naccess-control-request-method: GET\r\n"
        asked_before = len(service.asked)
        answer = await running.ask("OPTIONS", CASE, headers)
        plain = await running.ask("GET", OPEN, "origin: https://app.test\r\n")
    assert answer.status == 204
    assert answer.value("access-control-allow-origin") == "*"
    assert answer.value("access-control-allow-methods") == "GET"
    assert plain.value("access-control-allow-origin") == "*"
    assert len(service.asked) == asked_before + 1


async def test_each_request_is_a_line_of_the_log(gateway, service, tokens: Tokens):
    token = tokens.mint(READ, client_id="an-agency", kind="client")
    async with gateway(service) as running:
        answer = await running.ask("GET", f"{CASE}?name=secret", f"authorization: Bearer {token}\r\n")
        await eventually(lambda: b"an-agency" in running.log.getvalue())
        log = running.log.getvalue()
    line = next(json.loads(line) for line in log.splitlines() if b"an-agency" in line)
    assert line["path"] == CASE
    assert line["status"] == 200
    assert line["service"] == "procedures"
    assert line["trace"] in answer.value("traceparent")
    assert b"secret" not in log


async def test_many_connections_at_once_are_all_answered(gateway, service):
    async def behave(asked):
        await asked.answer(asked.line.encode())

    service.behave = behave
    async with gateway(service, upstream={"connections": 4}) as running:
        answers = await asyncio.gather(*(running.ask("GET", f"{UNKNOWN}/{number}") for number in range(100)))
    assert [answer.body.decode() for answer in answers] == [f"GET {UNKNOWN}/{n} HTTP/1.1" for n in range(100)]
    assert service.connections <= 5
