"""What is refused at the gate: each time with a problem document in the caller's language."""

import pytest

READ = "procedures:cases:read"
CASE = "/procedures/v1/cases/1"
UNKNOWN = "/procedures/v1/anything"

CHUNKED = b"Transfer-Encoding: chunked\r\n"
AMBIGUOUS = {
    "length beside a coding": b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "coding beside a length": CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "length of nothing beside a coding": CHUNKED + b"Content-Length: 0\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": b"Content-Length: 5, 5\r\n\r\nhello",
    "a signed length": b"Content-Length: +5\r\n\r\nhello",
    "a negative length": b"Content-Length: -5\r\n\r\nhello",
    "a hexadecimal length": b"Content-Length: 0x5\r\n\r\nhello",
    "an empty length": b"Content-Length: \r\n\r\n",
    "an endless length": b"Content-Length: 99999999999999999999999\r\n\r\n",
    "a folded header": b"X-A: a\r\n b\r\n\r\n",
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a space before the name": b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding that is none": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding with a control": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "an empty coding": b"Transfer-Encoding: \r\n\r\n0\r\n\r\n",
    "identity": b"Transfer-Encoding: identity\r\n\r\n",
    "chunked, then identity": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a compressed body": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an empty coding in a list": b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "a name with a space": b"X A: b\r\n\r\n",
    "an empty name": b": b\r\n\r\n",
    "a line without a colon": b"abc\r\n\r\n",
    "a NUL in a value": b"X-A: a\x00b\r\n\r\n",
    "a bare CR in a value": b"X-A: a\rb\r\n\r\n",
    "a control in a value": b"X-A: a\x01b\r\n\r\n",
    "two hosts": b"Host: b\r\n\r\n",
    "two credentials": b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "an upgrade with a body": b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello",
}
BAD_CHUNKS = {
    "no hexadecimal size": b"x\r\n",
    "a prefixed size": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size after a space": b" 5\r\nhello\r\n0\r\n\r\n",
    "a space after the size": b"5 \r\nhello\r\n0\r\n\r\n",
    "a size that overflows": b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nhello\r\n0\r\n\r\n",
    "more than the size says": b"5\r\nhelloX0\r\n\r\n",
    "a bare line feed": b"5\nhello\n0\n\n",
    "a line feed in an extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    "a length in the trailers": b"0\r\nContent-Length: 5\r\n\r\n",
}
BAD_LINES = {
    "no version": b"GET /procedures/v1/a\r\n\r\n",
    "HTTP/0.9": b"GET /procedures/v1/a HTTP/0.9\r\nHost: a\r\n\r\n",
    "HTTP/1.2": b"GET /procedures/v1/a HTTP/1.2\r\nHost: a\r\n\r\n",
    "HTTP/2 in clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "line feeds alone": b"GET /procedures/v1/a HTTP/1.1\nHost: a\n\n",
    "carriage returns alone": b"GET /procedures/v1/a HTTP/1.1\rHost: a\r\r",
    "a tab for a space": b"GET\t/procedures/v1/a\tHTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /procedures/v1/a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a control in the target": b"GET /procedures/v1/a\x01b HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw bytes in the target": b"GET /procedures/v1/\xe1\xbb\x99 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"GET /procedures/v1/a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "steps upwards": b"GET /procedures/v1/../../identity/v1/a HTTP/1.1\r\nHost: a\r\n\r\n",
    "hidden steps upwards": b"GET /procedures/v1/%2e%2e/a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an escaped NUL": b"GET /procedures/v1/a%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "no host": b"GET /procedures/v1/a HTTP/1.1\r\n\r\n",
    "a host that is none": b"GET /procedures/v1/a HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "chunks to an old version": b"POST /procedures/v1/a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another protocol": b"DESCRIBE /procedures/v1/a RTSP/1.0\r\nHost: a\r\n\r\n",
    "a lower-case method": b"get /procedures/v1/a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unheard-of method": b"BREW /procedures/v1/a HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS on the plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "bytes of nothing": b"\x00" * 64,
}
NEXT = b"GET /procedures/v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def assert_problem(answer, status, slug):
    assert answer.status == status
    assert answer.value("content-type") == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["traceId"] == answer.value("traceparent")[3:35]
    assert answer.value("x-content-type-options") == "nosniff"
    assert answer.value("date")


@pytest.mark.parametrize("case", AMBIGUOUS)
async def test_an_ambiguous_request_never_reaches_a_service(gateway, service, case):
    async with gateway(service) as running, running.client() as client:
        await client.send(b"POST /procedures/v1/a HTTP/1.1\r\nHost: a\r\n" + AMBIGUOUS[case] + NEXT)
        assert_problem(await client.answer(), 400, "malformed-request")
        assert await client.closed()
    assert service.asked == []


@pytest.mark.parametrize("case", BAD_LINES)
async def test_a_request_that_cannot_be_read_never_reaches_a_service(gateway, service, case):
    async with gateway(service) as running, running.client() as client:
        await client.send(BAD_LINES[case] + NEXT)
        answer = await client.answer()
        assert answer.status in (400, 501)
        assert_problem(
            answer, answer.status, "malformed-request" if answer.status == 400 else "method-unknown"
        )
        assert await client.closed()
    assert service.asked == []


@pytest.mark.parametrize("case", BAD_CHUNKS)
async def test_a_broken_chunk_ends_the_request_at_the_service_too(gateway, service, case):
    async def behave(asked):
        await asked.body()
        await asked.answer()

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        await client.send(b"POST /procedures/v1/a HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"\r\n2\r\nok\r\n")
        await client.send(BAD_CHUNKS[case] + NEXT)
        assert_problem(await client.answer(), 400, "malformed-request")
        assert await client.closed()
    assert all("smuggled" not in asked.line for asked in service.asked)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "PROPFIND"])
async def test_methods_that_nothing_takes_are_refused(gateway, service, method):
    target = "a:1" if method == "CONNECT" else UNKNOWN
    async with gateway(service) as running, running.client() as client:
        await client.send(f"{method} {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        assert_problem(await client.answer(), 501, "method-unknown")
        assert await client.closed()


async def test_an_upgrade_is_not_taken_up(gateway, service):
    async with gateway(service) as running, running.client() as client:
        upgrade = "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: x\r\n"
        await client.send(f"GET {UNKNOWN} HTTP/1.1\r\nhost: a\r\n{upgrade}\r\n".encode() + NEXT)
        answer = await client.answer()
        assert answer.status == 200
        assert answer.value("connection") == "close"
        assert await client.closed()
    asked = service.asked[-1]
    assert (asked.value("upgrade"), asked.value("connection"), asked.value("http2-settings")) == (
        None,
        None,
        None,
    )
    assert len(service.asked) == 1


async def test_what_follows_a_request_that_closes_is_never_read(gateway, service):
    async with gateway(service) as running, running.client() as client:
        await client.send(f"GET {UNKNOWN} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode() + NEXT)
        assert (await client.answer()).status == 200
        assert await client.closed()
    assert len(service.asked) == 1


async def test_trailers_are_not_taken_for_headers(gateway, service):
    async def behave(asked):
        await asked.body()
        await asked.answer()

    service.behave = behave
    async with gateway(service) as running, running.client() as client:
        trailers = b"0\r\nAuthorization: Bearer forged\r\nX-Trailer: 1\r\n\r\n"
        await client.send(
            b"POST /procedures/v1/a HTTP/1.1\r\nHost: a\r\n" + CHUNKED + b"\r\n2\r\nok\r\n" + trailers
        )
        assert (await client.answer()).status == 200
    assert service.asked[-1].value("authorization") is None
    assert service.asked[-1].value("x-trailer") is None


async def test_a_call_without_a_token_is_refused_before_the_service(gateway, service):
    async with gateway(service) as running:
        before = len(service.asked)
        answer = await running.ask("GET", CASE)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.value("www-authenticate") == "Bearer"
    assert len(service.asked) == before


async def test_a_wrong_token_is_refused_before_the_service(gateway, service, tokens):
    foreign = tokens.mint(READ, iss="https://elsewhere.test")
    async with gateway(service) as running:
        answer = await running.ask("GET", CASE, f"authorization: Bearer {foreign}\r\n")
    assert_problem(answer, 401, "token-refused")
    assert answer.value("www-authenticate") == 'Bearer error="invalid_token"'


async def test_a_missing_scope_is_named(gateway, service, tokens):
    async with gateway(service) as running:
        answer = await running.ask("GET", CASE, f"authorization: Bearer {tokens.mint('other')}\r\n")
    assert_problem(answer, 403, "scope-missing")
    assert answer.value("www-authenticate") == f'Bearer error="insufficient_scope", scope="{READ}"'
    assert answer.json()["scope"] == READ


async def test_who_asks_too_often_is_told_when_to_come_back(gateway, service):
    async with gateway(service, address_quota={"requests": 5, "seconds": 50}) as running:
        answers = [await running.ask("GET", UNKNOWN) for _ in range(6)]
    assert_problem(answers[-1], 429, "quota-exceeded")
    assert 1 <= int(answers[-1].value("retry-after")) <= 10
    assert answers[-1].value("ratelimit-policy") == '"address";q=5;w=50'
    assert answers[-1].value("ratelimit").startswith('"address";r=0;t=')
    assert answers[-1].json()["violated-policies"] == ["address"]


async def test_a_refusal_speaks_the_callers_language(gateway, service):
    async with gateway(service) as running:
        english = await running.ask("GET", CASE, "accept-language: en-GB, vi;q=0.5\r\n")
        vietnamese = await running.ask("GET", CASE, "accept-language: vi-VN, en;q=0.5\r\n")
        other = await running.ask("GET", CASE, "accept-language: fr\r\n")
    assert english.json()["title"].startswith("Sign in")
    assert english.value("content-language") == "en"
    assert vietnamese.json()["title"].startswith("Cần đăng nhập")
    assert other.json()["title"] == vietnamese.json()["title"]


async def test_even_what_cannot_be_read_is_refused_in_the_callers_language(gateway, service):
    async with gateway(service) as running, running.client() as client:
        await client.send(
            b"POST /a HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"
        )
        answer = await client.answer()
    assert answer.json()["title"].startswith("The HTTP request")


async def test_a_script_may_read_why_it_was_refused(gateway, service):
    async with gateway(service) as running:
        answer = await running.ask("GET", CASE, "origin: https://app.test\r\n")
    assert answer.status == 401
    assert answer.value("access-control-allow-origin") == "*"


async def test_a_head_that_is_too_large_is_refused(gateway, service):
    async with gateway(service, head_limit=4096) as running:
        assert_problem(await running.ask("GET", UNKNOWN, f"x-a: {'a' * 5000}\r\n"), 431, "head-too-large")
        many = "".join(f"x-{number}: 1\r\n" for number in range(1000))
        assert_problem(await running.ask("GET", UNKNOWN, many), 431, "head-too-large")
        assert (await running.ask("GET", UNKNOWN, f"x-a: {'a' * 3000}\r\n")).status == 200


async def test_a_head_that_never_ends_is_refused(gateway, service):
    async with gateway(service, head_limit=4096) as running, running.client() as client:
        await client.send(b"GET /procedures/v1/a HTTP/1.1\r\nx-a: ")
        for _ in range(10):
            await client.send(b"a" * 1000)
        assert_problem(await client.answer(), 431, "head-too-large")


async def test_a_large_body_right_after_a_small_head_is_no_large_head(gateway, service):
    async def echo(asked):
        await asked.answer(b"%d" % len(await asked.body()))

    service.behave = echo
    async with gateway(service, head_limit=4096) as running:
        assert (await running.ask("POST", UNKNOWN, "", b"x" * 100_000)).body == b"100000"


async def test_a_target_that_is_too_long_is_refused(gateway, service):
    async with gateway(service) as running:
        assert_problem(await running.ask("GET", f"{UNKNOWN}?{'a' * 9000}"), 414, "target-too-long")


async def test_a_body_that_announces_too_much_is_refused(gateway, service):
    async with gateway(service, body_limit=2000) as running, running.client() as client:
        await client.send(f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\ncontent-length: 2001\r\n\r\n".encode())
        answer = await client.answer()
        assert_problem(answer, 413, "body-too-large")
        assert answer.value("connection") == "close"
    assert service.asked == []


async def test_a_body_that_grows_too_large_is_refused_on_the_way(gateway, service):
    async def behave(asked):
        await asked.body()

    service.behave = behave
    async with gateway(service, body_limit=2000) as running, running.client() as client:
        head = f"POST {UNKNOWN} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        await client.send(head.encode() + b"3e8\r\n%b\r\n" % (b"a" * 1000) * 3)
        assert_problem(await client.answer(), 413, "body-too-large")
        assert await client.closed()


async def test_a_host_that_is_not_ours_is_refused(gateway, service):
    async with gateway(service, hosts=("gateway.test",)) as running:
        assert (await running.ask("GET", UNKNOWN)).status == 200
        async with running.client() as client:
            await client.send(f"GET {UNKNOWN} HTTP/1.1\r\nhost: elsewhere.test\r\n\r\n".encode())
            assert_problem(await client.answer(), 421, "unknown-host")


async def test_only_operators_may_read_the_figures(gateway, service):
    async with gateway(service, operators=("10.0.0.0/8",)) as running:
        assert_problem(await running.ask("GET", "/metrics"), 404, "not-found")
    async with gateway(service) as running:
        assert (await running.ask("GET", "/metrics")).body.startswith(b"portal /metrics")


async def test_a_client_too_many_is_told_so(gateway, service):
    async with (
        gateway(service, client_connections=2) as running,
        running.client() as one,
        running.client() as two,
    ):
        for client in (one, two):
            await client.send(f"GET {UNKNOWN} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            assert (await client.answer()).status == 200
        async with running.client() as third:
            assert_problem(await third.answer(), 503, "service-busy")
