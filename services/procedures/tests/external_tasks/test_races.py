"""Many systems, many tasks, and everything that can go wrong with a system: each task is done once.

`MOTCUA_EXTERNAL_TASKS` says how many tasks there are, `MOTCUA_EXTERNAL_SYSTEMS` how many systems do them.
"""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from procedures.tables import external_tasks
from shared.testing import eventually

TASKS = int(os.environ.get("MOTCUA_EXTERNAL_TASKS", "12"))
SYSTEMS = int(os.environ.get("MOTCUA_EXTERNAL_SYSTEMS", "8"))

_CLAIMING = """
import asyncio, sys
from datetime import datetime, timedelta
from procedures.access.look import Look, Purpose
from procedures.cases.sight import Viewer
from procedures.external_tasks.operations import claim_tasks
from procedures.external_tasks.store import Wanted
from procedures.keys.keyring import Keyring, hand_over
from shared.db import Database

url, key, now, agency, procedure = sys.argv[1:]

async def work():
    database = Database(url)
    hand_over(Keyring(key), database)
    look = Look(Viewer("tax-system", agency), "client", (), Purpose.HANDLING, datetime.fromisoformat(now))
    async with database.transaction() as tx:
        wanted = Wanted(agency, procedure, None, None)
        found = await claim_tasks(tx, wanted, look, holder="tax-system", lasts=timedelta(days=1), limit=5)
        print(len(found), flush=True)
        await asyncio.sleep(60)

asyncio.run(work())
"""


class Careless:
    """A system that dies, gives back, fails, is late, and answers twice."""

    def __init__(self, tax: Any, name: str, seed: int) -> None:
        self.tax, self.who, self.chance = tax, tax.system(name), random.Random(seed)
        self.done: list[str] = []
        self.answers: Counter[str] = Counter()

    async def work(self, procedure: str, all_done: asyncio.Event) -> None:
        late: list[dict[str, Any]] = []
        while not all_done.is_set():
            for task in [*await self.tax.claimed(self.who, procedure, max=3, leaseSeconds=10), *late]:
                what = self.chance.choice(["complete", "complete", "twice", "die", "late", "release", "fail"])
                if what == "late":
                    late.append(task)
                elif what == "release":
                    await self._send(task, "release")
                elif what == "fail":
                    await self._send(task, "failure", message="Bận.", againAfterSeconds=0)
                elif what in ("complete", "twice"):
                    for _ in range(1 + (what == "twice")):
                        await self._send(task, "completion")
            late = late[-3:]
            await asyncio.sleep(0)

    async def _send(self, task: dict[str, Any], command: str, **body: Any) -> None:
        answer = await self.tax.do(self.who, task, command, **body)
        assert answer.status_code in (201, 409), answer.text
        self.answers[f"{command} {answer.status_code}"] += 1
        if command == "completion" and answer.status_code == 201:
            self.done.append(task["caseId"])


@pytest.mark.timeout(3600)
async def test_whatever_systems_do_each_task_is_completed_once_and_they_are_told_which(tax: Any) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    procedure, filed = await tax.file(TASKS, steps=tax.steps(attempts=20))
    systems = [Careless(tax, f"system-{n}", seed + n) for n in range(SYSTEMS)]
    all_done = asyncio.Event()
    working = [asyncio.create_task(system.work(procedure, all_done)) for system in systems]

    async def nothing_is_left() -> bool:
        tax.world.clock.advance(timedelta(seconds=2))  # those who died lose their leases
        query = select(external_tasks.c.incident).where(external_tasks.c.procedure == procedure)
        async with tax.world.database.reading() as tx:
            return not (await tx.execute(query)).all()

    await eventually(nothing_is_left, seconds=3000, every=0.05, what="every task")
    all_done.set()
    await asyncio.gather(*working)
    assert Counter(case for system in systems for case in system.done) == Counter(filed)
    for case in filed:
        assert Counter(await tax.kinds(case)) == {"submitted": 1, "accepted": 1, "task_completed": 1}
        told = [row.sequence for row in await tax.world.told("procedures.task.v1", "caseId", case)]
        assert told[0] == 1
        assert all(after == before + 1 for before, after in pairwise(told))
    answers = sum((system.answers for system in systems), Counter[str]())
    print(f"{TASKS} tasks, {SYSTEMS} systems: {dict(answers)}")


async def test_systems_that_claim_at_the_same_time_are_never_given_the_same_task(tax: Any) -> None:
    procedure, filed = await tax.file(10)
    found = await asyncio.gather(
        *(tax.claimed(tax.system(f"system-{n}"), procedure, max=3) for n in range(12))
    )
    given = Counter(task["caseId"] for tasks in found for task in tasks)
    assert set(given) <= set(filed)
    assert set(given.values()) == {1}


async def test_a_service_that_is_killed_before_it_answers_has_given_nothing_and_shown_nobody(
    tax: Any, database_url: str, master_key: str
) -> None:
    procedure, filed = await tax.file(2)
    arguments = (database_url, master_key, tax.world.clock.now().isoformat(), tax.agency, procedure)
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CLAIMING, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    assert await service.stdout.readline() == b"2\n"
    assert await tax.claimed(tax.system("another"), procedure, max=5) == []
    service.send_signal(signal.SIGKILL)
    await service.wait()
    found: list[dict[str, Any]] = []

    async def free_again() -> bool:
        found.extend(await tax.claimed(tax.system("another"), procedure, max=5))
        return len(found) == len(filed)

    await eventually(free_again, what="the tasks")
    looks = await tax.world.told("procedures.access.v1", "agency", tax.agency)
    assert {look.payload["reader"] for look in looks} == {"another"}
