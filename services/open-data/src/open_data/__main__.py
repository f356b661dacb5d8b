"""`python -m open_data`: the server, the relay, the consumers and the publisher in one process.

Beside the commands of every service: `publish` and `rebuild`, and `sample` for trying the platform out.
"""

import argparse
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from open_data import operations
from open_data.app import create_app, lake_of
from open_data.domain.version import Version
from open_data.publisher import Publisher
from open_data.sample import load_sample
from open_data.settings import Settings
from shared.clock import SystemClock
from shared.db import Database
from shared.errors import MotcuaError
from shared.process import Command, Program, main
from shared.settings import ServiceSettings

Published = AsyncIterator[tuple[str, Version | None]]


async def _publish(_: argparse.Namespace, settings: ServiceSettings) -> int:
    return await _told(settings, Publisher.publish)


async def _rebuild(_: argparse.Namespace, settings: ServiceSettings) -> int:
    return await _told(settings, Publisher.rebuild)


async def _sample(_: argparse.Namespace, settings: ServiceSettings) -> int:
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    async with database.transaction() as tx:
        cases = await load_sample(tx)
    await database.close()
    print(f"open_data: {cases} invented cases are loaded")
    return await _publish(_, settings)


async def _told(settings: ServiceSettings, work: Callable[[Publisher], Published]) -> int:
    """Do the work and say of each dataset what was published."""
    assert isinstance(settings, Settings)
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        async with database.transaction() as tx:
            await operations.offer_datasets(tx, settings.publisher)
        async for slug, version in work(Publisher(database, lake_of(settings), SystemClock())):
            print(f"open_data: {slug}: {f'version {version.number}' if version else 'nothing new'}")
    except MotcuaError as error:
        print(f"open_data: {error} {error.extensions}", file=sys.stderr)
        return 1
    finally:
        await database.close()
    return 0


PROGRAM = Program(
    name="open_data",
    settings=Settings,
    create_app=create_app,
    migrations=Path(__file__).parents[2] / "migrations",
    commands=(
        Command("publish", "publish the datasets that changed", _publish),
        Command("rebuild", "compute the datasets from the facts again, and prove the latest", _rebuild),
        Command("sample", "load invented cases and ratings, and publish them", _sample),
    ),
)

if __name__ == "__main__":
    sys.exit(main(PROGRAM))
