"""Header lines that a client repeats are parsed once; nothing may be understood differently for it."""

import pytest

BLOCK = b"Host: a\r\nAccept: */*\r\n\r\n"
FIRST = b"GET /procedures/v1/first HTTP/1.1\r\n" + BLOCK

SECONDS = {
    "another path": b"GET /procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "a query": b"GET /procedures/v1/second?a=b&c=%20 HTTP/1.1\r\n" + BLOCK,
    "HEAD": b"HEAD /procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "POST": b"POST /procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "an old version": b"GET /procedures/v1/second HTTP/1.0\r\n" + BLOCK,
    "another service": b"GET /identity/v1/second HTTP/1.1\r\n" + BLOCK,
    "the portal": b"GET /second HTTP/1.1\r\n" + BLOCK,
    "an absolute target": b"GET http://b/procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "a fragment": b"GET /procedures/v1/second#a HTTP/1.1\r\n" + BLOCK,
    "steps upwards": b"GET /procedures/v1/../second HTTP/1.1\r\n" + BLOCK,
    "an escaped NUL": b"GET /procedures/v1/second%00 HTTP/1.1\r\n" + BLOCK,
    "a space in the target": b"GET /procedures/v1/sec ond HTTP/1.1\r\n" + BLOCK,
    "two spaces": b"GET  /procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "a bare line feed": b"GET /procedures/v1/second HTTP/1.1\n" + BLOCK,
    "no method": b"/procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "a blank line before": b"\r\nGET /procedures/v1/second HTTP/1.1\r\n" + BLOCK,
    "a header more": b"GET /procedures/v1/second HTTP/1.1\r\nX-More: 1\r\n" + BLOCK,
    "a host more": b"GET /procedures/v1/second HTTP/1.1\r\nHost: b\r\n" + BLOCK,
    "a body": b"GET /procedures/v1/second HTTP/1.1\r\nContent-Length: 2\r\n" + BLOCK + b"ok",
    "two at once": b"GET /procedures/v1/second HTTP/1.1\r\n" + BLOCK + FIRST,
    "no header": b"GET /procedures/v1/second HTTP/1.1\r\n\r\n",
    "no line": BLOCK,
}


async def said(client):
    answer = await client.answer()
    return answer.status, answer.value("connection"), answer.body[:30]


@pytest.mark.parametrize("case", SECONDS)
async def test_a_request_is_understood_the_same_first_and_after_others(gateway, service, case):
    async def behave(asked):
        body = b"" if asked.line.startswith("HEAD") else asked.line.encode()
        await asked.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await asked.body()

    service.behave = behave
    async with gateway(service) as running:
        async with running.client() as client:
            await client.send(SECONDS[case])
            alone = await said(client)
        first_asked = [(asked.line, asked.headers[:-2]) for asked in service.asked]
        service.asked.clear()
        async with running.client() as client:
            for _ in range(3):
                await client.send(FIRST)
                assert (await said(client))[0] == 200
            service.asked.clear()
            await client.send(SECONDS[case])
            assert await said(client) == alone
    assert [(asked.line, asked.headers[:-2]) for asked in service.asked][: len(first_asked)] == first_asked


async def test_another_token_is_noticed(gateway, service, tokens):
    async with gateway(service) as running, running.client() as client:
        statuses = []
        for token in (tokens.mint("procedures:cases:read"), tokens.mint("other"), "nonsense"):
            for _ in range(2):
                head = (
                    f"GET /procedures/v1/cases/1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n"
                )
                await client.send(head.encode())
                statuses.append((await client.answer()).status)
    assert statuses == [200, 200, 403, 403, 401, 401]


async def test_a_head_in_pieces_is_understood_after_others(gateway, service):
    async with gateway(service) as running, running.client() as client:
        for cut in range(1, len(FIRST)):
            await client.send(FIRST)
            assert (await client.answer()).status == 200
            await client.send(FIRST[:cut])
            await client.send(FIRST[cut:])
            assert (await client.answer()).status == 200
    assert {asked.line for asked in service.asked} == {"GET /procedures/v1/first HTTP/1.1"}
