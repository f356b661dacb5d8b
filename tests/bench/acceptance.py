"""What accepting a case writes, as plainly as PostgreSQL can be asked for it: `pgbench` on the tables of the service.

The case that was accepted last is read back, and what that wrote of it (log entry, state, task, timers, event)
becomes the script, value by value: lock a case, write all that, commit. It is done to the cases that `ThreeInserts` left,
one at random each time.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text

from shared.db import Database
from tests.bench.pgbench import insert, literals, transactions_per_second

_PICKED = (
    "DROP TABLE IF EXISTS picked",
    "CREATE TABLE picked AS SELECT row_number() OVER () AS n, id FROM (SELECT id FROM cases LIMIT 20000) AS chosen",
    "CREATE UNIQUE INDEX ON picked (n)",
)
_ENTRY = """SELECT * FROM case_log WHERE act->>'kind' = 'accepted' AND at > now() - interval '1 hour'
    ORDER BY at DESC, case_id"""
_CASE = (
    f"SELECT c.state, c.head, c.status, c.due_at FROM cases c JOIN ({_ENTRY} LIMIT 1) e ON e.case_id = c.id"
)
_TASK = f"SELECT t.* FROM tasks t JOIN ({_ENTRY} LIMIT 1) e USING (case_id)"
_TIMER = f"SELECT t.* FROM timers t JOIN ({_ENTRY} LIMIT 1) e USING (case_id)"
_EVENT = "SELECT * FROM outbox WHERE type LIKE '%.case.accepted.%' ORDER BY position DESC"
_NEW = " ON CONFLICT DO NOTHING;"


class Accepting:
    """pgbench with what was written when the database `accepted` saw a case accepted last."""

    def __init__(self, folder: Path, *, accepted: str, plain: str) -> None:
        """`plain`: the database that it is written to."""
        self._script = folder / "accepting.sql"
        self._script.write_text(asyncio.run(_script(accepted, plain)))
        self._plain = plain

    def per_second(self, *, clients: int, seconds: int) -> float:
        """Transactions a second."""
        return transactions_per_second(self._script, self._plain, clients=clients, seconds=seconds, core=None)


async def _script(accepted: str, plain: str) -> str:
    number = await _pick(plain)
    case = ", ".join(f"{column} = {value}" for column, value in (await literals(accepted, _CASE)).items())
    return "\n".join(
        [
            f"\\set n random(1, {number})",
            "\\set sequence random(2, 1000000000)",
            "BEGIN;",
            "SELECT id FROM picked WHERE n = :n \\gset",
            "SELECT state, code, head, data_key FROM cases WHERE id = :id::uuid FOR UPDATE;",
            insert("case_log", await _of_the_case(accepted, _ENTRY, sequence=":sequence")) + ";",
            f"UPDATE cases SET {case}, sequence = :sequence WHERE id = :id::uuid;",
            "DELETE FROM tasks WHERE case_id = :id::uuid;",
            insert("tasks", await _of_the_case(accepted, _TASK)) + _NEW,
            insert("timers", await _of_the_case(accepted, _TIMER)) + _NEW,
            insert("outbox", await _event(accepted)) + ";",
            "COMMIT;",
            "",
        ]
    )


async def _pick(plain: str) -> int:
    """Number the cases that there are; how many they are."""
    database = Database(plain, pool_size=1)
    try:
        async with database.transaction() as tx:
            for statement in _PICKED:
                await tx.execute(text(statement))
            number: int = (await tx.execute(text("SELECT count(*) FROM picked"))).scalar_one()
    finally:
        await database.close()
    return number


async def _of_the_case(url: str, query: str, **own: str) -> Mapping[str, str]:
    return {**await literals(url, query), "case_id": ":id::uuid", **own}


async def _event(url: str) -> Mapping[str, str]:
    row = {
        **await literals(url, _EVENT),
        "id": "gen_random_uuid()",
        "aggregateid": ":id::uuid",
        "sequence": ":sequence",
    }
    return {column: value for column, value in row.items() if column != "position"}
