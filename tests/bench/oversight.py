"""`python -m tests.bench.oversight [cases]`: what leaders ask, on a database of a million invented cases.

A tenth of the cases is open; a quarter of all is of one agency, which is asked about. The rows are made by SQL: what
the queries read is there, nothing else.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from launcher.postgres import Postgres
from procedures.backlogs import store as backlogs
from procedures.event_logs.store import Extent, cases_of, state_of
from procedures.forecasts import store as forecasts
from procedures.forecasts.operations import make_forecasts
from procedures.stays import store as stays
from procedures.stays.store import Filter
from shared.db import Database
from shared.migrations import upgrade
from shared.testing import free_port

ROOT = Path(__file__).parents[2]
AGENCY, PROCEDURE = "H99.01", "MAU-01-1"
NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
TODAY = date(2026, 6, 1)
ROUNDS = 20

_AGENCY = "'H99.' || lpad((CASE WHEN n % 4 = 0 THEN 1 ELSE 2 + n % 19 END)::text, 2, '0')"
_CLOCK = """jsonb_build_object('clock', jsonb_build_object(
    'started_at', t, 'term', jsonb_build_object('kind', 'working_days', 'amount', '10'),
    'extensions', '[]'::jsonb, 'turns', '[]'::jsonb, 'ended_at', null,
    'reminder', jsonb_build_object('kind', 'none', 'amount', '0')))"""
_SEED = (
    f"""INSERT INTO cases (id, code, procedure, version, agency, applicant, status, submitted_at, due_at, sequence, head, state)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'C-' || n, 'MAU-' || right(a, 2) || '-' || 1 + n / 19 % 3, 1, a, 'x',
           CASE WHEN n > :n * 0.9 THEN 'accepted' ELSE 'closed' END, t, t + interval '14 days', 8, '\\x00', {_CLOCK}
    FROM (SELECT n, {_AGENCY} AS a, CAST(:now AS timestamptz) - (:n - n) * interval '365 days' / :n AS t
          FROM generate_series(1, :n) AS n) AS numbered""",
    """INSERT INTO tasks (case_id, step, agency, unit, role, opened_at, due_at, sort_at)
    SELECT id, 'STEP_' || c % 7, agency, 'UNIT_' || c % 12, 'XU_LY', submitted_at, due_at, due_at
    FROM (SELECT *, abs(hashtext(code)) AS c FROM cases WHERE status = 'accepted') AS open""",
    """INSERT INTO backlog_days SELECT day, CAST(:now AS timestamptz) FROM generate_series(date '2023-09-01', '2026-06-01', '1 day') AS day""",
    """INSERT INTO backlogs
    SELECT 'H99.' || lpad(a::text, 2, '0'), day, 'MAU-' || p, 'STEP_' || s, 'H99.01', 'UNIT_' || s, 9, 2, 1, CAST(:now AS timestamptz)
    FROM generate_series(date '2023-09-01', '2026-05-31', '1 day') AS day, generate_series(1, 20) AS a,
         generate_series(1, 7) AS p, generate_series(1, 7) AS s""",
    """INSERT INTO stay_cells
    SELECT 'H99.' || lpad(a::text, 2, '0'), month, 'MAU-' || p, 'STEP_' || s, 'H99.01', 'UNIT_' || s, b, 5, 500
    FROM generate_series(date '2024-01-01', '2026-06-01', '1 month') AS month, generate_series(1, 20) AS a,
         generate_series(1, 7) AS p, generate_series(1, 7) AS s, generate_series(1, 34) AS b""",
    """INSERT INTO way_cells
    SELECT 'H99.' || lpad(a::text, 2, '0'), 'MAU-' || lpad(a::text, 2, '0') || '-' || p, month, 'STEP_' || s, c, b, b + d, 3
    FROM generate_series(date '2025-12-01', '2026-06-01', '1 month') AS month, generate_series(1, 20) AS a,
         generate_series(1, 3) AS p, generate_series(0, 6) AS s, generate_series(0, 3) AS c,
         generate_series(30, 52) AS b, generate_series(0, 6) AS d""",
    "ANALYZE",
)


async def seed(database: Database, number: int) -> None:
    """Rows of so many cases, and of what is counted of them."""
    given = {"n": number, "now": NOW}
    async with database.transaction() as tx:
        for statement in _SEED:
            wanted = {name: value for name, value in given.items() if f":{name}" in statement}
            await tx.execute(text(statement), wanted)


Question = Callable[[AsyncConnection], Awaitable[Any]]
_ALL, _UNIT = Filter(), Filter(unit="UNIT_3")
_LATE = {"procedure": None, "unit": None, "limit": 100}
_MAY = Extent(AGENCY, PROCEDURE, date(2026, 5, 1))
QUESTIONS: dict[str, Question] = {
    "backlogs now": lambda tx: backlogs.backlogs_of(tx, AGENCY, TODAY, _ALL),
    "backlogs of 31 days": lambda tx: backlogs.totals_by_day(tx, AGENCY, TODAY - timedelta(30), TODAY, _ALL),
    "backlogs of a year, a unit": lambda tx: backlogs.totals_by_day(
        tx, AGENCY, TODAY - timedelta(365), TODAY, _UNIT
    ),
    "backlogs of 800 days": lambda tx: backlogs.totals_by_day(
        tx, AGENCY, TODAY - timedelta(799), TODAY, _ALL
    ),
    "stays of this month": lambda tx: stays.stays_of(tx, AGENCY, TODAY, TODAY, _ALL),
    "stays of a year": lambda tx: stays.stays_of(tx, AGENCY, date(2025, 7, 1), TODAY, _ALL),
    "late cases, first 100": lambda tx: backlogs.late_cases(tx, AGENCY, NOW, after=None, **_LATE),
    "late cases of a unit": lambda tx: backlogs.late_cases(
        tx, AGENCY, NOW, after=None, **{**_LATE, "unit": "UNIT_3"}
    ),
    "likely late, first 100": lambda tx: forecasts.likely_late(
        tx, AGENCY, _ALL, at_least=50, after=None, limit=100
    ),
    "event log: state of a month": lambda tx: state_of(tx, _MAY),
    "event log: first 200 of a month": lambda tx: cases_of(tx, _MAY, after=None, limit=200),
}


async def _median(database: Database, ask: Question) -> tuple[float, int]:
    took, size = [], 0
    for _ in range(ROUNDS):
        async with database.reading() as tx:
            began = time.perf_counter()
            found = await ask(tx)
            took.append(1000 * (time.perf_counter() - began))
            size = len(found)
    return statistics.median(took), size


async def measure(url: str, number: int) -> None:
    database = Database(url)
    try:
        began = time.perf_counter()
        await seed(database, number)
        print(f"{number} cases, a tenth of them open; made in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        async with database.transaction() as tx:
            rows = await backlogs.count(tx, TODAY, NOW)
        print(f"{'counting what waits where':34} {1000 * (time.perf_counter() - began):8.0f} ms, {rows} rows")
        began, used = time.perf_counter(), time.process_time()
        await make_forecasts(database, NOW)
        spent = time.process_time() - used
        print(
            f"{'forecasts of all open cases':34} {1000 * (time.perf_counter() - began):8.0f} ms, {spent:.1f} s CPU"
        )
        for name, ask in QUESTIONS.items():
            took, size = await _median(database, ask)
            print(f"{name:34} {took:8.1f} ms, {size} rows")
    finally:
        await database.close()


def main(number: int) -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as name:
        Path(name).chmod(0o755)
        server = Postgres(Path(name) / "postgres", port=free_port())
        server.start()
        try:
            url = server.create_database("procedures")
            upgrade(ROOT / "services/procedures/migrations", url)
            asyncio.run(measure(url, number))
        finally:
            server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
