"""A result is not handed over while its fee is due."""

from typing import Any

FEE = {"fee": {"amount": 150000, "currency": "VND"}, "feeDemand": {"at": "acceptance", "stopsClock": False}}
GRANTS = {
    "name": "DUYET",
    "table": {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {
                "id": "table",
                "type": "decisionTableNode",
                "name": "table",
                "content": {
                    "hitPolicy": "first",
                    "inputs": [{"id": "a", "name": "Họ tên", "field": "form.fullName"}],
                    "outputs": [{"id": "b", "name": "approve", "field": "approve"}],
                    "rules": [{"_id": "1", "a": "!= null", "b": "true"}],
                },
            },
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "table"},
            {"id": "2", "sourceId": "table", "targetId": "out"},
        ],
    },
}
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


async def content(world: Any, document: str, who: dict[str, str]) -> Any:
    return await world.http.get(f"/procedures/v1/documents/{document}/content", headers=who)


async def test_the_applicant_takes_what_was_granted_once_the_fee_is_paid_or_waived(world: Any) -> None:
    """Signing comes first, and the desk collects when it hands over: officials have it all the time."""
    case = await at_its_last_step(world, "granted")
    desk, citizen = world.official("desk"), world.citizen()
    paper = {"document": "GIAY_PHEP", "id": (await world.send(b"%PDF-1.7 permit", headers=desk))["id"]}
    recorded = (await world.act(case, "result", desk, {"documents": [paper]})).json()
    assert ([one["id"] for one in recorded["result"]], recorded["resultWithheld"]) == ([paper["id"]], True)
    refused = await content(world, paper["id"], citizen)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/fee-unpaid")
    assert (refused.json()["fees"], (await content(world, paper["id"], desk)).status_code) == ([1], 200)
    await world.act(case, "fees/1/exemption", desk, WAIVER)
    assert (await world.read(case)).json()["resultWithheld"] is False
    assert (await content(world, paper["id"], citizen)).content == b"%PDF-1.7 permit"


async def test_what_the_applicant_sent_and_a_rejection_are_kept_back_from_nobody(world: Any) -> None:
    procedure = await world.publish(**FEE)
    own = {"document": "GIAY_TO", "id": (await world.send(b"%PDF-1.7 mine"))["id"]}
    case = (await world.submit(procedure, documents=[own]))["id"]
    justice = world.official("justice")
    await world.act(case, "acceptance", world.official("desk"))
    decision = {"outcome": "rejected", "reason": "Thiếu.", "legalGround": "Điều 17"}
    await world.act(case, "decision", justice, decision)
    paper = (await world.send(b"%PDF-1.7 refusal", headers=justice))["id"]
    enclosed = {"documents": [{"document": "THONG_BAO", "id": paper}]}
    recorded = (await world.act(case, "result", justice, enclosed)).json()
    assert (recorded["resultWithheld"], recorded["fees"][0]["state"]) == (False, "due")
    for document in (own["id"], paper):
        assert (await content(world, document, world.citizen())).status_code == 200


async def test_a_case_that_a_rule_grants_and_closes_waits_for_a_fee_that_was_asked_for_by_hand(
    world: Any,
) -> None:
    demand = {"at": "submission", "stopsClock": True}
    automation = {"approval": {"rule": "DUYET", "to": None}}
    code = await world.publish(fee=FEE["fee"], feeDemand=demand, rules=[GRANTS], automation=automation)
    case, desk = (await world.submit(code))["id"], world.official("desk")
    by_hand = {"amount": 20000, "legalGround": "Thông tư 85/2019/TT-BTC", "stopsClock": False}
    assert (await world.act(case, "fees", desk, by_hand)).status_code == 201
    first = (await world.act(case, "fees/1/exemption", desk, WAIVER)).json()
    assert (first["status"], [fee["state"] for fee in first["fees"]]) == ("submitted", ["exempted", "due"])
    second = (await world.act(case, "fees/2/exemption", desk, WAIVER)).json()
    assert (second["status"], second["outcome"]) == ("closed", "granted")
