"""The gateway's portal side, ready to be asked; a receiver of webhooks; events to put into the log."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from aiohttp import web
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import text
from standardwebhooks import Webhook

from gateway.deliveries.operations import take_up
from gateway.deliveries.settings import WebhookSettings
from gateway.dispatch.app import deliverer_of
from gateway.portal.app import create_portal
from gateway.routing import Service
from gateway.settings import Settings
from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.stream.listening import Alarm, keep_listening
from gateway.stream.settings import StreamSettings
from gateway.subscriptions import store
from gateway.subscriptions.operations import Details, create_subscription, signing_secrets
from gateway.vault import Vault
from shared.clock import Clock, SystemClock
from shared.db import Database
from shared.events import Envelope, Event
from shared.events.audience import OFFERED
from shared.events.procedures import CaseDecided, CaseSubmitted
from shared.ids import new_id
from shared.settings import KafkaSettings
from shared.testing import Tokens, client_of, eventually, free_port
from shared.web import Parts

MIGRATIONS = Path(__file__).parents[2] / "migrations"
SECRETS_KEY = "A" * 43
AGENCY = "H99.01"
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


@pytest.fixture(scope="session")
def gateway_url(migrated_database: Callable[[str, Path], str]) -> str:
    return migrated_database("gateway", MIGRATIONS)


@pytest.fixture
async def gateway_database(gateway_url: str) -> AsyncIterator[Database]:
    """The gateway's database, empty."""
    database = Database(gateway_url)
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "TRUNCATE gateway_events, subscriptions, grants, outbox, inbox, contracts RESTART IDENTITY CASCADE"
            )
        )
    yield database
    await database.close()


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(gateway_url: str) -> MakeSettings:
    """Settings for this test: `make_settings(webhooks={…}, stream={…}, …)`."""

    def make(
        *, webhooks: dict[str, Any] | None = None, stream: dict[str, Any] | None = None, **more: Any
    ) -> Settings:
        nowhere = {
            service.name.lower(): {"url": NOWHERE} for service in Service if service.name.lower() not in more
        }
        return Settings(
            database_url=gateway_url,
            jwks_url=NOWHERE,
            **nowhere,
            webhooks=WebhookSettings(secrets_key=SECRETS_KEY, loopback=True, **(webhooks or {})),
            stream=StreamSettings(**(stream or {})),
            **more,
        )

    return make


@pytest.fixture
async def portal(
    gateway_database: Database, make_settings: MakeSettings, tokens: Tokens
) -> AsyncIterator[FastAPI]:
    """The portal without its background work."""
    settings = make_settings()
    parts = Parts.of(settings, KafkaSettings())
    app = create_portal(settings, parts)
    app.state.verifier.use_keys(tokens.keys)
    yield app
    await parts.database.close()


@pytest.fixture
async def client(portal: FastAPI) -> AsyncIterator[AsyncClient]:
    async with client_of(portal) as asking:
        yield asking


@pytest.fixture
def case_event() -> Callable[..., Envelope]:
    """`case_event(kind, agency=…, case=…)`: an event of a case, as procedures would tell it."""
    return _case_event


def _case_event(
    kind: type[CaseSubmitted] | type[CaseDecided] = CaseSubmitted,
    *,
    agency: str = AGENCY,
    procedure: str = "1.001",
    applicant: str = "someone",
    case: UUID | None = None,
    sequence: int = 1,
) -> Envelope:
    facts: dict[str, Any] = {
        "code": f"{agency}-261123-0001",
        "procedure": procedure,
        "version": 1,
        "agency": agency,
        "applicant": applicant,
        "status": "submitted",
    }
    event: Event = CaseDecided(**facts, outcome="granted") if kind is CaseDecided else CaseSubmitted(**facts)
    return event.envelope(subject=case or new_id(), sequence=sequence, at=SystemClock().now())


@pytest.fixture
def happen(gateway_database: Database) -> Callable[..., Any]:
    """`await happen(envelope, …)`: the gateway takes up events, as its consumer does."""

    async def happen(*envelopes: Envelope) -> None:
        async with gateway_database.transaction() as tx:
            for envelope in envelopes:
                await take_up(tx, envelope, now=SystemClock().now())

    return happen


@dataclass
class Hook:
    """One request that the receiver got."""

    headers: dict[str, str]
    body: bytes
    at: datetime

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """An integrator's server on loopback. Answers as told, else with 204; agrees to the handshake if told so."""

    url: str = ""
    agrees: bool = True
    hooks: list[Hook] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: deque[web.Response] = field(default_factory=deque)
    answer: Callable[[Hook], Any] | None = None

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """Every event that came, its signature checked by the Standard Webhooks library."""
        return [Webhook(secret).verify(hook.body, hook.headers) for hook in self.hooks]

    @property
    def ids(self) -> list[str]:
        return [hook.id for hook in self.hooks]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.method == "OPTIONS":
            self.asked.append(headers)
            allowed = {"WebHook-Allowed-Origin": headers["webhook-request-origin"]} if self.agrees else {}
            return web.Response(headers=allowed)
        hook = Hook(headers, await request.read(), datetime.now(UTC))  # noqa: TID251
        self.hooks.append(hook)
        if self.answer is not None:
            answered: web.StreamResponse = await self.answer(hook)
            return answered
        return self.answers.popleft() if self.answers else web.Response(status=204)


OpenReceiver = Callable[[], AbstractAsyncContextManager[Receiver]]


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/hook", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as one:
        yield one


@pytest.fixture
def receivers() -> OpenReceiver:
    """`async with receivers() as receiver`: for tests with several."""
    return open_receiver


@asynccontextmanager
async def _running(*works: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def running() -> Callable[..., AbstractAsyncContextManager[None]]:
    """`async with running(work(), …)`: things that run until cancelled, for the length of the block."""
    return _running


@pytest.fixture
def served() -> Callable[[FastAPI], AbstractAsyncContextManager[str]]:
    """`async with served(app) as address`: the application behind a real server, with its background work."""
    return _served


@asynccontextmanager
async def _served(app: FastAPI, *, lifespan: str = "on") -> AsyncIterator[str]:
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, lifespan=lifespan, log_config=None, timeout_graceful_shutdown=1)
    )
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, what="the server is up")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@dataclass(frozen=True)
class Subscribed:
    """An active subscription and its secret."""

    id: UUID
    secret: str


@pytest.fixture
def subscribed(gateway_database: Database) -> Callable[..., Any]:
    """`await subscribed(url, types=…, client=…)`: an active subscription, its handshake left out."""
    vault = Vault(SECRETS_KEY)

    async def subscribe(
        callback: str, *, types: tuple[str, ...] = ("procedures.case.*",), client: str = "mine"
    ) -> Subscribed:
        now = SystemClock().now()
        sight = Sight(frozenset(OFFERED), client=client)
        details = Details(callback, None, Interest(frozenset(types)), sight)
        async with gateway_database.transaction() as tx:
            made = await create_subscription(tx, vault, client, details, limit=1000, now=now)
            await store.save(tx, made.prove(now))
        return Subscribed(made.id, signing_secrets(vault, made, now)[0])

    return subscribe


@pytest.fixture
def delivering(
    gateway_url: str, gateway_database: Database, make_settings: MakeSettings
) -> Callable[..., AbstractAsyncContextManager[None]]:
    """`async with delivering(clock, **webhooks)`: a deliverer at work."""

    @asynccontextmanager
    async def deliver(clock: Clock | None = None, **webhooks: Any) -> AsyncIterator[None]:
        settings = make_settings(webhooks=webhooks)
        parts, alarm = Parts.of(settings, KafkaSettings(), clock=clock), Alarm()
        deliverer = deliverer_of(settings, parts, alarm)
        try:
            async with _running(deliverer.run(), keep_listening(alarm, gateway_url)):
                yield
        finally:
            await parts.database.close()

    return deliver


@pytest.fixture
def status_of(gateway_database: Database) -> Callable[..., Any]:
    """`await status_of(subscription)`: its status, and its deliveries' statuses and attempts in order."""

    async def read(subscription: Subscribed) -> tuple[str, list[tuple[str, int]]]:
        async with gateway_database.reading() as connection:
            found = await store.find(connection, "mine", subscription.id)
            rows = await connection.execute(
                text(
                    "SELECT status, attempts FROM deliveries WHERE subscription_id = :id ORDER BY position"
                ).bindparams(id=subscription.id)
            )
            assert found is not None
            return found.status.value, [(row.status, row.attempts) for row in rows]

    return read
