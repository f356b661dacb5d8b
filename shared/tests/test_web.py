"""What all services do alike at the edge: limits of bodies, background work that fails."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx import AsyncClient
from pydantic import BaseModel

from shared.auth import public, requires
from shared.settings import KafkaSettings, ServiceSettings
from shared.testing import client_of
from shared.web import Once, Parts, create_service, streams
from shared.web.app import Background
from shared.web.middleware import BODY_LIMIT

router = APIRouter(prefix="/things/v1")


class Thing(BaseModel):
    name: str


@router.post("/things", dependencies=[public()])
async def make(thing: Thing, once: Once) -> int:
    return len(thing.name)


@router.post("/guarded", dependencies=[requires("things:things:write")])
async def make_guarded(thing: Thing) -> int:
    return len(thing.name)


@router.post("/streamed", dependencies=[public()])
async def take_streamed(request: Request) -> int:
    streams(request)
    return sum([len(piece) async for piece in request.stream()])


def service(*background: Background) -> FastAPI:
    settings = ServiceSettings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing", port=0, relay=False
    )
    return create_service(
        settings,
        Parts.of(settings, KafkaSettings()),
        name="things",
        title="Things",
        description="",
        version="1.0.0",
        routers=[router],
        background=background,
    )


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    async with client_of(service()) as asking:
        yield asking


async def pieces(size: int) -> AsyncIterator[bytes]:
    """So many bytes whose number is not announced."""
    for _ in range(size // 1024):
        yield b"x" * 1024


JSON = {"content-type": "application/json"}


async def test_a_body_up_to_the_limit_is_read(client: AsyncClient) -> None:
    content = b'{"name":"%b"}' % (b"x" * (BODY_LIMIT - 11))
    assert len(content) == BODY_LIMIT
    answer = await client.post("/things/v1/things", content=content, headers=JSON)
    assert (answer.status_code, answer.json()) == (200, BODY_LIMIT - 11)


@pytest.mark.parametrize("path", ["/things/v1/things", "/things/v1/guarded"])
@pytest.mark.parametrize(
    "headers", [{}, JSON, JSON | {"idempotency-key": "k"}], ids=["untyped", "json", "once"]
)
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused_before_all_of_it_is_held(
    client: AsyncClient, path: str, headers: dict[str, str], announced: bool
) -> None:
    size = 2 * BODY_LIMIT
    content = b"x" * size if announced else pieces(size)
    answer = await client.post(path, content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/too-large"
    assert answer.headers["api-version"] == "1.0.0"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_route_that_streams_counts_itself(client: AsyncClient, announced: bool) -> None:
    size = 3 * BODY_LIMIT
    answer = await client.post("/things/v1/streamed", content=b"x" * size if announced else pieces(size))
    assert (answer.status_code, answer.json()) == (200, size)


async def test_background_work_that_fails_begins_anew_and_the_rest_goes_on() -> None:
    begun, anew, told = [], asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        begun.append(1)
        if len(begun) < 3:
            raise TypeError("a defect")
        anew.set()
        await asyncio.Event().wait()

    async def goes_on() -> None:
        await anew.wait()
        told.set()

    app = service(fails, goes_on)
    async with app.router.lifespan_context(app), asyncio.timeout(20):
        await told.wait()
    assert len(begun) == 3
