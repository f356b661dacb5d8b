"""Linked cases under everybody's hands at once: nobody waits in a ring, and whole and part agree in the end."""

import asyncio
import os
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from procedures.cases.soundness import verify_cases
from procedures.tables import cases, timers
from procedures.timers.operations import fire_timers, told_by

LAPSING = {"supplements": {"answerWithin": {"kind": "working_days", "amount": 1}, "onExpiry": "lapse"}}
ASKED = {"items": [{"document": "SO_DO", "reason": "Thiếu."}]}
FAMILIES = int(os.environ.get("MOTCUA_FAMILIES", "5"))
"""Cases with parts that everybody acts on at the same time."""


def step(code: str, unit: str, to: Any, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


async def procedures(world: Any, needed: int | None = None) -> str:
    """A procedure of which two others handle parts at the same time, and which goes on with so many; its code."""
    parts = [
        await world.publish(
            agency="H99.02",
            first="NHAN",
            steps=[step("NHAN", "BP_THUE", "TRA"), step("TRA", "BP_THUE", None)],
            **LAPSING,
        )
        for _ in range(2)
    ]
    opens = [{"procedure": part, "form": {"fullName": "fullName"}} for part in parts]
    code: str = await world.publish(
        steps=[
            step("TIEP_NHAN", "BP_MOT_CUA", ["MOT", "HAI"]),
            step("MOT", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens[0]),
            step("HAI", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens[1]),
            step("TRA_KET_QUA", "BP_MOT_CUA", None, join={"needed": needed}),
        ]
    )
    return code


async def family(world: Any, code: str) -> tuple[str, list[str]]:
    """A case and its two parts, all of them accepted."""
    case = (await world.submit(code))["id"]
    answer = await world.act(case, "acceptance", world.official("desk"))
    parts = [one["id"] for one in answer.json()["children"]]
    for part in parts:
        assert (await world.act(part, "acceptance", world.official("tax"))).status_code == 201
    return case, parts


async def fire(world: Any) -> int:
    versions, clock = world.app.state.desk.versions, world.clock
    return await fire_timers(world.database, versions, clock.now(), told_by(clock))


async def no_timers(world: Any) -> None:
    async with world.database.transaction() as tx:
        await tx.execute(delete(timers))


async def test_timers_leave_a_part_alone_while_somebody_acts_on_the_whole(
    world: Any, other_process: Any
) -> None:
    await no_timers(world)
    case, (part, _) = await family(world, await procedures(world))
    await world.act(part, "supplement-request", world.official("tax"), ASKED)
    world.clock.advance(timedelta(days=4))
    async with other_process().transaction() as tx:
        await tx.execute(select(cases.c.id).where(cases.c.id == case).with_for_update())
        await asyncio.wait_for(fire(world), timeout=10)
        assert (await world.read(part)).json()["status"] == "supplement_requested"
    await fire(world)
    assert (await world.read(part)).json()["status"] == "lapsed"
    whole = (await world.read(case)).json()
    assert {one["id"]: one["status"] for one in whole["children"]}[part] == "lapsed"
    waiting = [one["step"] for one in whole["children"] if one["id"] != part]
    assert [task["step"] for task in whole["tasks"]] == waiting


@pytest.mark.parametrize("needed", [None, 1])
async def test_whatever_happens_at_once_whole_and_parts_agree_and_nobody_is_turned_away(
    world: Any, needed: int | None
) -> None:
    await no_timers(world)
    code, chance = await procedures(world, needed), random.Random(7)
    families = [await family(world, code) for _ in range(FAMILIES)]
    tax, citizen = world.official("tax"), world.citizen()
    decided = {"outcome": "granted", "reason": "Đúng."}
    for _, (part, _) in families:
        await world.act(part, "supplement-request", tax, ASKED)
    world.clock.advance(timedelta(days=4))

    async def send(case: str, command: str, who: Any, body: Any) -> int:
        path = f"/procedures/v1/cases/{case}/{command}"
        answer = await world.http.post(path, json=body, headers={**who, "if-match": "*"})
        return int(answer.status_code)

    async def close(part: str) -> int:
        await send(part, "decision", tax, decided)
        return await send(part, "tasks/TRA/completion", tax, {})

    async def shift() -> int:
        await fire(world)
        return 201

    work = [close(part) for _, parts in families for part in parts]
    work += [send(case, "withdrawal", citizen, {}) for case, _ in families[::2]]
    work += [shift() for _ in range(6)]
    chance.shuffle(work)
    assert set(await asyncio.gather(*work)) <= {201, 409, 403}
    while await fire(world):
        pass
    for case, parts in families:
        whole = (await world.read(case)).json()
        known = {one["id"]: one["status"] for one in whole["children"]}
        assert known == {part: (await world.read(part)).json()["status"] for part in parts}
        log = await world.http.get(f"/procedures/v1/cases/{case}/log", headers=citizen)
        assert log.json()["sound"]
        async with world.database.transaction() as tx:
            (verified,) = await verify_cases(tx, after=None, limit=1, code=whole["code"])
        assert verified.flaw is None
