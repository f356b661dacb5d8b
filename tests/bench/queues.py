"""Work queues at size: a work list over a million cases with each of its filters, and tasks given to another unit.

    python -m tests.bench.queues [cases to reassign] [cases behind the work list]

The cases to reassign are put in place as those of `tests.bench.redating`. Behind the work list stand bare rows:
three of ten cases are open, a third of these at one large unit of one agency, every tenth task is claimed.
Beside the time stands what was used of a core, by this process and by the server's for it: that does not depend
on what else the machine does. Linux alone tells the latter.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID

from sqlalchemy import select, text

from launcher.postgres import Postgres
from procedures.domain.acts import Actor
from procedures.domain.handling import Official
from procedures.domain.reassignment import ToUnit
from procedures.reassignments.operations import (
    get_reassignment,
    order_reassignment,
    plan_reassignment,
    reassign_next,
)
from procedures.reassignments.store import Chosen
from procedures.tables import tasks
from procedures.work_list import store
from procedures.work_list.claims import make_claim
from procedures.work_list.store import Wanted
from shared.db import Database
from shared.migrations import upgrade
from shared.testing import free_port
from tests.bench.redating import AGENCY, NOW, ROOT, opened_database, seed

MANAGER = Actor("manager", "official", AGENCY)
OFFICIAL = Actor("official-1", "official", AGENCY)
UNITS = ("PHONG_LON", "PHONG_01", "PHONG_02")
RUNS = 40

_FILL = (
    """
    INSERT INTO cases (id, code, procedure, version, agency, applicant, status, submitted_at, due_at, sequence,
                       head, state)
    SELECT uuidv7(make_interval(mins => n - :count)), 'B-' || n, 'TP' || n % 50, 1, 'H99.01', 'p' || n % 300000,
           CASE WHEN n % 10 < 7 THEN 'closed' WHEN n % 97 = 0 THEN 'supplement_requested' ELSE 'accepted' END,
           CAST(:now AS timestamptz), NULL, 1, '\\x00', jsonb_build_object('n', n, 'filler', repeat('x', 400))
    FROM generate_series(1, :count) AS n
    """,
    """
    INSERT INTO tasks (case_id, step, agency, unit, role, opened_at, due_at, sort_at, procedure, status)
    SELECT id, 'B' || (n % 7), 'H99.01',
           CASE WHEN n % 3 = 0 THEN 'PHONG_LON' ELSE 'PHONG_' || lpad((n % 40)::text, 2, '0') END, 'XU_LY', CAST(:now AS timestamptz),
           at, at, procedure, status
    FROM (SELECT id, substr(code, 3)::int AS n, procedure, status,
                 CAST(:now AS timestamptz) + make_interval(hours => ((substr(code, 3)::bigint * 7919) % 1000 - 200)::int) AS at
          FROM cases WHERE code LIKE 'B-%' AND status <> 'closed') AS c
    """,
    """
    INSERT INTO claims (case_id, step, agency, unit, opened_at, official, claimed_at)
    SELECT case_id, step, agency, unit, opened_at, 'official-' || (random() * 200)::int, CAST(:now AS timestamptz)
    FROM tasks WHERE unit LIKE 'PHONG\\_%' AND random() < 0.1
    """,
)

_LISTS = {
    "all": Wanted(),
    "unit": Wanted(unit="PHONG_LON"),
    "procedure": Wanted(procedure="TP7"),
    "step": Wanted(step="B3"),
    "status, a rare one": Wanted(status="supplement_requested"),
    "a status that no task has": Wanted(status="decided"),
    "overdue": Wanted(overdue=True),
    "mine": Wanted(claim="mine"),
    "unclaimed": Wanted(claim="unclaimed"),
    "procedure and step": Wanted(procedure="TP7", step="B3"),
    "procedure and rare status": Wanted(procedure="TP7", status="supplement_requested"),
}


class Meter:
    """Time, and what was used of a core, since it was made."""

    def __init__(self, backend: int) -> None:
        self._backend = backend
        self._began = (time.perf_counter(), *self._used())

    def _used(self) -> tuple[float, float]:
        fields = Path(f"/proc/{self._backend}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return time.process_time(), ticks / os.sysconf("SC_CLK_TCK")

    def read(self) -> tuple[float, float, float]:
        """Seconds gone by, of a core here, of a core there."""
        now = (time.perf_counter(), *self._used())
        elapsed, here, there = (end - begin for end, begin in zip(now, self._began, strict=True))
        return elapsed, here, there


async def meter(database: Database) -> Meter:
    """One for the only connection that is used."""
    async with database.reading() as tx:
        return Meter((await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one())


async def reassign(database: Database, count: int) -> None:
    """Give all open tasks of a unit to another."""
    await seed(database, count)
    began = time.monotonic()
    async with database.transaction() as tx:
        plan = await plan_reassignment(
            tx,
            NOW,
            by=MANAGER,
            agency=AGENCY,
            way=ToUnit("PHONG", "PHONG_MOI"),
            chosen=Chosen(),
            reason="Sáp nhập.",
        )
        planned = time.monotonic()
        await order_reassignment(
            tx, NOW, by=MANAGER, agency=AGENCY, reassignment=plan.row.id, if_match=plan.etag
        )
    ordered = await meter(database)
    while await reassign_next(database, NOW):
        pass
    seconds, here, there = ordered.read()
    async with database.reading() as tx:
        done = (await get_reassignment(tx, plan.row.id, agency=AGENCY)).row
    print(
        f"{done.cases} cases planned in {planned - began:.1f} s and reassigned in {seconds:.1f} s"
        f" ({done.cases / seconds:.0f}/s), of it {here:.1f} s of a core in the process and {there:.1f} s in"
        f" the server's for it: {done.moved} moved, {done.stayed} stayed, {done.status}"
    )


async def work_lists(database: Database, count: int) -> None:
    """Page through a large work list with each filter, and claim the next."""
    async with database.transaction() as tx:
        for statement in _FILL:
            values = {"now": NOW, "count": count} if ":count" in statement else {"now": NOW}
            await tx.execute(text(statement), values)
    async with database.transaction() as tx:
        await tx.execute(text("ANALYZE"))
        waiting = select(tasks.c.case_id).where(tasks.c.unit.in_(UNITS))
        number = len((await tx.execute(waiting)).all())
    print(f"{count} cases; {number} open tasks at the official's three units; {RUNS} runs each")
    after = (NOW + timedelta(hours=200), UUID(int=0), "")
    for name, wanted in _LISTS.items():
        await _timed(database, name, partial(_page, database, wanted, None))
        await _timed(database, f"{name}, a later page", partial(_page, database, wanted, after))
    official = Official(AGENCY, frozenset((unit, "XU_LY") for unit in UNITS))
    await _timed(database, "the next free task", partial(_next, database, official))


async def _page(database: Database, wanted: Wanted, after: tuple[object, ...] | None) -> int:
    async with database.reading() as tx:
        rows = await store.work_list(tx, AGENCY, UNITS, wanted, OFFICIAL, NOW, after=after, limit=101)
    return len(rows)


async def _next(database: Database, official: Official) -> int:
    async with database.transaction() as tx:
        free = await store.free_tasks(tx, official, Wanted(claim="unclaimed"), OFFICIAL, NOW)
        task = await store.lock_first_free(tx, free, NOW)
        assert task is not None
        return int(await make_claim(tx, task, OFFICIAL, NOW) is not None)


async def _timed(database: Database, name: str, run: Callable[[], Awaitable[int]]) -> None:
    times, used = [], await meter(database)
    for _ in range(RUNS):
        began = time.perf_counter()
        rows = await run()
        times.append((time.perf_counter() - began) * 1000)
    _, here, there = used.read()
    print(
        f"{name:42} p50 {median(times):7.1f} ms  p95 {quantiles(times, n=20)[-1]:7.1f} ms  of a core"
        f" {here / RUNS * 1000:5.1f} + {there / RUNS * 1000:5.1f} ms  ({rows} rows)"
    )


async def measure(url: str, reassigned: int, listed: int) -> None:
    database = opened_database(url)
    try:
        await reassign(database, reassigned)
        await work_lists(database, listed)
    finally:
        await database.close()


def main(reassigned: int, listed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Postgres(folder / "postgres", port=free_port())
        server.start()
        try:
            url = server.create_database("procedures")
            upgrade(ROOT / "services/procedures/migrations", url)
            asyncio.run(measure(url, reassigned, listed))
        finally:
            server.stop()


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [10_000, 1_000_000][len(sizes) :]))
