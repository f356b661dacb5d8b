"""`python -m tests.seed`: a database of procedures with a million invented cases and ten million log entries.

As the service would have written it over three years, by its own rules: sealed, chained, and sound to
`procedures verify`. Begun again after an interruption it goes on where it was; what is there already stays.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from launcher.errors import LauncherError
from launcher.postgres import Postgres
from launcher.state import State
from procedures.anchors.operations import anchor_days
from procedures.calendars.operations import national_calendar
from shared.clock import SystemClock
from shared.migrations import upgrade
from shared.testing import free_port
from tests.seed.filling import DAYS, Plan, fill, missing, opened
from tests.seed.offices import open_offices

ROOT = Path(__file__).parents[2]
MASTER_KEY = f"1:{'A' * 43}"
"""Of a database that holds nothing but invention."""


@contextmanager
def server() -> Iterator[str]:
    """The database to be filled: `PROCEDURES_DATABASE_URL`, or one in the folder `MOTCUA_LARGE`."""
    if named := os.environ.get("PROCEDURES_DATABASE_URL"):
        yield named
        return
    folder = Path(os.environ.get("MOTCUA_LARGE") or State.here().folder / "large").absolute()
    own = Postgres(folder, port=free_port())
    own.start()
    print(f"The database is in {folder}.", flush=True)
    try:
        yield own.create_database("procedures")
    finally:
        own.stop()


async def prepare(url: str, master_key: str, count: int) -> Plan:
    """Agencies and procedures are there; what is to be filled. Three years end with yesterday."""
    calendar = national_calendar()
    today = calendar.local_date(SystemClock().now())
    midnight = datetime(today.year, today.month, today.day, tzinfo=ZoneInfo(calendar.time_zone))
    async with opened(url, master_key) as database:
        return Plan(await open_offices(database, midnight.astimezone(UTC) - timedelta(days=DAYS)), count)


async def finish(url: str, master_key: str) -> str:
    """Let the planner know what there is, and anchor the days of the log; tells how large it has become."""
    async with opened(url, master_key) as database:
        async with database.reading() as tx:
            await tx.execute(
                text("VACUUM (ANALYZE)")
            )  # also sums up the pages, so that the entries of a day are found
        await anchor_days(database, SystemClock().now())
        async with database.reading() as tx:
            size: str = (await tx.execute(_SIZE)).scalar_one()
            return size


_SIZE = text("SELECT pg_size_pretty(pg_database_size(current_database()))")


async def _missing(url: str, master_key: str, plan: Plan) -> list[range]:
    async with opened(url, master_key) as database:
        return await missing(database, plan)


def seed(url: str, master_key: str, count: int, processes: int) -> None:
    """Fill the database as far as it is not filled yet, telling how far it is."""
    upgrade(ROOT / "services/procedures/migrations", url)
    plan = asyncio.run(prepare(url, master_key, count))
    left = asyncio.run(_missing(url, master_key, plan))
    total, began = sum(plan.cases_in(period) for period in left), time.monotonic()
    print(f"{count - total} of {count} cases are there; {len(left)} parts are to be made.", flush=True)
    done = entries = 0
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for part in as_completed([pool.submit(fill, url, master_key, plan, period) for period in left]):
            done, entries = done + part.result()[0], entries + part.result()[1]
            seconds = time.monotonic() - began
            remaining = seconds / done * (total - done)
            print(f"  {done} of {total} cases, {entries} log entries, {done / seconds:.0f} cases/s;"
                  f" about {remaining / 60:.0f} min left", flush=True)  # fmt: skip
    print("Counting for the planner, and anchoring the days of the log …", flush=True)
    size = asyncio.run(finish(url, master_key))
    print(f"Done in {(time.monotonic() - began) / 60:.1f} min: {size}.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.seed", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    master_key = os.environ.get("PROCEDURES_MASTER_KEY", MASTER_KEY)
    try:
        with server() as url:
            seed(url, master_key, chosen.cases, chosen.processes)
    except LauncherError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next call goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
