"""Every member in this process, each over its own migrated database, on a Monday morning that does not pass."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.clock import SetClock
from shared.testing import Tokens, client_of

if TYPE_CHECKING:
    from tests.access.walk import Ground

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""Nine in the morning in Vietnam."""


@pytest.fixture(scope="session")
async def grounds(
    migrated_database: Callable[[str, Path], str], tokens: Tokens, tmp_path_factory: pytest.TempPathFactory
) -> "AsyncIterator[dict[str, Ground]]":
    """Member -> the world in which it runs, as long as the session."""
    from tests.access.worlds import WORLDS
    from tests.applications import MEMBERS

    async with AsyncExitStack() as stack:
        worlds = {}
        for name, member in MEMBERS.items():
            clock = SetClock(MONDAY)
            url = migrated_database(f"access_{name.replace('-', '_')}", member.folder / "migrations")
            folder = tmp_path_factory.mktemp(name)
            app = member.create(url, folder, clock)
            app.state.verifier.use_keys(tokens.keys)
            http = await stack.enter_async_context(client_of(app))
            stack.push_async_callback(app.state.parts.database.close)
            worlds[name] = WORLDS[name](app, http, clock, tokens, folder)
            await worlds[name].prepare()
            stack.push_async_callback(worlds[name].finish)
        yield worlds


@pytest.fixture
def world_of(grounds: "dict[str, Ground]") -> "Callable[[str], Ground]":
    """`world_of("procedures")`: the member's world on Monday morning."""

    def of(member: str) -> "Ground":
        grounds[member].clock.set(MONDAY)
        return grounds[member]

    return of
