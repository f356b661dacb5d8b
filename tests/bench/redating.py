"""Dating the open cases of an agency anew after an edit of its calendar.

    python -m tests.bench.redating [cases] [processes]

Cases are put in place by COPY, each received within the last weeks and waiting at its second step; then a day
is declared closed and the job runs. PostgreSQL, fsync on, and the processes share the cores of the machine.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from launcher.postgres import Postgres
from procedures.calendars.operations import declare_calendar, national_calendar
from procedures.calendars.redating import SIDE_BY_SIDE, date_all
from procedures.calendars.store import redatings_of
from procedures.cases.store import act_json, actor_json, case_columns, case_text, task_row
from procedures.domain.acts import Accepted, Actor, Entry, Submitted
from procedures.domain.case import Case, opened
from procedures.domain.clock import CaseClock
from procedures.domain.dating import standing, task_of
from procedures.domain.definition import Definition, Step, Transition
from procedures.domain.handling import receiving_task
from procedures.domain.log import GENESIS, chained_bytes, entry_hash
from procedures.domain.terms import Term, TermKind
from procedures.domain.timers import timers_of
from procedures.keys.keyring import SALT_LENGTH, Keyring, hand_over
from procedures.tables import case_log, redatings
from shared.clock import SystemClock
from shared.db import Database
from shared.errors import Text
from shared.ids import new_id
from shared.migrations import upgrade
from shared.testing import free_port

ROOT = Path(__file__).parents[2]
AGENCY = "H99.01"
NOW = datetime(2026, 3, 4, 3, tzinfo=UTC)
CLOSED = date(2026, 3, 5)
_WORDS = Text("Mẫu", "Sample")
_KEYRING = Keyring("1:" + "A" * 43)
_OFFICIAL = Actor("official", "official", AGENCY)


def _days(number: int) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(number))


DEFINITION = Definition(
    code="MAU-01",
    title=_WORDS,
    agency=AGENCY,
    term=_days(15),
    first_step="NHAN",
    steps=(
        Step("NHAN", _WORDS, "BP_MOT_CUA", (Transition("XU_LY"),)),
        Step("XU_LY", _WORDS, "PHONG", (Transition("TRA"),), allowance=_days(10)),
        Step("TRA", _WORDS, "BP_MOT_CUA", (Transition(None),)),
    ),
)


def opened_database(url: str) -> Database:
    """The database as a process of the service has it."""
    database = Database(url)
    hand_over(_KEYRING, database)
    return database


def _received(at: datetime) -> list[tuple[Case, Entry]]:
    """A case that was received as it was submitted, after each of its two acts."""
    first = Entry(1, at, _OFFICIAL, Submitted("MAU-01", 1, AGENCY, "someone", "", (), (), None))
    case = opened(new_id(), first)
    clock = CaseClock(at, DEFINITION.term)
    task = task_of(
        DEFINITION, DEFINITION.step("XU_LY"), AGENCY, at, receiving_task(DEFINITION, national_calendar(), at)
    )
    stands = standing(clock, [task], (), national_calendar(), at)
    second = Entry(2, at, _OFFICIAL, Accepted(DEFINITION.term, stands))
    return [(case, first), (case.after(second), second)]


async def seed(database: Database, count: int) -> None:
    """Open cases with their logs, tasks and timers."""
    cases, log, tasks, timers = [], [], [], []
    for number in range(count):
        code, head = f"{AGENCY}-260301-{number:07}", GENESIS
        acts = _received(NOW - timedelta(minutes=number % 20_000))
        for case, entry in acts:
            actor, act = actor_json(entry.actor), act_json(entry.act)
            head = entry_hash(code, chained_bytes(head, case.id, entry.sequence, entry.at, actor, act))
            log.append((case.id, entry.sequence, entry.at, json.dumps(actor), json.dumps(act), head))
        case = acts[-1][0]
        key = _KEYRING.new_key(case.id)
        form = key.seal_form(bytes(SALT_LENGTH), b"{}")
        state = case_text(case)
        cases.append((case.id, code, *case_columns(case).values(), head, state, form, key.wrapped))
        tasks += [(case.id, *task_row(case, task).values()) for task in case.tasks]
        timers += [(case.id, t.kind.value, t.subject, t.at, t.at) for t in timers_of(case)]
    async with database.transaction() as tx:
        await tx.execute(select(1))
        driver: Any = (await tx.get_raw_connection()).driver_connection
        columns = ["id", "code", *case_columns(case), "head", "state", "form", "data_key"]
        await driver.copy_records_to_table("cases", records=cases, columns=columns)
        await driver.copy_records_to_table("case_log", records=log)
        await driver.copy_records_to_table(
            "tasks", records=tasks, columns=["case_id", *task_row(case, case.tasks[0])]
        )
        columns = ["case_id", "kind", "subject", "at", "fires_at"]
        await driver.copy_records_to_table("timers", records=timers, columns=columns)


async def order(database: Database) -> None:
    """Close the agency on a day."""
    calendar = national_calendar()
    closed = type(calendar)(
        calendar.time_zone, calendar.week, calendar.holidays, calendar.closures | {CLOSED}
    )
    async with database.transaction() as tx:
        await declare_calendar(
            tx, NOW, agency=AGENCY, before=calendar, calendar=closed, reason="Bão số 1.", by="bench"
        )


async def work(url: str) -> None:
    """Work on the job until it is finished."""
    database, clock = opened_database(url), SystemClock()
    while await _unfinished(database):
        await asyncio.gather(*(date_all(database, clock) for _ in range(SIDE_BY_SIDE)))
        await asyncio.sleep(0.05)  # others have the batches that are left
    await database.close()


async def _unfinished(database: Database) -> bool:
    async with database.reading() as tx:
        query = select(func.count()).where(redatings.c.finished_at.is_(None))
        return bool((await tx.execute(query)).scalar_one())


async def _told(database: Database) -> str:
    async with database.reading() as tx:
        (job,) = await redatings_of(tx, AGENCY, None, 1)
        acts = select(func.count()).where(case_log.c.act["kind"].astext == "redated")
        return f"{job.looked_at} looked at, {job.redated} dated anew, {(await tx.execute(acts)).scalar_one()} acts"


def main(count: int, processes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = Postgres(folder / "postgres", port=free_port())
        server.start()
        try:
            url = server.create_database("procedures")
            upgrade(ROOT / "services/procedures/migrations", url)
            asyncio.run(_prepare(url, count))
            began, idle = time.monotonic(), _server_seconds(folder)
            command = [sys.executable, "-m", "tests.bench.redating", "--work", url]
            workers = [subprocess.Popen(command, cwd=ROOT) for _ in range(processes)]
            failed = [worker for worker in workers if worker.wait()]
            if failed:
                raise SystemExit("a process failed")
            seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            server_used = _server_seconds(folder) - idle
            told = asyncio.run(_result(url))
        finally:
            server.stop()
    print(
        f"{count} open cases, {processes} processes: {seconds:.1f} s, {count / seconds:.0f}/s, of it"
        f" {used.ru_utime + used.ru_stime:.1f} s of a core in the processes and {server_used:.1f} s in the"
        f" server's for them; {told}"
    )


def _server_seconds(folder: Path) -> float:
    """Seconds of a core that the backends have used which are gone by now; Linux alone tells."""
    pid = next(folder.rglob("postmaster.pid")).read_text().split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


async def _prepare(url: str, count: int) -> None:
    database = opened_database(url)
    await seed(database, count)
    await order(database)
    await database.close()


async def _result(url: str) -> str:
    database = opened_database(url)
    try:
        return await _told(database)
    finally:
        await database.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        asyncio.run(work(sys.argv[2]))
    else:
        sizes = [int(argument) for argument in sys.argv[1:]]
        main(*(sizes + [100_000, 1][len(sizes) :]))
