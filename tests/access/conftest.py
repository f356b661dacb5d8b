"""Every member in this process, each over its own migrated database, on a Monday morning that does not pass."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import SetClock
from shared.testing import Tokens, client_of
from tests.access import gateway_world, identity_world, open_data_world, participation_world, procedures_world
from tests.access.walk import Ground
from tests.applications import MEMBERS

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""Nine in the morning in Vietnam."""

_WORLDS: dict[str, type[Ground]] = {
    "identity": identity_world.World,
    "procedures": procedures_world.World,
    "open-data": open_data_world.World,
    "participation": participation_world.World,
    "gateway": gateway_world.World,
}


@pytest.fixture(scope="session")
async def grounds(
    migrated_database: Callable[[str, Path], str], tokens: Tokens, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Ground]]:
    """Member -> the world in which it runs, as long as the session."""
    async with AsyncExitStack() as stack:
        worlds = {}
        for name, member in MEMBERS.items():
            clock = SetClock(MONDAY)
            url = migrated_database(f"access_{name.replace('-', '_')}", member.folder / "migrations")
            app = member.create(url, tmp_path_factory.mktemp(name), clock)
            app.state.verifier.use_keys(tokens.keys)
            http = await stack.enter_async_context(client_of(app))
            stack.push_async_callback(app.state.parts.database.close)
            worlds[name] = _WORLDS[name](app, http, clock, tokens)
            await worlds[name].prepare()
            stack.push_async_callback(worlds[name].finish)
        yield worlds


@pytest.fixture
def world_of(grounds: dict[str, Ground]) -> Callable[[str], Ground]:
    """`world_of("procedures")`: the member's world on Monday morning."""

    def of(member: str) -> Ground:
        grounds[member].clock.set(MONDAY)
        return grounds[member]

    return of
