"""The contracts of the services are read as they come up, and the last good one is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web

from gateway.contracts import Contracts
from shared.testing import eventually

GOOD = {"openapi": "3.1.0", "paths": {"/x": {"get": {"security": []}}}}
BETTER = {"openapi": "3.1.0", "paths": {"/y": {"get": {}}}}


class Memory:
    """A shelf in memory, which can be out of reach."""

    away = False

    def __init__(self, **kept: Any) -> None:
        self.kept: dict[str, Any] = kept

    async def recall(self) -> dict[str, Any]:
        return dict(self.kept)

    async def keep(self, service: str, contract: dict[str, Any]) -> None:
        if self.away:
            raise ConnectionRefusedError
        self.kept[service] = contract


class Service:
    """A service that answers with `answer`; when that is None it is down."""

    url = ""
    asked = 0
    answer: Any = GOOD

    async def handle(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.answer is None:
            raise web.HTTPServiceUnavailable
        if isinstance(self.answer, str):
            return web.Response(text=self.answer)
        return web.json_response(self.answer)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    one, app = Service(), web.Application()
    app.router.add_get("/openapi.json", one.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/openapi.json"
    yield one
    await runner.cleanup()


@asynccontextmanager
async def reading(contracts: Contracts) -> AsyncIterator[None]:
    task = asyncio.create_task(contracts.run())
    try:
        yield
        assert not task.done(), "it reads as long as the gateway runs"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_listeners_are_told_of_each_new_contract_once(service: Service) -> None:
    contracts, told = Contracts({"one": service.url}, every=0.01), list[Any]()
    contracts.tell(lambda *what: told.append(what))
    async with reading(contracts):
        await eventually(lambda: service.asked >= 3)
        service.answer = BETTER
        await eventually(lambda: contracts.at_hand == {"one": BETTER})
    assert told == [("one", GOOD), ("one", BETTER)]
    late = list[Any]()
    contracts.tell(lambda *what: late.append(what))
    assert late == [("one", BETTER)]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "no JSON",
        "[" * 20_000,
        [],
        {},
        {"openapi": "2.0", "paths": {}},
        {"openapi": "3.1.0", "paths": []},
        {"openapi": "3.1.0", "paths": {"/x": {"get": []}}},
        {"openapi": "3.1.0", "paths": {"/x": {"get": {"security": {}}}}},
    ],
)
async def test_what_is_no_contract_changes_nothing(service: Service, answer: Any) -> None:
    contracts = Contracts({"one": service.url}, every=0.01)
    async with reading(contracts):
        await eventually(lambda: contracts.at_hand == {"one": GOOD})
        service.answer, before = answer, service.asked
        await eventually(lambda: service.asked >= before + 2)
        assert contracts.at_hand == {"one": GOOD}
        service.answer = BETTER
        await eventually(lambda: contracts.at_hand == {"one": BETTER})


async def test_a_service_that_is_down_at_the_start_is_known_from_before(service: Service) -> None:
    service.answer = None
    shelf = Memory(one=GOOD, gone=GOOD)
    contracts = Contracts({"one": service.url}, every=0.01, shelf=shelf)
    async with reading(contracts):
        await eventually(lambda: contracts.at_hand == {"one": GOOD}, what="one is recalled, and gone is not")
        service.answer = BETTER
        await eventually(lambda: shelf.kept["one"] == BETTER, what="the new one is kept")


async def test_a_contract_that_could_not_be_kept_is_kept_later(service: Service) -> None:
    shelf = Memory()
    shelf.away = True
    contracts = Contracts({"one": service.url}, every=0.01, shelf=shelf)
    async with reading(contracts):
        await eventually(lambda: contracts.at_hand == {"one": GOOD}, what="it is enforced all the same")
        shelf.away = False
        await eventually(lambda: shelf.kept == {"one": GOOD})


async def test_a_service_that_is_down_keeps_none_of_the_others_waiting(service: Service) -> None:
    contracts = Contracts({"away": "http://127.0.0.1:9/openapi.json", "one": service.url}, every=0.01)
    async with reading(contracts):
        await eventually(lambda: contracts.at_hand == {"one": GOOD})
