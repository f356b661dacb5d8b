"""Fees through the API: asked for, paid by signed callbacks that come as they like, receipted, given back."""

import asyncio
import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from procedures.payments.providers import Providers
from procedures.timers.operations import fire_timers, told_by

FEE = {"amount": 150000, "currency": "VND"}
AT_SUBMISSION = {"at": "submission", "stopsClock": True}
RULE = {
    "name": "LE_PHI",
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
                    "outputs": [
                        {"id": "amount", "name": "amount", "field": "amount"},
                        {"id": "ground", "name": "ground", "field": "legalGround"},
                    ],
                    "rules": [{"_id": "1", "a": "!= null", "amount": "8000", "ground": "'Thông tư 01'"}],
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
REFUND = {"reason": "Hồ sơ rút.", "legalGround": "Luật Phí và lệ phí 2015, Điều 14"}


async def test_the_fee_is_asked_for_with_the_submission_and_shown_wherever_the_citizen_looks(
    world: Any,
) -> None:
    code = await world.publish(fee=FEE, feeDemand=AT_SUBMISSION)
    receipt = await world.submit(code)
    (fee,) = (await world.read(receipt["id"])).json()["fees"]
    assert (fee["state"], fee["amount"], fee["reference"]) == ("due", 150000, f"{receipt['code']}/1")
    tracked = await world.http.post(
        "/procedures/v1/tracking", json={"code": receipt["code"], "secret": receipt["trackingSecret"]}
    )
    assert tracked.json()["feesDue"] == [{"reference": fee["reference"], **FEE, "payBy": None}]
    (told,) = [
        event
        for event in await world.told("procedures.case.v1", "code", receipt["code"])
        if event.type == "procedures.case.fee_demanded.v1"
    ]
    assert (told.sequence, told.payload["fee"]) == (2, fee["reference"])
    log = await world.http.get(f"/procedures/v1/cases/{receipt['id']}/log", headers=world.citizen())
    assert log.json()["sound"]
    assert log.json()["entries"][1]["by"]["kind"] == "system"


async def test_the_clock_stands_still_until_the_fee_is_paid_and_says_so(world: Any, provider: Any) -> None:
    case, fee = await provider.asked()
    accepted = (await world.act(case, "acceptance", world.official("desk"))).json()
    assert (accepted["stoppedAt"] is not None, accepted.get("dueAt")) == (True, None)
    clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
    assert "Waiting for the applicant's payment" in clock.json()["text"]["en"]
    assert "Chờ người nộp nộp tiền" in clock.json()["text"]["vi"]
    early = await world.act(
        case, "decision", world.official("justice"), {"outcome": "granted", "reason": "x"}
    )
    assert early.json()["type"] == "/problems/clock-stopped"
    world.clock.advance(timedelta(hours=3))
    assert (await provider.pay(fee["reference"]))["verdict"] == "accepted"
    paid = (await world.read(case)).json()
    assert (paid.get("stoppedAt"), paid["fees"][0]["state"]) == (None, "paid")
    assert paid["dueAt"] == "2026-01-08T04:30:00Z"  # three working days from 10:30 of the agency's morning on
    clock = (await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())).json()
    assert [held["holders"][0]["kind"] for held in clock["held"]] == ["applicant"]


async def test_a_fee_of_acceptance_or_of_a_step_is_asked_for_there_and_never_twice(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked(feeDemand={"at": "acceptance"})
    assert fee == {}
    accepted = (await world.act(case, "acceptance", world.official("desk"))).json()
    assert [fee["state"] for fee in accepted["fees"]] == ["due"]
    assert accepted.get("stoppedAt") is None
    case, fee = await provider.asked(feeDemand={"at": "step", "step": "TRA_KET_QUA", "stopsClock": True})
    accepted = (await world.act(case, "acceptance", world.official("desk"))).json()
    assert (fee, accepted["fees"]) == ({}, [])
    done = (
        await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    ).json()
    assert (done["fees"][0]["state"], done["stoppedAt"] is not None) == ("due", True)
    await provider.pay(done["fees"][0]["reference"])
    decided = await world.act(case, "decision", world.official("desk"), {"outcome": "granted", "reason": "x"})
    assert [one["state"] for one in decided.json()["fees"]] == ["paid"]


async def test_what_does_not_fit_settles_nothing_and_stands_on_the_list_of_the_agency(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked()
    reference = fee["reference"]
    assert (await provider.pay(reference, amount=149999))["verdict"] == "too_little"
    assert (await provider.pay(reference, amount=150001))["verdict"] == "too_much"
    assert (await provider.pay(reference, currency="USD"))["verdict"] == "wrong_currency"
    assert (await provider.pay(reference))["verdict"] == "accepted"
    assert (await provider.pay(reference))["verdict"] == "duplicate"
    for nobodys in (f"{reference[:-1]}2", "H99.01-200101-0001/1", "cà phê"):
        assert (await provider.pay(nobodys))["verdict"] == "unknown"
    view = (await world.read(case)).json()
    verdicts = [paid["verdict"] for paid in view["payments"]]
    assert verdicts == ["too_little", "too_much", "wrong_currency", "accepted", "duplicate"]
    listed = await world.http.get("/procedures/v1/payments?limit=200", headers=world.official("desk"))
    mine = [one["verdict"] for one in listed.json()["items"] if one["fee"].startswith(reference[:-1])]
    assert mine == ["unknown", *reversed(verdicts)]
    filtered = await world.http.get("/procedures/v1/payments?verdict=unknown", headers=world.official("desk"))
    assert {"H99.01-200101-0001/1"} <= {one["fee"] for one in filtered.json()["items"]}
    assert {one["verdict"] for one in filtered.json()["items"]} == {"unknown"}
    foreign = await world.http.get("/procedures/v1/payments", headers=world.official("tax"))
    assert foreign.json()["items"] == []


async def test_money_for_a_case_that_has_ended_is_late_and_goes_back(world: Any, provider: Any) -> None:
    case, fee = await provider.asked()
    withdrawn = (await world.act(case, "withdrawal", world.citizen(), {})).json()
    assert withdrawn["fees"][0]["state"] == "cancelled"
    assert (await provider.pay(fee["reference"]))["verdict"] == "late"
    (paid,) = (await world.read(case)).json()["payments"]
    ordered = await world.act(case, f"payments/{paid['id']}/refund", world.official("desk"), REFUND)
    assert ordered.json()["payments"][0]["refund"]["state"] == "ordered"


async def test_a_callback_that_comes_again_is_answered_again_and_does_nothing(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked()
    notice = provider.notice(fee["reference"])
    together = await asyncio.gather(*(provider.tell(notice) for _ in range(6)))
    assert {answer.status_code for answer in together} == {200}
    assert len({answer.text for answer in together}) == 1
    etag = (await world.read(case)).headers["etag"]
    assert (await provider.tell(notice)).text == together[0].text
    assert (await world.read(case)).headers["etag"] == etag
    other = await provider.tell({**notice, "amount": 1})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/payment-reference-reused")


async def test_of_payments_that_come_at_once_one_settles_the_fee(world: Any, provider: Any) -> None:
    case, fee = await provider.asked()
    taken = await asyncio.gather(*(provider.pay(fee["reference"]) for _ in range(6)))
    assert sorted(one["verdict"] for one in taken) == ["accepted", *["duplicate"] * 5]
    log = await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())
    acts = [entry["act"]["kind"] for entry in log.json()["entries"]]
    assert (log.json()["sound"], acts.count("fee_paid")) == (True, 1)


async def test_nobody_but_the_provider_tells_of_payments(world: Any, provider: Any) -> None:
    case, fee = await provider.asked()
    notice, now = provider.notice(fee["reference"]), world.clock.now()
    refused = [
        await provider.tell(notice, sent=json.dumps({**notice, "amount": 1}).encode()),
        await provider.tell(notice, signed_at=now - timedelta(minutes=6)),
        await provider.tell(notice, signed_at=now + timedelta(minutes=6)),
        await provider.tell(notice, name="bidv"),
        await replace(provider, secret="whsec_" + b64encode(b"x" * 32).decode()).tell(notice),
    ]
    assert {(one.status_code, one.json()["type"]) for one in refused} == {
        (401, "/problems/payment-callback-refused")
    }
    assert (await provider.tell(notice, name="nobody")).status_code == 404
    unsigned = await world.http.post("/procedures/v1/payments/callbacks/napas", json=notice)
    assert unsigned.status_code == 400
    assert (await world.read(case)).json()["fees"][0]["state"] == "due"
    assert (await replace(provider, secret=provider.next_secret).tell(notice)).json()["verdict"] == "accepted"


async def test_a_payment_is_given_back_once_its_provider_says_so(world: Any, provider: Any) -> None:
    case, fee = await provider.asked()
    await provider.pay(fee["reference"])
    (paid,) = (await world.read(case)).json()["payments"]
    path, desk = f"payments/{paid['id']}/refund", world.official("desk")
    foreign = await world.act(case, path, world.official("desk", "H99.02"), REFUND)
    assert foreign.status_code == 404
    ordered = (await world.act(case, path, desk, REFUND)).json()["payments"][0]["refund"]
    again = await world.act(case, path, desk, REFUND)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-refunded")
    failed = provider.notice(fee["reference"], kind="refund_failed", refund=ordered["id"])
    assert (await provider.tell(failed)).json()["verdict"] == "accepted"
    refund = (await world.act(case, path, desk, REFUND)).json()["payments"][0]["refund"]
    given = {"kind": "refunded", "refund": refund["id"]}
    strange = replace(provider, secret=provider.next_secret)
    answer = await strange.tell(strange.notice(fee["reference"], **given), name="bidv")
    assert answer.json()["verdict"] == "unknown"
    assert (await provider.pay(fee["reference"], **given, amount=1))["verdict"] == "too_little"
    assert (await provider.pay(fee["reference"], **given))["verdict"] == "accepted"
    assert (await provider.pay(fee["reference"], **given))["verdict"] == "duplicate"
    assert (await provider.pay(fee["reference"], **{**given, "refund": ordered["id"]}))[
        "verdict"
    ] == "duplicate"
    view = (await world.read(case)).json()
    assert (view["fees"][0]["state"], view["payments"][0]["refund"]["state"]) == ("refunded", "done")
    listed = await world.http.get("/procedures/v1/payments?verdict=accepted", headers=desk)
    states = {one["kind"]: one.get("refundState") for one in listed.json()["items"][:3]}
    assert states == {"refunded": None, "refund_failed": None, "paid": "done"}
    receipt = await world.http.get(f"/procedures/v1/cases/{case}/fees/1/receipt", headers=world.citizen())
    assert receipt.json()["refundedAt"] is not None
    log = await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())
    assert log.json()["sound"]


async def test_receipts_of_an_agency_are_numbered_without_a_gap_by_year(world: Any, provider: Any) -> None:
    agency = "H77.01"
    code = await world.publish(agency=agency, fee=FEE, feeDemand={"at": "submission"})
    cases = [await world.submit(code) for _ in range(6)]
    unpaid = f"/procedures/v1/cases/{cases[0]['id']}/fees/1/receipt"
    assert (await world.http.get(unpaid, headers=world.citizen())).json()["type"] == "/problems/fee-not-paid"
    taken = await asyncio.gather(*(provider.pay(f"{case['code']}/1") for case in cases[:5]))
    assert sorted(one["receipt"] for one in taken) == [f"000000{n}/2026/BL" for n in range(1, 6)]
    await provider.pay(f"{cases[0]['code']}/1")  # a duplicate takes no number
    world.clock.advance(timedelta(days=365))
    assert (await provider.pay(f"{cases[5]['code']}/1"))["receipt"] == "0000001/2027/BL"
    receipt = await world.http.get(unpaid, headers=world.citizen())
    assert receipt.json()["caseCode"] == cases[0]["code"]
    assert (receipt.json()["amount"], receipt.json()["currency"]) == (150000, "VND")
    stranger = await world.http.get(unpaid, headers=world.citizen("somebody else"))
    assert stranger.status_code == 404


async def test_an_official_asks_for_a_fee_or_waives_one_with_the_legal_ground(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked(feeDemand=None)
    desk = world.official("desk")
    assert fee == {}
    order = {"amount": 20000, "legalGround": "Thông tư 85/2019/TT-BTC", "stopsClock": True}
    await world.act(case, "acceptance", desk)
    asked = (await world.act(case, "fees", desk, order)).json()
    assert (asked["fees"][0]["amount"], asked["stoppedAt"] is not None) == (20000, True)
    waiver = {"reason": "Người nộp thuộc hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015, Điều 10"}
    waived = (await world.act(case, "fees/1/exemption", desk, waiver)).json()
    assert (waived["fees"][0]["state"], waived.get("stoppedAt")) == ("exempted", None)
    again = await world.act(case, "fees/1/exemption", desk, waiver)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/fee-settled")
    assert (await provider.pay(asked["fees"][0]["reference"], amount=20000))["verdict"] == "late"
    refused = await world.act(case, "fees", world.official("tax"), order)
    assert refused.status_code == 404
    await world.act(case, "withdrawal", world.citizen(), {})
    over = await world.act(case, "fees", desk, order)
    assert (over.status_code, over.json()["nextActions"]) == (409, [])


async def test_a_rule_says_the_fee_from_the_answers_and_the_log_by_which_version(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked(fee=None, rules=[RULE], feeDemand={**AT_SUBMISSION, "rule": "LE_PHI"})
    assert (fee["amount"], fee["currency"], fee["legalGround"]) == (8000, "VND", "Thông tư 01")
    view = (await world.read(case)).json()
    assert [(one["purpose"], one["rule"], one["failure"]) for one in view["rulesApplied"]] == [
        ("fee", "LE_PHI", None)
    ]
    log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
    asked = log["entries"][1]["act"]
    assert (asked["inputs"], len(asked["version"])) == ({"form.fullName": '"Trần Thị Mẫu"'}, 64)
    assert log["sound"]


async def test_a_fee_is_asked_for_at_a_step_that_opens_by_silence(world: Any, provider: Any) -> None:
    steps = [
        step("TIEP_NHAN", [{"to": "HOI_Y_KIEN"}]),
        step(
            "HOI_Y_KIEN",
            [{"to": "TRA_KET_QUA"}],
            allowance={"kind": "working_hours", "amount": 2},
            silenceConsents=True,
        ),
        step("TRA_KET_QUA", [{"to": None}]),
    ]
    case, _ = await provider.asked(steps=steps, feeDemand={"at": "step", "step": "TRA_KET_QUA"})
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.advance(timedelta(hours=3))
    desk = world.app.state.desk
    while await fire_timers(world.database, desk.versions, world.clock.now(), told_by(world.clock)):
        pass
    view = (await world.read(case)).json()
    assert ([task["step"] for task in view["tasks"]], len(view["fees"])) == (["TRA_KET_QUA"], 1)


def step(code: str, transitions: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": "BP_MOT_CUA", "transitions": transitions, **more}


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64", "whsec_ế"])
def test_a_provider_without_a_secret_worth_the_name_is_not_set_up(secret: str) -> None:
    good = "whsec_" + "QUJD" * 8
    Providers({"napas": [good], "bidv": [good, good]})
    with pytest.raises(ValueError, match="secret"):
        Providers({"napas": [good], "bidv": [secret] if secret else []})
