"""A gateway on a real socket, services that do as they are told, and a client that sends exact bytes."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
import uvicorn

from gateway.app import Gateway, create_app, server_of
from gateway.proxy.settings import ProxySettings, UpstreamSettings
from shared.auth import Verifier
from shared.clock import SystemClock
from shared.testing import AUDIENCE, ISSUER, Tokens, eventually

CONTRACT = {
    "openapi": "3.1.0",
    "servers": [{"url": "http://127.0.0.1:8000/procedures/v1"}],
    "paths": {
        "/procedures": {"get": {"security": []}},
        "/cases": {"post": {"security": [{"oauth2": ["procedures:cases:write"]}]}},
        "/cases/{id}": {"get": {"security": [{"oauth2": ["procedures:cases:read"]}]}},
    },
}


@dataclass
class Asked:
    """A request as a service received it."""

    line: str
    headers: list[tuple[str, str]]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def values(self, name: str) -> list[str]:
        return [value for sent, value in self.headers if sent == name]

    def value(self, name: str) -> str | None:
        return next(iter(self.values(name)), None)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        if self.value("transfer-encoding") == "chunked":
            while size := int(await self.reader.readline(), 16):
                yield await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
            return
        left = int(self.value("content-length") or 0)
        while left:
            piece = await self.reader.read(min(left, 1 << 16))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece

    async def body(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])

    async def say(self, answer: bytes) -> None:
        """Send exactly these bytes."""
        self.writer.write(answer)
        await self.writer.drain()

    async def answer(self, body: bytes = b"{}", status: str = "200 OK", headers: str = "") -> None:
        """Send an ordinary answer."""
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {len(body)}\r\n\r\n"
        await self.say(head.encode() + body)


Behaviour = Callable[[Asked], Awaitable[None]]


@dataclass
class Upstream:
    """A service. `behave` answers each request but those for its contract."""

    port: int = 0
    connections: int = 0
    left: int = 0
    asked: list[Asked] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    behave: Behaviour = Asked.answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = (line.partition(": ") for line in head[1:] if line)
                asked = Asked(head[0], [(name.lower(), value) for name, _, value in pairs], reader, writer)
                if "/openapi.json" in asked.line:
                    await asked.answer(json.dumps(CONTRACT).encode())
                    continue
                self.asked.append(asked)
                await self.behave(asked)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left += 1
        finally:
            writer.close()


@asynccontextmanager
async def upstream() -> AsyncIterator[Upstream]:
    """A service on a port of its own."""
    service = Upstream()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0, limit=1 << 20)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
        for writer in service.writers:
            writer.close()


@dataclass
class Answer:
    """An answer as a client received it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def value(self, name: str) -> str | None:
        return next((value for sent, value in self.headers if sent == name), None)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One connection to the gateway."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer."""
        async with asyncio.timeout(20):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.partition(": ") for line in lines[1:] if line)
            answer = Answer(int(lines[0].split()[1]), [(name, value) for name, _, value in pairs], b"")
            if head_only or answer.status in (100, 204, 304):
                return answer
            if answer.value("transfer-encoding") == "chunked":
                while size := int(await self.reader.readline(), 16):
                    answer.body += await self.reader.readexactly(size)
                    await self.reader.readexactly(2)
                await self.reader.readexactly(2)
            elif (length := answer.value("content-length")) is not None:
                answer.body = await self.reader.readexactly(int(length))
            else:
                answer.body = await self.reader.read()
            return answer

    async def closed(self) -> bool:
        """Whether the gateway closes the connection and sends nothing more."""
        async with asyncio.timeout(20):
            return await self.reader.read() == b""


@dataclass
class Running:
    """A gateway that runs."""

    port: int
    log: BytesIO

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()

    async def ask(self, method: str, path: str, headers: str = "", body: bytes = b"") -> Answer:
        """Ask once, on a connection of its own."""
        async with self.client() as client:
            length = f"content-length: {len(body)}\r\n" if body else ""
            head = f"{method} {path} HTTP/1.1\r\nhost: gateway.test\r\n{length}{headers}\r\n"
            await client.send(head.encode() + body)
            return await client.answer(head_only=method == "HEAD")


Gateways = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture(scope="session")
def gateway(tokens: Tokens) -> Gateways:
    """`async with gateway(service, **settings) as running:` a gateway in front of `service`."""

    @asynccontextmanager
    async def run(
        procedures: Upstream, *, upstream: dict[str, Any] | None = None, **settings: Any
    ) -> AsyncIterator[Running]:
        reached = {"url": procedures.url, **(upstream or {})}
        all_settings = ProxySettings(
            port=0,
            procedures=UpstreamSettings(**reached),
            **settings,
        )
        verifier = Verifier(SystemClock(), issuer=ISSUER, audience=AUDIENCE, keys=tokens.keys)
        log = BytesIO()
        app = create_app(all_settings, portal=portal, verifier=verifier, log=log)
        async with _serving(app, all_settings) as server:
            running = Running(server.servers[0].sockets[0].getsockname()[1], log)
            told, procedures.behave = procedures.behave, Asked.answer
            await eventually(lambda: _knows_contract(running), what="the gateway reads the contract")
            await eventually(lambda: not server.server_state.connections, what="who asked for it has gone")
            procedures.asked.clear()
            procedures.behave = told
            yield running

    return run


async def _knows_contract(running: Running) -> bool:
    answer = await running.ask("GET", "/procedures/v1/cases/1")
    return answer.status == 401 and answer.value("traceparent") is not None


@pytest.fixture
async def service() -> AsyncIterator[Upstream]:
    async with upstream() as one:
        yield one


@pytest.fixture
async def another() -> AsyncIterator[Upstream]:
    async with upstream() as one:
        yield one


@asynccontextmanager
async def _serving(app: Gateway, settings: ProxySettings) -> AsyncIterator[uvicorn.Server]:
    """Run the server in a thread, on an event loop of its own."""
    server = server_of(app, settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        await eventually(lambda: server.started or not thread.is_alive(), every=0.005)
        yield server
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join)


async def portal(scope: Any, receive: Any, send: Any) -> None:
    """Stands in for the portal: echoes the body it is sent."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message.get("more_body", False)
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"max-age=60")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"portal " + scope["path"].encode() + b" " + body})
