"""The portal behind the data plane, as it really runs: one server, one address, every policy on."""

import asyncio
import json
import socket
import threading
from contextlib import asynccontextmanager, suppress
from io import BytesIO

import pytest
from httpx import AsyncClient

from gateway.app import create_app, server_of
from gateway.portal.app import contracts_of, create_portal
from gateway.proxy.response import SECURITY
from shared.settings import KafkaSettings
from shared.testing import eventually
from shared.web import Parts

LISTENS = "events:stream:read procedures:cases:read"
STREAM = "/events/v1/stream"


@pytest.fixture
def whole(gateway_database, make_settings, tokens):
    """`async with whole(stream={…}, …) as (client, portal)`: the gateway in a thread of its own."""

    @asynccontextmanager
    async def run(*, stream=None, **settings):
        made = make_settings(
            stream={"heartbeat_seconds": 0.2, **(stream or {})},
            webhooks={"deliverer": False},
            relay=False,
            consumers=False,
            port=0,
            **settings,
        )
        parts = Parts.of(made, KafkaSettings())
        parts.verifier.use_keys(tokens.keys)
        contracts = contracts_of(made, parts)
        portal = create_portal(made, parts, contracts)
        app = create_app(made, portal=portal, verifier=parts.verifier, contracts=contracts, log=BytesIO())
        server = server_of(app, made)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            await eventually(lambda: server.started or not thread.is_alive(), what="the gateway is up")
            port = server.servers[0].sockets[0].getsockname()[1]
            async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                yield client, portal
        finally:
            server.should_exit = True
            await asyncio.to_thread(thread.join)

    return run


@asynccontextmanager
async def listening(client, headers, *, after=None):
    resumed = {} if after is None else {"last-event-id": str(after)}
    async with client.stream("GET", STREAM, headers={**headers, **resumed}) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield answer, answer.aiter_lines()


async def next_ids(lines, count):
    ids = []
    async with asyncio.timeout(20):
        while len(ids) < count:
            line = await anext(lines)
            if line.startswith("data: "):
                ids.append(json.loads(line.removeprefix("data: "))["id"])
    return ids


async def test_a_stream_passes_the_data_plane_as_it_comes_and_resumes(whole, tokens, happen, case_event):
    headers = {**tokens.bearer(LISTENS, kind="client"), "origin": "https://app.example"}
    first, missed, third = case_event(), case_event(), case_event()
    async with whole() as (client, _):
        async with listening(client, headers) as (answer, lines):
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["ratelimit-policy"] == '"client";q=6000;w=60'
            assert answer.headers["access-control-allow-origin"] == "*"
            for name, value in SECURITY.items():
                assert answer.headers[name.decode()] == value.decode()
            await happen(first)
            assert await next_ids(lines, 1) == [str(first.id)]
        await happen(missed)
        async with listening(client, headers, after=first.id) as (_, lines):
            assert await next_ids(lines, 1) == [str(missed.id)]
            await happen(third)
            assert await next_ids(lines, 1) == [str(third.id)]


async def test_a_listener_that_leaves_is_forgotten_at_once(whole, tokens):
    async with whole() as (client, portal):
        async with listening(client, tokens.bearer(LISTENS, kind="client")):
            await eventually(lambda: portal.state.feed._readers, what="it has joined")
        await eventually(lambda: not portal.state.feed._readers, seconds=2, what="it is gone")


async def test_a_listener_that_takes_nothing_is_let_go_and_others_do_not_notice(
    whole, tokens, happen, case_event
):
    headers, bulky = tokens.bearer(LISTENS, kind="client"), "x" * 20_000
    async with whole(stream={"queue": 20, "send_seconds": 0.5}) as (client, portal):
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plug.setblocking(False)
        address = (client.base_url.host, client.base_url.port)
        await asyncio.get_running_loop().sock_connect(plug, address)
        _, writer = await asyncio.open_connection(sock=plug, limit=1024)
        sent = f"GET {STREAM} HTTP/1.1\r\nhost: x\r\nauthorization: {headers['authorization']}\r\n\r\n"
        writer.write(sent.encode())
        async with listening(client, headers) as (_, lines):
            await eventually(lambda: count(portal) == 2, what="both have joined")
            for _ in range(30):
                await happen(*(case_event(procedure=bulky) for _ in range(20)))
                assert len(await next_ids(lines, 20)) == 20
            await eventually(lambda: count(portal) == 1, what="the deaf one is let go")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def count(portal):
    return sum(len(readers) for readers in portal.state.feed._readers.values())


async def test_a_body_that_is_too_large_for_the_portal_is_refused_before_it_is_held(whole, tokens):
    headers = tokens.bearer("gateway:subscriptions:write", kind="client")
    async with whole() as (client, _):
        answer = await client.post("/events/v1/subscriptions", content=b"x" * 4_000_000, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["type"] == "/problems/too-large"


async def test_who_listens_without_a_right_is_told_the_same_as_at_the_portal(whole, tokens):
    async with whole() as (client, _):
        assert (await client.get(STREAM)).status_code == 401
        wrong = await client.get(STREAM, headers={"authorization": "Bearer wrong"})
        assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/token-refused")
        refused = await client.get(STREAM, headers=tokens.bearer("procedures:cases:read", kind="client"))
        assert (refused.status_code, refused.json()["scope"]) == (403, "events:stream:read")


async def test_each_client_has_its_quota_and_is_told_when_to_come_back(whole, tokens):
    one, other = (tokens.bearer(LISTENS, kind="client", client_id=name) for name in ("one", "other"))
    async with whole(client_quota={"requests": 3, "seconds": 60}) as (client, _):
        answers = [await client.get("/events/v1/events", headers=one) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 20
        assert answers[3].json()["violated-policies"] == ["client"]
        assert (await client.get("/events/v1/events", headers=other)).status_code == 200


async def test_the_pages_and_documents_are_behind_the_same_door(whole):
    async with whole() as (client, _):
        for path in (
            "/",
            "/docs",
            "/openapi.json",
            "/asyncapi.json",
            "/.well-known/api-catalog",
            "/problems",
        ):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["strict-transport-security"]
            assert "server" not in answer.headers
        docs = await client.get("/docs")
        assert "script-src 'self'" in docs.headers["content-security-policy"], "the page's own policy holds"
