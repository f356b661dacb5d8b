"""Systems that do steps of cases over HTTP at a process of procedures, which is killed in the middle of it.

Whoever gets no answer asks again under the same key until there is one. In the end each step must have been given
to one system, once, and be done once.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text

from launcher.postgres import Postgres
from launcher.processes import Process
from procedures.catalogue.examples import DEFINITION
from shared.db import Database
from shared.ids import new_id
from shared.migrations import upgrade
from shared.testing import Tokens, eventually
from tests.kill.filing import CASES, ROOT, SPAN_SECONDS, database_server, procedures_process

SYSTEMS = 4
TASKS = "/procedures/v1/external-tasks"
AGENCY = DEFINITION["agency"]


@dataclass
class Work:
    """Citizens who file, officials who accept, systems that do the step, and what they were told."""

    http: httpx.AsyncClient
    tokens: Tokens
    procedure: str
    leases: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Case -> the leases under which it was given to systems."""
    done: Counter[str] = field(default_factory=Counter)
    """Case -> how often a system was told that the step is done."""
    unanswered: Counter[str] = field(default_factory=Counter)
    over: bool = False

    def __post_init__(self) -> None:
        self.begun = asyncio.Event()

    async def file(self) -> None:
        """Cases that wait for a system, one after the other."""
        clerk = self._bearer("procedures:cases:process", kind="official", posts=[("BP_MOT_CUA", "TIEP_NHAN")])
        body = {"procedure": self.procedure, "form": {"fullName": "Trần Thị Mẫu"}}
        while not self.over:
            citizen = self.tokens.bearer("procedures:cases:submit")
            case = (await self._insist(CASES, citizen, body)).json()["id"]
            await self._insist(f"{CASES}/{case}/acceptance", {**clerk, "if-match": "*"}, None)

    async def work(self, name: str) -> None:
        """Do what there is, until it is over and nothing is left."""
        who = self._bearer("procedures:tasks:work", kind="client", subject=name, client_id=name)
        order = {"procedure": self.procedure, "max": 2, "waitSeconds": 1}
        while True:
            over = self.over
            self.begun.set()
            tasks = (await self._insist(f"{TASKS}/claims", who, order)).json()["items"]
            if over and not tasks:
                return
            for task in tasks:
                self.leases[task["caseId"]].add(task["lease"])
                path = f"{TASKS}/{task['caseId']}/steps/{task['step']}/completion"
                await self._insist(path, who, {"lease": task["lease"]})
                self.done[task["caseId"]] += 1

    def _bearer(self, scope: str, **claims: Any) -> dict[str, str]:
        return self.tokens.bearer(scope, agency=AGENCY, **claims)

    async def _insist(self, path: str, who: dict[str, str], body: Any) -> httpx.Response:
        headers = {**who, "idempotency-key": str(new_id())}
        while True:
            try:
                answer = await self.http.post(path, json=body, headers=headers)
            except httpx.HTTPError as error:
                self.unanswered[type(error).__name__] += 1
            else:
                if answer.is_success:
                    return answer
                # Just started, it may have no database yet, or none of identity's keys.
                assert answer.status_code in (503, 401), answer.text
                self.unanswered[str(answer.status_code)] += 1
            await asyncio.sleep(0.1)


async def kill_while_systems_work(
    kills: int, seed: int, say: Callable[[str], None]
) -> tuple[Work, list[str]]:
    """Kill the process and PostgreSQL in turn, each time soon after a system has asked for work; the faults."""
    with database_server() as (folder, server):
        url = server.create_database("procedures")
        upgrade(ROOT / "services/procedures/migrations", url)
        async with procedures_process(folder, url) as (process, http, tokens):
            work = Work(http, tokens, await _publish(http, tokens))
            running = [asyncio.create_task(work.file())]
            running += [asyncio.create_task(work.work(f"system-{n}")) for n in range(SYSTEMS)]
            await _kill(work, process, server, kills, random.Random(seed), say)
            work.over = True
            await asyncio.wait_for(asyncio.gather(*running), timeout=120)
        return work, await _faults(url, work)


async def _kill(
    work: Work,
    process: Process,
    server: Postgres,
    kills: int,
    chance: random.Random,
    say: Callable[[str], None],
) -> None:
    for number in range(kills):
        done = work.done.total()
        await eventually(lambda done=done: work.done.total() > done, seconds=60, what="another step")
        work.begun.clear()
        await work.begun.wait()
        after = chance.uniform(0, SPAN_SECONDS)
        await asyncio.sleep(after)
        victim, name = (server, "PostgreSQL") if number % 2 else (process, "procedures")
        victim.kill()
        victim.start()
        say(f"{number + 1:3} of {kills}: {name}, {after * 1000:.1f} ms after a system asked for work")


async def _publish(http: httpx.AsyncClient, tokens: Tokens) -> str:
    receive, process = DEFINITION["steps"]
    check = {**process, "code": "DOI_CHIEU", "external": {"attempts": 1}, "transitions": [{"to": "XU_LY"}]}
    steps = [{**receive, "transitions": [{"to": "DOI_CHIEU"}]}, check, process]
    editor = tokens.bearer("procedures:procedures:write", kind="official", agency=AGENCY)
    drafted = await http.post(
        "/procedures/v1/procedures", json={**DEFINITION, "steps": steps}, headers=editor
    )
    assert drafted.status_code == 201, drafted.text
    headers = {**editor, "if-match": drafted.headers["etag"]}
    code: str = DEFINITION["code"]
    published = await http.post(f"/procedures/v1/procedures/{code}/versions/1/publication", headers=headers)
    assert published.status_code == 201, published.text
    return code


async def _faults(url: str, work: Work) -> list[str]:
    """What is not as it must be."""
    database = Database(url, pool_size=1)
    async with database.reading() as tx:
        counted = await tx.execute(
            text(
                "SELECT c.id, count(*) FILTER (WHERE act ->> 'kind' = 'task_completed') AS completed, "
                "(SELECT array_agg(sequence ORDER BY position) FROM outbox WHERE aggregatetype = 'procedures.task.v1' "
                "AND payload ->> 'caseId' = c.id::text) AS told "
                "FROM cases c JOIN case_log l ON l.case_id = c.id WHERE c.status = 'accepted' GROUP BY c.id"
            )
        )
        rows = {str(row.id): (row.completed, row.told) for row in counted}
        open_ = (await tx.execute(text("SELECT count(*) FROM external_tasks"))).scalar_one()
    await database.close()
    faults = [
        f"{case} was done {row[0]} times, told {row[1]}" for case, row in rows.items() if row != (1, [1, 2])
    ]
    faults += [f"{case} was given under {found}" for case, found in work.leases.items() if len(found) != 1]
    if work.done != Counter(rows.keys()):
        faults.append(f"done and told are not the same: {work.done} and {rows.keys()}")
    return [*faults, f"{open_} tasks are left"] if open_ else faults
