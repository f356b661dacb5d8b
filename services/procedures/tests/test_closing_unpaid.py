"""A result is not handed over while its fee is due."""

from typing import Any

FEE = {"fee": {"amount": 150000, "currency": "VND"}, "feeDemand": {"at": "acceptance", "stopsClock": False}}
WAIVER = {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015, Điều 10"}


async def at_its_last_step(world: Any, outcome: str) -> str:
    case: str = await world.accepted(**FEE)
    decision = {"outcome": outcome, "reason": "Đã xem xét.", "legalGround": "Điều 17"}
    await world.act(case, "decision", world.official("justice"), decision)
    done = await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    assert [task["step"] for task in done.json()["tasks"]] == ["TRA_KET_QUA"]
    return case


async def handed_over(world: Any, case: str) -> Any:
    return await world.act(case, "tasks/TRA_KET_QUA/completion", world.official("desk"), {})


async def test_what_was_granted_is_not_handed_over_before_the_fee_is_paid_or_waived(world: Any) -> None:
    case = await at_its_last_step(world, "granted")
    refused = await handed_over(world, case)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/fee-unpaid")
    assert refused.json()["fees"] == [1]
    assert (await world.read(case)).json()["fees"][0]["state"] == "due"
    await world.act(case, "fees/1/exemption", world.official("desk"), WAIVER)
    assert (await handed_over(world, case)).json()["status"] == "closed"


async def test_for_what_was_rejected_nobody_pays_any_more(world: Any) -> None:
    case = await at_its_last_step(world, "rejected")
    assert (await handed_over(world, case)).json()["status"] == "closed"
    assert (await world.read(case)).json()["fees"][0]["state"] == "cancelled"
