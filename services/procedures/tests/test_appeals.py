"""Appeals: within the legal time, one at a time, told to the case that they are directed against."""

from datetime import timedelta
from typing import Any

import pytest

GROUNDS = {
    "type": "object",
    "properties": {"grounds": {"type": "string", "minLength": 1}},
    "required": ["grounds"],
    "additionalProperties": False,
}
SAID = {"form": {"grounds": "Hồ sơ của tôi đã đủ."}}
HANDLED = {
    "agency": "H99.02",
    "form": GROUNDS,
    "documents": [],
    "first": "THU_LY",
    "steps": [
        {
            "code": "THU_LY",
            "title": {"vi": "Thụ lý", "en": "Take up"},
            "unit": "BP_THUE",
            "transitions": [{"to": "XEM_XET"}],
        },
        {
            "code": "XEM_XET",
            "title": {"vi": "Xem xét", "en": "Consider"},
            "unit": "BP_THUE",
            "transitions": [{"to": None}],
        },
    ],
}


async def answer_to(world: Any, procedure: str, outcome: str = "rejected") -> str:
    """The id of a case of this procedure that was decided."""
    case: str = (await world.submit(procedure))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    body = {"outcome": outcome, "reason": "Thiếu điều kiện.", "legalGround": "Điều 19"}
    decided = await world.act(case, "decision", world.official("justice"), body)
    assert decided.status_code == 201, decided.text
    return case


@pytest.fixture
async def rejected(world: Any) -> str:
    complaints = await world.publish(**HANDLED)
    return await answer_to(world, await world.publish(appeal={"procedure": complaints}))


async def appeal(world: Any, case: str) -> Any:
    return await world.act(case, "appeals", world.citizen(), SAID)


async def handled(world: Any, appeal_id: str, command: str, body: Any = None) -> Any:
    answer = await world.act(appeal_id, command, world.official("tax"), body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def ruled(world: Any, case: str, verdict: str) -> str:
    receipt = (await appeal(world, case)).json()
    await handled(world, receipt["id"], "acceptance")
    body = {"verdict": verdict, "reason": "Đã xem xét.", "legalGround": "Điều 31"}
    await handled(world, receipt["id"], "ruling", body)
    return str(receipt["id"])


async def test_an_appeal_is_a_case_of_its_own_that_sees_the_first(world: Any, rejected: str) -> None:
    tax = world.official("tax")
    assert (await world.read(rejected, tax)).status_code == 404
    receipt = await appeal(world, rejected)
    assert receipt.status_code == 201, receipt.text
    filed = (await world.read(receipt.json()["id"])).json()
    assert (filed["link"]["kind"], filed["link"]["id"]) == ("appeal", rejected)
    assert (await world.read(rejected, tax)).json()["reason"] == "Thiếu điều kiện."
    assert (await world.read(rejected, world.official("elsewhere"))).status_code == 404
    listed = (await world.http.get("/procedures/v1/cases", headers=world.citizen())).json()["items"]
    assert [one["id"] for one in listed] == [filed["id"], rejected]


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("upheld", "rejected"), ("amended", "granted"), ("overturned", "granted")]
)
async def test_what_is_ruled_is_told_to_the_first_case(
    world: Any, rejected: str, verdict: str, outcome: str
) -> None:
    appealed = await ruled(world, rejected, verdict)
    first, second = (await world.read(rejected)).json(), (await world.read(appealed)).json()
    assert [one["verdict"] for one in first["appeals"]] == [verdict]
    assert (second["outcome"], second["verdict"]) == (outcome, verdict)
    log = await world.http.get(f"/procedures/v1/cases/{rejected}/log", headers=world.citizen())
    assert log.json()["sound"]
    assert log.json()["entries"][-1]["act"]["kind"] == "appeal_settled"


async def test_there_is_one_appeal_at_a_time_and_none_after_a_ruling(world: Any, rejected: str) -> None:
    receipt = (await appeal(world, rejected)).json()
    again = await appeal(world, rejected)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-appealed")
    assert again.json()["appeal"] == receipt["code"]
    await world.act(receipt["id"], "withdrawal", world.citizen(), {})
    second = (await appeal(world, rejected)).json()
    await handled(world, second["id"], "acceptance")
    body = {"verdict": "upheld", "reason": "Đúng luật."}
    ungrounded = await world.act(second["id"], "ruling", world.official("tax"), body)
    assert [fault["pointer"] for fault in ungrounded.json()["errors"]] == ["/legalGround"]
    await handled(world, second["id"], "ruling", {**body, "legalGround": "Điều 31"})
    third = await appeal(world, rejected)
    assert (third.status_code, third.json()["appeal"]) == (409, second["code"])


async def test_the_time_to_appeal_runs_out_ninety_days_after_the_decision(world: Any, rejected: str) -> None:
    world.clock.advance(timedelta(days=90))
    assert (await appeal(world, rejected)).status_code == 201
    complaints = await world.publish(**HANDLED)
    case = await answer_to(world, await world.publish(appeal={"procedure": complaints}))
    world.clock.advance(timedelta(days=95))
    late = await appeal(world, case)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/appeal-too-late")


async def test_a_refusal_can_be_appealed_and_a_running_case_cannot(world: Any) -> None:
    complaints = await world.publish(**HANDLED)
    case = (await world.submit(await world.publish(appeal={"procedure": complaints})))["id"]
    early = await appeal(world, case)
    assert (early.status_code, "appeal" in early.json()["nextActions"]) == (409, False)
    await world.act(case, "refusal", world.official("desk"), {"reason": "Sai nơi.", "legalGround": "Điều 17"})
    assert (await appeal(world, case)).status_code == 201


async def test_where_no_procedure_handles_appeals_the_answer_says_what_to_do(world: Any) -> None:
    refused = await appeal(world, await answer_to(world, await world.publish()))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/appeal-not-provided")
    assert "90" in refused.json()["title"]


async def test_only_an_appeal_is_ruled_on(world: Any) -> None:
    case = (await world.submit(await world.publish()))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    body = {"verdict": "upheld", "reason": "Không phải khiếu nại."}
    answer = await world.act(case, "ruling", world.official("justice"), body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-an-appeal")
