"""Fees and payments: asked for, waived, paid by a provider's callback, receipted, reconciled, given back."""

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

from standardwebhooks import Webhook

from procedures.payments.providers import Providers
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt

ORDER = {"amount": 20000, "legalGround": "Thông tư 85/2019/TT-BTC"}
SECRET = "whsec_" + b64encode(b"a secret of tests, long enough!!").decode()


async def _with_fee(world: World) -> tuple[str, str]:
    """A case whose applicant was asked for a fee, and the reference of the fee."""
    case = await world.accepted()
    await world.act(case, "fees", world.official("desk"), ORDER)
    view = await world.http.get(f"{BASE}/cases/{case}", headers=world.person(world.applicant))
    return case, str(view.json()["fees"][0]["reference"])


@recipe("POST /procedures/v1/cases/{case_id}/fees")
async def demand_fee(world: World) -> Attempt:
    return await world.command(await world.accepted(), "fees", "desk", ORDER)


@recipe("POST /procedures/v1/cases/{case_id}/fees/{number}/exemption")
async def exempt_fee(world: World) -> Attempt:
    case, _ = await _with_fee(world)
    body = {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015, Điều 10"}
    return await world.command(case, "fees/1/exemption", "desk", body)


async def _callback(world: World) -> tuple[str, Attempt]:
    """A case with a fee, and a provider that tells of its payment."""
    case, reference = await _with_fee(world)
    desk = world.app.state.desk
    world.app.state.desk = replace(desk, providers=Providers({"napas": [SECRET]}))
    now = world.clock.now()
    notice: dict[str, Any] = {
        "kind": "paid",
        "reference": f"FT-{reference}",
        "fee": reference,
        "amount": ORDER["amount"],
        "currency": "VND",
        "happenedAt": now.isoformat(),
    }
    body = json.dumps(notice)
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    return case, Attempt(f"{BASE}/payments/callbacks/napas", content=body.encode(), headers=headers)


async def _paid(world: World) -> tuple[str, str]:
    """A case whose fee is paid, and the id of the payment."""
    case, callback = await _callback(world)
    answer = await callback.send(world.http, "POST", {})
    assert answer.json()["verdict"] == "accepted", answer.text
    view = await world.http.get(f"{BASE}/cases/{case}", headers=world.person(world.applicant))
    return case, str(view.json()["payments"][0]["id"])


@recipe("POST /procedures/v1/payments/callbacks/{provider}")
async def take_callback(world: World) -> Attempt:
    return (await _callback(world))[1]


@recipe("GET /procedures/v1/payments")
async def list_payments(world: World) -> Attempt:
    case, _ = await _paid(world)
    return Attempt(
        f"{BASE}/payments",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=case,
    )


@recipe("POST /procedures/v1/cases/{case_id}/payments/{payment_id}/refund")
async def order_refund(world: World) -> Attempt:
    case, payment = await _paid(world)
    body = {"reason": "Hồ sơ rút.", "legalGround": "Luật Phí và lệ phí 2015, Điều 14"}
    return await world.command(case, f"payments/{payment}/refund", "desk", body)


@recipe("GET /procedures/v1/cases/{case_id}/fees/{number}/receipt")
async def get_fee_receipt(world: World) -> Attempt:
    case, _ = await _paid(world)
    return Attempt(
        f"{BASE}/cases/{case}/fees/1/receipt",
        rightful=world.person(world.applicant),
        strangers=world.strangers_to_a_case(),
        private="/2026/BL",
    )
