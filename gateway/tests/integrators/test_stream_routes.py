"""The stream and the list of events, over HTTP."""

import asyncio
import json
import random
import socket
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx
import pytest
from httpx import AsyncClient
from sqlalchemy import text

from gateway.portal.app import create_portal
from shared.clock import SystemClock
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import eventually
from shared.web import Parts

LISTENS = "events:stream:read procedures:cases:read"


@pytest.fixture
def streaming(gateway_database, make_settings, tokens, served):
    """`async with streaming(queue=…) as client`: the portal behind a server, its feed running."""

    @asynccontextmanager
    async def stream(**settings):
        made = make_settings(
            stream={"heartbeat_seconds": 0.2, **settings},
            webhooks={"deliverer": False},
            relay=False,
            consumers=False,
        )
        app = create_portal(made, Parts.of(made, KafkaSettings()))
        app.state.verifier.use_keys(tokens.keys)
        async with served(app) as address, AsyncClient(base_url=address, timeout=20) as client:
            yield client

    return stream


@asynccontextmanager
async def listening(client, tokens, *, after=None, scope=LISTENS, kind="client", types=("*",), **claims):
    """An open stream: an asynchronous iterator over its lines."""
    headers = tokens.bearer(scope, kind=kind, **claims)
    if after is not None:
        headers["last-event-id"] = str(after)
    parameters = [("types", pattern) for pattern in types]
    async with client.stream("GET", "/events/v1/stream", headers=headers, params=parameters) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 3000"
        yield lines


async def next_events(lines, count):
    """The ids of the next events, each checked against its data."""
    ids, announced = [], None
    async with asyncio.timeout(30):
        while len(ids) < count and (line := await anext(lines, None)) is not None:
            if line.startswith("id: "):
                announced = line.removeprefix("id: ")
            if line.startswith("data: "):
                assert json.loads(line.removeprefix("data: "))["id"] == announced
                ids.append(announced)
    return ids


async def test_an_event_reaches_the_stream_as_a_structured_cloudevent(streaming, tokens, happen, case_event):
    envelope = case_event()
    async with streaming() as client, listening(client, tokens) as lines:
        await happen(envelope)
        frame = {}
        async for line in lines:
            name, _, value = line.partition(": ")
            frame[name] = value
            if name == "data":
                break
    assert frame["id"] == str(envelope.id)
    assert frame["event"] == "vn.motcua.procedures.case.submitted.v1"
    assert json.loads(frame["data"]) == {
        "specversion": "1.0",
        "id": str(envelope.id),
        "type": "vn.motcua.procedures.case.submitted.v1",
        "source": "urn:motcua:procedures",
        "subject": str(envelope.subject),
        "time": envelope.time.isoformat().replace("+00:00", "Z"),
        "dataschema": "http://127.0.0.1:8000/schemas/events/procedures.case.submitted.v1",
        "sequence": "000000000001",
        "partitionkey": str(envelope.subject),
        "datacontenttype": "application/json",
        "data": dict(envelope.data),
        **({"traceparent": envelope.traceparent} if envelope.traceparent else {}),
    }


async def test_a_silent_stream_shows_that_it_lives(streaming, tokens):
    async with streaming() as client, listening(client, tokens) as lines:
        assert [line async for line in take(lines, 4)].count(":") >= 1


async def take(lines, count):
    for _ in range(count):
        yield await anext(lines)


async def test_a_reader_goes_on_after_the_last_event_it_saw(streaming, tokens, happen, case_event):
    envelopes = [case_event() for _ in range(5)]
    async with streaming() as client:
        await happen(*envelopes[:4])
        async with listening(client, tokens, after=envelopes[1].id) as lines:
            assert await next_events(lines, 2) == [str(one.id) for one in envelopes[2:4]]
            await happen(envelopes[4])
            assert await next_events(lines, 1) == [str(envelopes[4].id)]


async def test_readers_that_break_off_at_random_see_each_event_once(streaming, tokens, happen, case_event):
    """Writers write all the while; each reader is cut off again and again and resumes."""
    chance = random.Random(7)
    wanted = [case_event() for _ in range(300)]
    async with streaming() as client:
        marker = case_event()
        await happen(marker)
        seen = {reader: [str(marker.id)] for reader in range(4)}

        async def read(reader):
            ids = seen[reader]
            while len(ids) <= len(wanted):
                async with listening(client, tokens, after=ids[-1]) as lines:
                    ids += await next_events(lines, min(chance.randint(1, 90), len(wanted) + 1 - len(ids)))

        async def write():
            for start in range(0, len(wanted), 7):
                await happen(*wanted[start : start + 7])
                await asyncio.sleep(0.002)

        async with asyncio.timeout(60):
            await asyncio.gather(write(), *(read(reader) for reader in seen))
    expected = [str(one.id) for one in [marker, *wanted]]
    assert all(ids == expected for ids in seen.values())


async def test_an_event_that_is_not_kept_cannot_be_resumed_from(streaming, tokens):
    async with streaming() as client:
        headers = {**tokens.bearer(LISTENS, kind="client"), "last-event-id": str(new_id())}
        answer = await client.get("/events/v1/stream", headers=headers)
    assert answer.status_code == 410
    assert answer.json()["type"] == "/problems/event-not-kept"


async def test_a_reader_that_takes_nothing_is_let_go_and_others_do_not_notice(
    streaming, tokens, happen, case_event
):
    """More is sent than all buffers between the two could hold: what was not taken was thrown away."""
    bulky = "x" * 20_000
    async with streaming(queue=20, send_seconds=0.5) as client, listening(client, tokens) as lines:
        reader, writer = await deaf_reader(client, tokens)
        for _ in range(30):
            await happen(*(case_event(procedure=bulky) for _ in range(20)))
            assert len(await next_events(lines, 20)) == 20
        received = 0
        with suppress(ConnectionError):
            async with asyncio.timeout(20):
                while chunk := await reader.read(2**20):
                    received += chunk.count(b"\ndata: ")
        assert received < 600
        writer.close()


async def deaf_reader(client, tokens):
    """A connection that asks for the stream and then does not read."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plug.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plug, (client.base_url.host, client.base_url.port))
    reader, writer = await asyncio.open_connection(sock=plug, limit=1024)
    token = tokens.bearer(LISTENS, kind="client")["authorization"]
    writer.write(f"GET /events/v1/stream HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n".encode())
    await reader.readuntil(b"retry: ")
    return reader, writer


async def test_the_stream_ends_when_the_token_does(streaming, tokens, happen, case_event):
    async with streaming() as client:
        issued = SystemClock().now() - timedelta(minutes=10) + timedelta(seconds=3)
        async with listening(client, tokens, now=issued) as lines:
            await happen(case_event())
            assert len(await next_events(lines, 1)) == 1
            async with asyncio.timeout(10):
                assert [line async for line in lines if line.startswith("data")] == []


@pytest.mark.parametrize(
    ("claims", "seen"),
    [
        ({"kind": "client"}, 3),
        ({"kind": "client", "agency": "H99.01"}, 2),
        ({"kind": "official", "agency": "H99.02"}, 1),
        ({"kind": "official"}, 0),
        ({"kind": "person", "subject": "someone"}, 2),
        ({"kind": "person", "subject": "nobody"}, 0),
    ],
)
async def test_the_stream_and_the_list_show_the_same_and_only_what_the_caller_may_see(
    streaming, tokens, happen, case_event, claims, seen
):
    marker = case_event()
    happened = [case_event(), case_event(agency="H99.02"), case_event(applicant="x")]
    async with streaming() as client:
        await happen(marker, *happened)
        headers = tokens.bearer(LISTENS, **claims)
        listed = await client.get(f"/events/v1/events?after={marker.id}", headers=headers)
        ids = [event["id"] for event in listed.json()["items"]]
        assert len(ids) == seen
        async with listening(client, tokens, after=marker.id, **claims) as lines:
            assert await next_events(lines, seen) == ids


@pytest.mark.parametrize("path", ["/events/v1/stream", "/events/v1/events"])
async def test_without_a_token_or_the_scope_there_is_nothing_to_hear(client, tokens, path):
    assert (await client.get(path)).status_code == 401
    refused = await client.get(path, headers=tokens.bearer("procedures:cases:read", kind="client"))
    assert refused.status_code == 403
    assert refused.json()["scope"] == "events:stream:read"


@pytest.mark.parametrize("path", ["/events/v1/stream", "/events/v1/events"])
async def test_cases_cannot_be_asked_for_without_the_scope_for_cases(client, tokens, path):
    headers = tokens.bearer("events:stream:read", kind="client")
    refused = await client.get(f"{path}?types=procedures.case.*", headers=headers)
    assert (refused.status_code, refused.json()["scope"]) == (403, "procedures:cases:read")
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/events/v1/stream", "/events/v1/events"])
async def test_another_agency_cannot_be_asked_for(client, tokens, path):
    headers = tokens.bearer(LISTENS, kind="client", agency="H99.01")
    refused = await client.get(f"{path}?agency=H99.02", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/agency-not-yours")


async def test_a_pattern_that_matches_nothing_is_bad_input(client, tokens):
    headers = tokens.bearer(LISTENS, kind="client")
    refused = await client.get("/events/v1/events?types=procedures.*&types=cases.*", headers=headers)
    assert refused.status_code == 400
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/types/1"]


async def test_the_list_is_read_page_by_page_without_gap_or_double(client, tokens, happen, case_event):
    envelopes = [case_event() for _ in range(7)]
    await happen(*envelopes)
    headers, path, ids = tokens.bearer(LISTENS, kind="client"), "/events/v1/events?limit=3", []
    while path:
        page = await client.get(path, headers=headers)
        ids += [event["id"] for event in page.json()["items"]]
        assert (page.json()["next"] is None) is ("link" not in page.headers)
        path = httpx.Response.links.fget(page).get("next", {}).get("url")
    assert ids == [str(one.id) for one in envelopes]


async def test_the_list_is_narrowed_by_type_agency_and_procedure(client, tokens, happen, case_event):
    wanted = case_event(agency="H99.02", procedure="9.9")
    await happen(case_event(), case_event(agency="H99.02"), case_event(procedure="9.9"), wanted)
    headers = tokens.bearer(LISTENS, kind="client")
    query = "types=procedures.case.*&agency=H99.02&procedure=9.9"
    page = await client.get(f"/events/v1/events?{query}", headers=headers)
    assert [event["id"] for event in page.json()["items"]] == [str(wanted.id)]
    assert (
        await client.get(
            f"/events/v1/events?{query}", headers={**headers, "if-none-match": page.headers["etag"]}
        )
    ).status_code == 304


async def test_a_feed_whose_connections_were_cut_goes_on(
    streaming, tokens, happen, case_event, gateway_database
):
    async with streaming() as client, listening(client, tokens) as lines:
        while await anext(lines) != ":":
            pass  # the first sign of life: the reader has joined
        async with gateway_database.transaction() as tx:
            await tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        envelope = case_event()
        await eventually(lambda: try_to(happen, envelope), what="the database answers again")
        assert await next_events(lines, 1) == [str(envelope.id)]


async def try_to(happen, envelope):
    try:
        await happen(envelope)
    except Exception:
        return False
    return True
