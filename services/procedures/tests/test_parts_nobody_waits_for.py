"""A part of a case that nobody waits for any more is given up; one that is still waited for is not passed over."""

from datetime import timedelta
from typing import Any

import pytest

DAY = {"kind": "working_days", "amount": 1}


def step(code: str, unit: str, *to: str | None, **more: Any) -> dict[str, Any]:
    ways = [{"to": list(to) if len(to) > 1 else to[0]}]
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": ways, **more}


async def publish_part(world: Any) -> str:
    steps = [step("NHAN", "BP_THUE", "TRA"), step("TRA", "BP_THUE", None)]
    code: str = await world.publish(agency="H99.02", first="NHAN", steps=steps)
    return code


def opens(part: str) -> dict[str, Any]:
    return {"procedure": part, "form": {"fullName": "fullName"}}


async def view(world: Any, case: str) -> Any:
    return (await world.read(case)).json()


def open_steps(seen: Any) -> list[str]:
    return [task["step"] for task in seen["tasks"]]


async def does(world: Any, who: str, case: str, command: str, body: Any = None) -> Any:
    answer = await world.act(case, command, world.official(who), body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def asking_one(world: Any, changes: Any = None, **more: Any) -> tuple[str, str]:
    """A case whose step HOI waits for a part, and the part; the procedure is changed so, and its step."""
    part = await publish_part(world)
    case = await world.accepted(
        steps=[
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
            step("HOI", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens(part), **more),
            step("TRA_KET_QUA", "BP_MOT_CUA", None),
        ],
        **(changes or {}),
    )
    (child,) = (await view(world, case))["children"]
    return case, child["id"]


async def asking_two(world: Any) -> tuple[str, list[str]]:
    """A case that asks two agencies and goes on with the first answer, and its parts."""
    parts = [await publish_part(world), await publish_part(world)]
    case = await world.accepted(
        steps=[
            step("TIEP_NHAN", "BP_MOT_CUA", "MOT", "HAI"),
            step("MOT", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens(parts[0])),
            step("HAI", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens(parts[1])),
            step("TRA_KET_QUA", "BP_MOT_CUA", None, join={"needed": 1}),
        ]
    )
    return case, [child["id"] for child in (await view(world, case))["children"]]


async def decide(world: Any, part: str) -> None:
    await does(world, "tax", part, "acceptance")
    await does(world, "tax", part, "decision", {"outcome": "granted", "reason": "Đúng."})


async def end(world: Any, part: str) -> None:
    await decide(world, part)
    await does(world, "tax", part, "tasks/TRA/completion", {})


@pytest.mark.parametrize("first", [0, 1])
async def test_once_enough_branches_have_come_the_part_of_another_is_withdrawn(
    world: Any, first: int
) -> None:
    case, parts = await asking_two(world)
    await end(world, parts[first])
    seen = await view(world, case)
    assert open_steps(seen) == ["TRA_KET_QUA"]
    assert {one["id"]: one["status"] for one in seen["children"]} == {
        parts[first]: "closed",
        parts[1 - first]: "withdrawn",
    }
    assert (await view(world, parts[1 - first]))["status"] == "withdrawn"


async def test_a_part_that_is_decided_is_finished_although_nobody_waits_for_it(world: Any) -> None:
    case, parts = await asking_two(world)
    await decide(world, parts[0])
    await end(world, parts[1])
    assert (await view(world, parts[0]))["status"] == "decided"
    await does(world, "tax", parts[0], "tasks/TRA/completion", {})
    seen = await view(world, case)
    assert [one["status"] for one in seen["children"]] == ["closed", "closed"]
    assert open_steps(seen) == ["TRA_KET_QUA"]


@pytest.mark.usefixtures("nothing_left_over")
async def test_a_part_is_withdrawn_when_the_step_is_taken_for_done_by_silence(world: Any) -> None:
    case, part = await asking_one(world, silenceConsents=True, allowance=DAY)
    world.clock.advance(timedelta(days=3))
    await world.fire()
    assert open_steps(await view(world, case)) == ["TRA_KET_QUA"]
    assert (await view(world, part))["status"] == "withdrawn"


async def test_what_still_runs_when_the_whole_is_closed_is_withdrawn(world: Any) -> None:
    case, asked = await asking_one(world)
    opening = {**opens(await publish_part(world)), "form": {"fullName": "Trần Thị Mẫu"}}
    beside = (await does(world, "justice", case, "children", opening))["children"][-1]["id"]
    await end(world, asked)
    assert (await view(world, beside))["status"] == "submitted"
    await does(world, "desk", case, "decision", {"outcome": "granted", "reason": "Đúng."})
    await does(world, "desk", case, "tasks/TRA_KET_QUA/completion", {})
    assert (await view(world, beside))["status"] == "withdrawn"
    seen = await view(world, case)
    assert [one["status"] for one in seen["children"]] == ["closed", "withdrawn"]


BOOK = {"code": "SO_DO", "title": {"vi": "Sổ đỏ", "en": "Land book"}, "required": False}
ASKED = {"items": [{"document": "SO_DO", "reason": "Thiếu."}]}


async def ended_while_the_applicant_was_asked(world: Any, **changes: Any) -> str:
    """The case of which the part has ended meanwhile."""
    case, part = await asking_one(world, changes)
    await does(world, "justice", case, "supplement-request", ASKED)
    await end(world, part)
    assert open_steps(await view(world, case)) == ["HOI"]
    return case


async def test_what_a_part_came_to_while_the_applicant_was_asked_counts_once_they_have_answered(
    world: Any,
) -> None:
    case = await ended_while_the_applicant_was_asked(world, documents=[BOOK])
    brought = {"documents": [{"document": "SO_DO", "id": (await world.send(b"%PDF-1.7 sample"))["id"]}]}
    assert (await world.act(case, "supplement", world.citizen(), brought)).status_code == 201
    assert open_steps(await view(world, case)) == ["TRA_KET_QUA"]


@pytest.mark.usefixtures("nothing_left_over")
async def test_what_a_part_came_to_counts_too_once_the_time_to_answer_is_over(world: Any) -> None:
    case = await ended_while_the_applicant_was_asked(
        world, documents=[BOOK], supplements={"answerWithin": DAY, "onExpiry": "continue"}
    )
    world.clock.advance(timedelta(days=3))
    await world.fire()
    seen = await view(world, case)
    assert (seen["status"], open_steps(seen)) == ("accepted", ["TRA_KET_QUA"])


async def test_a_step_that_systems_do_waits_for_no_other_case(world: Any, definition: Any) -> None:
    part = await publish_part(world)
    steps = [
        step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
        step("HOI", "BP_MOT_CUA", None, opensCase=opens(part), external={"attempts": 3}),
    ]
    drafted = await world.http.post(
        "/procedures/v1/procedures",
        json=definition(code=f"{part}-H", steps=steps),
        headers=world.official("desk"),
    )
    errors = [
        (one["code"], one["pointer"]) for one in drafted.json()["findings"] if one["severity"] == "error"
    ]
    assert errors == [("opened_by_external_step", "/steps/1/opensCase")]
