"""Identity's keys at the services: rotation while tokens are in use, and what is no key set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web

from shared.auth import TokenRefused, Verifier
from shared.clock import SystemClock
from shared.keys import keep_keys_fresh
from shared.testing import AUDIENCE, ISSUER, Tokens, eventually


class Publisher:
    """Identity's address of keys; `answer` is what it says now."""

    url: str
    answer: Any = None
    asked = 0

    async def handle(self, _: web.Request) -> web.Response:
        self.asked += 1
        if self.answer is None:
            raise web.HTTPServiceUnavailable
        return web.json_response(self.answer)

    def publish(self, *signers: Tokens) -> None:
        self.answer = {"keys": [key.as_dict(private=False) for one in signers for key in one.keys.keys]}


@asynccontextmanager
async def following() -> AsyncIterator[tuple[Publisher, Verifier]]:
    """A publisher, and a verifier that follows it."""
    publisher, app = Publisher(), web.Application()
    app.router.add_get("/jwks.json", publisher.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks.json"
    verifier = Verifier(SystemClock(), issuer=ISSUER, audience=AUDIENCE)
    task = asyncio.create_task(keep_keys_fresh(verifier, url))
    try:
        yield publisher, verifier
        assert not task.done(), "it follows as long as the service runs"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await runner.cleanup()


def takes(verifier: Verifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except TokenRefused:
        return False
    return True


async def test_tokens_in_use_are_taken_all_through_a_rotation() -> None:
    """As identity rotates: the next key is published, then signs; the one before goes when its tokens are over."""
    old, new = Tokens("old"), Tokens("new")
    in_use, later = old.mint(), new.mint()
    async with following() as (publisher, verifier):
        publisher.publish(old)
        await eventually(lambda: takes(verifier, in_use), what="the first key is known")
        publisher.publish(old, new)
        assert not takes(verifier, later), "for now; and it makes the verifier ask soon"
        await eventually(lambda: takes(verifier, later), what="the next key is known")
        assert takes(verifier, in_use)
        publisher.publish(new)
        assert not takes(verifier, Tokens("unknown").mint())
        await eventually(lambda: not takes(verifier, in_use), what="the old key is forgotten")
        assert takes(verifier, later)


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"keys": []}, {"keys": "none"}, {"keys": [1]}, {"keys": [{"kty": "EC"}]}, {"keys": [{}]}],
)
async def test_what_is_no_key_set_changes_nothing_and_ends_nothing(answer: Any) -> None:
    old, new = Tokens("old"), Tokens("new")
    in_use = old.mint()
    async with following() as (publisher, verifier):
        publisher.publish(old)
        await eventually(lambda: takes(verifier, in_use), what="the first key is known")
        publisher.answer, before = answer, publisher.asked
        assert not takes(verifier, new.mint())
        await eventually(lambda: publisher.asked > before, what="it asks again")
        assert takes(verifier, in_use)
        publisher.publish(new)
        assert not takes(verifier, Tokens("unknown").mint())
        await eventually(lambda: takes(verifier, new.mint()), what="the next key is known")


async def test_a_flood_of_unknown_keys_makes_it_ask_once_a_second_at_most() -> None:
    old = Tokens("old")
    async with following() as (publisher, verifier):
        publisher.publish(old)
        await eventually(lambda: takes(verifier, old.mint()), what="the first key is known")
        before, began = publisher.asked, asyncio.get_running_loop().time()
        while publisher.asked < before + 2:
            takes(verifier, Tokens("unknown").mint())
            await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - began >= 0.9
