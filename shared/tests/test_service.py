"""What a service does beside its routes: it keeps at it, and says when it does not."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.auth import TokenRefused
from shared.clock import SystemClock
from shared.db import Database, new_metadata
from shared.events import Envelope
from shared.events.procedures import CaseSubmitted
from shared.ids import new_id
from shared.inbox import Consumer, inbox_table
from shared.outbox import outbox_table
from shared.settings import KafkaSettings, ServiceSettings
from shared.testing import Tokens, client_of, eventually, free_port
from shared.web import Parts, create_service

metadata = new_metadata()
outbox_table(metadata)
inbox_table(metadata)


class Keys:
    """Answers as identity does where it publishes its keys, with whatever a test puts there."""

    def __init__(self) -> None:
        self.answer = b"{}"
        self.asked = 0
        keys = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(keys.answer)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, tokens: Tokens) -> None:
        self.answer = json.dumps(tokens.keys.as_dict(private=False)).encode()


@pytest.fixture
def keys() -> Iterator[Keys]:
    keys = Keys()
    yield keys
    keys.server.shutdown()
    keys.server.server_close()


@pytest.fixture(scope="module")
async def database_url(postgres: Any) -> str:
    url: str = postgres.create_database("a_service")
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
    await database.close()
    return url


async def nothing(_: Any, __: Envelope, ___: Any) -> None:
    return


def service(url: str, kafka: KafkaSettings, *, background: Any = (), **settings: Any) -> FastAPI:
    """A service without routes of its own."""
    given = ServiceSettings(database_url=SecretStr(url), port=0, **settings)
    parts = Parts.of(given, kafka)
    consumer = Consumer(
        parts.database,
        kafka,
        SystemClock(),
        group=f"service-{new_id().hex[-8:]}",
        handlers={CaseSubmitted: nothing},
        prefix="vn.motcua",
    )
    return create_service(
        given,
        parts,
        name="procedures",
        title="A service",
        description="",
        version="1.0.0",
        routers=[],
        consumer=consumer,
        background=background,
    )


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


async def test_a_service_is_ready_when_database_keys_relay_and_consumer_are_there(
    database_url: str, kafka: Any, keys: Keys, tokens: Tokens
) -> None:
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers)
    async with running(service(database_url, settings, jwks_url=keys.url)) as client:
        early = await client.get("/readyz")
        assert (early.status_code, early.json()["keys"]) == (503, False)
        keys.publish(tokens)

        async def ready() -> Any:
            answer = await client.get("/readyz")
            return answer.json() if answer.status_code == 200 else None

        answer = await eventually(ready)
        assert answer == {"database": True, "keys": True, "relay": True, "consumer": True}


async def test_a_service_whose_relay_does_not_run_is_not_ready(
    database_url: str, kafka: Any, keys: Keys, tokens: Tokens
) -> None:
    keys.publish(tokens)
    nowhere = KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    async with running(service(database_url, nowhere, jwks_url=keys.url)) as client:

        async def waiting() -> Any:
            answer = (await client.get("/readyz")).json()
            return answer if answer["keys"] else None

        answer = await eventually(waiting)
        assert answer == {"database": True, "keys": True, "relay": False, "consumer": False}


async def test_a_process_without_relay_and_consumer_does_not_wait_for_them(
    database_url: str, keys: Keys, tokens: Tokens
) -> None:
    keys.publish(tokens)
    app = service(database_url, KafkaSettings(), jwks_url=keys.url, relay=False, consumers=False)
    async with running(app) as client:

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await eventually(ready)


async def test_background_work_that_fails_is_begun_again_and_is_not_lost_in_silence(
    database_url: str,
) -> None:
    begun = 0

    async def fragile() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise LookupError("nobody thought of this")
        await asyncio.Event().wait()

    app = service(database_url, KafkaSettings(), background=[fragile], relay=False, consumers=False)
    with capture_logs() as logs:
        async with running(app):
            await eventually(lambda: begun == 3)
    failures = [line for line in logs if line["event"] == "background.failed"]
    assert [str(line["exc_info"]) for line in failures] == ["nobody thought of this"] * 2


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"<html>", b"[]", b"7", b'{"keys": 1}', b'{"keys": [{"kty": "?"}]}', b'{"keys": [null]}'],
)
async def test_whatever_answers_in_the_place_of_keys_they_are_asked_for_again(
    database_url: str, keys: Keys, tokens: Tokens, nonsense: bytes
) -> None:
    keys.answer = nonsense
    app = service(database_url, KafkaSettings(), jwks_url=keys.url, relay=False, consumers=False)
    async with running(app):
        await eventually(lambda: keys.asked)
        assert not app.state.verifier.ready
        keys.publish(tokens)
        await eventually(lambda: app.state.verifier.ready)
        app.state.verifier.verify(tokens.mint())


async def test_a_token_of_a_new_key_has_the_keys_fetched_soon(
    database_url: str, keys: Keys, tokens: Tokens
) -> None:
    keys.publish(Tokens())
    app = service(database_url, KafkaSettings(), jwks_url=keys.url, relay=False, consumers=False)
    verifier = app.state.verifier

    def accepted() -> bool:
        try:
            verifier.verify(tokens.mint())
        except TokenRefused:
            return False
        return True

    async with running(app):
        await eventually(lambda: verifier.ready)
        assert not accepted()
        keys.publish(tokens)
        await eventually(accepted)
