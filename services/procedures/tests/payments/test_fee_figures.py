"""Fees paid online and appeals ruled on in time, counted from the events and from the logs alike."""

from datetime import date
from typing import Any

from procedures.statistics import store
from procedures.statistics.operations import recount
from shared.ids import new_id

JANUARY = date(2026, 1, 1)
GROUNDS = {"type": "object", "properties": {"grounds": {"type": "string"}}}
LATER = {"at": "submission", "stopsClock": False}


async def test_fees_paid_through_a_provider_and_appeals_are_counted_as_they_are_counted_anew(
    world: Any, provider: Any
) -> None:
    agency = f"H99.{new_id().hex[-6:]}"
    desk, justice, tax = (world.official(who, agency) for who in ("desk", "justice", "tax"))
    step = {"code": "THU_LY", "title": {"vi": "Thụ lý", "en": "Take up"}, "unit": "BP_THUE"}
    last = {"code": "TRA", "title": {"vi": "Trả", "en": "Hand over"}, "unit": "BP_THUE"}
    steps = [{**step, "transitions": [{"to": "TRA"}]}, {**last, "transitions": [{"to": None}]}]
    complaints = await world.publish(agency=agency, form=GROUNDS, documents=[], first="THU_LY", steps=steps)
    said = {"agency": agency, "feeDemand": LATER, "appeal": {"procedure": complaints}}
    refusal = {"outcome": "rejected", "reason": "Thiếu.", "legalGround": "Điều 19"}
    for paid in (True, False):
        case, fee = await provider.asked(**said)
        if paid:
            await provider.pay(fee["reference"])
        await world.act(case, "acceptance", desk)
        assert (await world.act(case, "decision", justice, refusal)).status_code == 201
    filed = await world.act(case, "appeals", world.citizen(), {"form": {"grounds": "Đã đủ."}})
    assert filed.status_code == 201, filed.text
    await world.act(filed.json()["id"], "acceptance", tax)
    ruling = {"verdict": "upheld", "reason": "Đã xem xét.", "legalGround": "Điều 31"}
    assert (await world.act(filed.json()["id"], "ruling", tax, ruling)).status_code == 201
    await world.count(agency)
    async with world.database.reading() as tx:
        counted = await store.totals(tx, agency, JANUARY, JANUARY)
    assert [counted.get(name) for name in ("with_fee", "fee_paid_online", "appeals_in_time")] == [2, 1, 1]
    await recount(world.database)
    async with world.database.reading() as tx:
        anew = await store.totals(tx, agency, JANUARY, JANUARY)
    assert anew == {figure: number for figure, number in counted.items() if number}
