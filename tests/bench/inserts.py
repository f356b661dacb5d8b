"""The same three inserts, as plainly as PostgreSQL can be asked for them: `pgbench` on the tables of the service.

The case that was filed over HTTP last is read back, and its rows of `cases`, `case_log` and `outbox`, value by
value, become the script: begin, three prepared inserts, commit, with an id and a code of its own for each. They go
to a database of their own with the same migrations, so indexes, constraints and sizes are the service's.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from tests.bench.pgbench import insert, literals, transactions_per_second
from tests.bench.programs import COMPARED_CORE

_NEWEST: Mapping[str, str] = {
    "cases": "SELECT * FROM cases ORDER BY id DESC",
    "case_log": "SELECT * FROM case_log ORDER BY case_id DESC, sequence DESC",
    "outbox": "SELECT * FROM outbox WHERE type LIKE '%.case.submitted.%' ORDER BY position DESC",
}
_OWN: Mapping[str, Mapping[str, str]] = {
    "cases": {"id": "uuidv7()", "code": "'H99.00-' || lpad(:number::text, 15, '0')"},
    "case_log": {"case_id": ":id::uuid"},
    "outbox": {"id": "gen_random_uuid()", "aggregateid": ":id::uuid"},
}
"""The columns that differ from case to case; all others are as they were filed."""
_LEFT_OUT = {"position"}  # the database numbers it


async def _script(url: str) -> str:
    lines = ["\\set number random(1, 1000000000000000)", "BEGIN;"]
    for table, own in _OWN.items():
        row = {**await literals(url, _NEWEST[table]), **own}
        values = {column: row[column] for column in row if column not in _LEFT_OUT}
        lines.append(insert(table, values) + (" RETURNING id \\gset" if table == "cases" else ";"))
    return "\n".join([*lines, "COMMIT;", ""])


class ThreeInserts:
    """pgbench with the inserts of the case that was filed last in the database `filed`."""

    def __init__(self, folder: Path, *, filed: str, plain: str) -> None:
        """`plain`: the database that the inserts go to."""
        self._script = folder / "three_inserts.sql"
        self._script.write_text(asyncio.run(_script(filed)))
        self._plain = plain

    def per_second(self, *, clients: int, seconds: int, core: int | None = COMPARED_CORE) -> float:
        """Transactions a second."""
        return transactions_per_second(self._script, self._plain, clients=clients, seconds=seconds, core=core)
