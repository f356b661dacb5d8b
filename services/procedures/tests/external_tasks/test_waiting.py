"""Who waits for a task is woken when one becomes free, in whatever process that was; and the worker of the docs."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from procedures.external_tasks.bell import Bell, carry
from shared.ids import new_id
from shared.testing import eventually

TASKS = "/procedures/v1/external-tasks"
DOCS = Path(__file__).parents[4] / "docs/external-tasks.md"


async def waits(tax: Any, who: dict[str, str], procedure: str, **more: Any) -> "asyncio.Task[Any]":
    """A claim that waits by now."""
    bell: Bell = tax.world.app.state.desk.bell
    before = bell.waiting(tax.agency)
    claim = asyncio.create_task(tax.claimed(who, procedure, **{"waitSeconds": 25, **more}))
    await eventually(lambda: bell.waiting(tax.agency) > before, what="a claim that waits")
    return claim


async def test_a_claim_that_waits_is_answered_as_soon_as_a_task_opens(tax: Any) -> None:
    procedure = await tax.world.publish(steps=tax.steps())
    claim = await waits(tax, tax.system(), procedure)
    case = await tax.another(procedure)
    (task,) = await asyncio.wait_for(claim, timeout=10)
    assert task["caseId"] == case


async def test_a_claim_waits_no_longer_than_it_says_and_then_has_nothing(tax: Any) -> None:
    procedure = await tax.world.publish(steps=tax.steps())
    began = time.monotonic()
    answer = await tax.claim(tax.system(), procedure, waitSeconds=1)
    assert (answer.status_code, answer.json()) == (200, {"items": []})
    assert 1 <= time.monotonic() - began < 10


async def test_a_claim_that_waits_is_answered_when_a_task_has_rested_though_nobody_does_anything(
    tax: Any,
) -> None:
    procedure, _ = await tax.file()
    (task,) = await tax.claimed(tax.system(), procedure)
    failed = await tax.do(tax.system(), task, "failure", message="Bận.", againAfterSeconds=1)
    assert failed.status_code == 201
    claim = await waits(tax, tax.system(), procedure)
    await asyncio.sleep(0)
    assert not claim.done()
    tax.world.clock.advance(timedelta(seconds=1))
    assert len(await asyncio.wait_for(claim, timeout=10)) == 1


async def test_a_system_in_another_process_is_woken_too(tax: Any, open_world: Any, database_url: str) -> None:
    procedure = await tax.world.publish(steps=tax.steps())
    async with open_world(database_url) as elsewhere, _carried(tax.world), _carried(elsewhere):
        ours, theirs = tax.world.app.state.desk.bell, elsewhere.app.state.desk.bell
        with theirs.heard("ANYBODY") as rung:
            await eventually(lambda: ours.ring("ANYBODY") or rung.is_set(), what="the other bell")
        there = type(tax)(elsewhere, tax.agency)
        claim = await waits(there, tax.system(), procedure)
        case = await tax.another(procedure)
        (task,) = await asyncio.wait_for(claim, timeout=10)
        assert task["caseId"] == case


async def test_many_who_wait_hold_no_connection_and_each_is_given_a_task_of_its_own(tax: Any) -> None:
    procedure = await tax.world.publish(steps=tax.steps())
    claims = [await waits(tax, tax.system(f"system-{n}"), procedure) for n in range(15)]
    filed = [await tax.another(procedure) for _ in range(15)]
    found = await asyncio.wait_for(asyncio.gather(*claims), timeout=20)
    assert sorted(task["caseId"] for tasks in found for task in tasks) == sorted(filed)


async def test_who_has_hung_up_is_given_nothing(tax: Any) -> None:
    procedure = await tax.world.publish(steps=tax.steps())
    gone = asyncio.Event()
    body = json.dumps({"procedure": procedure, "waitSeconds": 25}).encode()
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None: ...

    headers = [(b"content-type", b"application/json")]
    headers += [(name.encode(), value.encode()) for name, value in tax.system().items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{TASKS}/claims",
        "raw_path": f"{TASKS}/claims".encode(),
        "query_string": b"",
        "headers": headers,
    }
    call = asyncio.create_task(tax.world.app(scope, receive, send))
    bell: Bell = tax.world.app.state.desk.bell
    await eventually(lambda: bell.waiting(tax.agency), what="a claim that waits")
    gone.set()
    await tax.another(procedure)
    await asyncio.wait_for(call, timeout=10)
    assert len(await tax.claimed(tax.system(), procedure)) == 1


async def test_a_claim_sent_again_under_its_key_gives_the_same_tasks_and_one_that_found_nothing_looks_again(
    tax: Any,
) -> None:
    procedure = await tax.world.publish(steps=tax.steps())
    who = {**tax.system(), "idempotency-key": str(new_id())}
    assert await tax.claimed(who, procedure) == []
    for _ in range(2):
        await tax.another(procedure)
    first = await tax.claim(who, procedure)
    again = await tax.claim(who, procedure)
    assert (first.status_code, first.content) == (201, again.content)
    assert len(await tax.claimed(tax.system("another"), procedure, max=50)) == 1


async def test_the_worker_of_the_docs_does_what_it_is_left(tax: Any) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)
    worker: dict[str, Any] = {}
    exec(code, worker)
    procedure, (first, second) = await tax.file(2, steps=tax.steps(attempts=1))

    async def ask_the_register(task: dict[str, Any]) -> dict[str, Any]:
        if task["caseId"] == second:
            raise LookupError("no such taxpayer")
        return {"note": "Không nợ thuế."}

    transport = httpx.ASGITransport(app=tax.world.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://service.test", headers=tax.system()
    ) as api:
        working = asyncio.create_task(worker["work"](api, procedure, ask_the_register))

        async def both_done() -> bool:
            told = await tax.told(first), await tax.told(second)
            return told == (["opened", "closed"], ["opened", "incident_raised"])

        await eventually(both_done, what="both tasks")
        working.cancel()
    path = f"{TASKS}/incidents"
    (stuck,) = (await tax.world.http.get(path, headers=tax.official())).json()["items"]
    assert stuck["message"] == "LookupError('no such taxpayer')"


@asynccontextmanager
async def _carried(world: Any) -> AsyncIterator[None]:
    """The bell of this process is heard in others, and theirs in this."""
    carrying = asyncio.create_task(carry(world.app.state.desk.bell, world.database))
    try:
        yield
    finally:
        carrying.cancel()
