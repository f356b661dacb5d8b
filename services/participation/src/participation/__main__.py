"""`python -m participation`: the server, the relay, the consumers and the timer in one process.

Beside the commands of every service: `sample`, for trying the platform out.
"""

import argparse
import sys
from pathlib import Path

from participation.app import create_app
from participation.sample import load_sample
from participation.settings import Settings
from shared.clock import SystemClock
from shared.db import Database
from shared.process import Command, Program, main
from shared.settings import ServiceSettings


async def _sample(_: argparse.Namespace, settings: ServiceSettings) -> int:
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    async with database.transaction() as tx:
        made = await load_sample(tx, SystemClock().now())
    await database.close()
    print(f"participation: the sample {'was loaded' if made else 'is there already'}")
    return 0


PROGRAM = Program(
    name="participation",
    settings=Settings,
    create_app=create_app,
    migrations=Path(__file__).parents[2] / "migrations",
    commands=(Command("sample", "load an invented consultation", _sample),),
)

if __name__ == "__main__":
    sys.exit(main(PROGRAM))
