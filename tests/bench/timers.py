"""Firing the timers of many cases that run out in the same instant.

    python -m tests.bench.timers [cases]

Every case has a step and an answer that are overdue, so each is written two acts, two log entries and two events.
PostgreSQL, fsync on, and the process share the cores of the machine.
"""

import asyncio
import json
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from launcher.postgres import Postgres
from procedures.catalogue.operations import Versions
from procedures.domain.definition_json import definition_to_json
from procedures.tables import procedure_versions, procedures
from procedures.timers.operations import fire_timers
from shared.ids import new_id
from shared.migrations import upgrade
from shared.testing import free_port
from tests.bench.redating import AGENCY, DEFINITION, NOW, ROOT, opened_database, seed

LATE = NOW + timedelta(days=90)


async def _simulated(_: AsyncConnection) -> datetime:
    return LATE


async def _fired(url: str, count: int) -> tuple[int, float]:
    database = opened_database(url)
    await seed(database, count)
    async with database.transaction() as tx:
        await tx.execute(procedures.insert().values(code=DEFINITION.code, id=new_id(), agency=AGENCY))
        definition = json.loads(json.dumps(definition_to_json(DEFINITION)))
        row = {"procedure": DEFINITION.code, "version": 1, "status": "published", "definition": definition}
        await tx.execute(procedure_versions.insert().values(**row, findings=[], created_at=NOW))
    began, fired, versions = time.monotonic(), 0, Versions()
    while at_once := await fire_timers(database, versions, LATE, _simulated):
        fired += at_once
    seconds = time.monotonic() - began
    await database.close()
    return fired, seconds


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Postgres(folder / "postgres", port=free_port())
        server.start()
        try:
            url = server.create_database("procedures")
            upgrade(ROOT / "services/procedures/migrations", url)
            fired, seconds = asyncio.run(_fired(url, count))
        finally:
            server.stop()
    print(f"{2 * fired} timers of {fired} cases: {seconds:.1f} s, {2 * fired / seconds:.0f}/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000)
