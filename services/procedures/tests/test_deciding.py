"""Where a procedure names the step that decides, nobody else grants, rejects, or issues a result."""

from typing import Any

import pytest

from procedures.domain.definition_json import definition_from_json
from procedures.domain.findings import findings

GRANTED = {"outcome": "granted", "reason": "Đủ điều kiện."}


@pytest.fixture
async def case(world: Any, definition: Any) -> str:
    """Received, processed by justice, signed by the leader, handed over by the desk."""
    received, worked, _, last = definition()["steps"]
    worked = {**worked, "transitions": [{"to": "KY_DUYET"}]}
    signed = {
        **last,
        "code": "KY_DUYET",
        "unit": "LANH_DAO",
        "transitions": [{"to": last["code"]}],
        "decides": True,
    }
    code: str = await world.accepted(steps=[received, worked, signed, last])
    return code


def leader(world: Any, agency: str = "H99.01") -> dict[str, str]:
    headers: dict[str, str] = world.bearer(
        "procedures:cases:read procedures:cases:process",
        kind="official",
        agency=agency,
        posts=[("LANH_DAO", "KY_DUYET")],
    )
    return headers


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_the_unit_that_works_on_a_case_does_not_decide_it(world: Any, case: str) -> None:
    early = await world.act(case, "decision", world.official("justice"), GRANTED)
    assert refusal(early) == (404, "task-not-open")
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    for who in ("justice", "desk"):
        refused = await world.act(case, "decision", world.official(who), GRANTED)
        assert refusal(refused) == (403, "not-this-unit")
        assert (refused.json()["unit"], refused.json()["role"]) == ("LANH_DAO", None)
    decided = await world.act(case, "decision", leader(world), GRANTED)
    assert (decided.status_code, decided.json()["outcome"]) == (201, "granted")


async def test_the_leader_decides_when_the_case_has_come_there_and_not_before(world: Any, case: str) -> None:
    early = await world.act(case, "decision", leader(world), GRANTED)
    assert refusal(early) == (404, "task-not-open")


async def test_the_leader_of_another_agency_does_not_decide(world: Any, case: str) -> None:
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    etag = (await world.read(case)).headers["etag"]
    answer = await world.http.post(
        f"/procedures/v1/cases/{case}/decision",
        json=GRANTED,
        headers={**leader(world, "H99.03"), "if-match": etag},
    )
    assert refusal(answer) == (404, "case-not-found")


def test_a_step_of_another_agency_cannot_decide(definition: Any) -> None:
    steps = [{**step, "decides": step["code"] == "HOI_THUE"} for step in definition()["steps"]]
    found = findings(definition_from_json(definition(steps=steps)))
    assert [(one.code, one.pointer) for one in found if one.code == "decided_elsewhere"] == [
        ("decided_elsewhere", "/steps/2/decides")
    ]
