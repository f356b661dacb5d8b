"""A fee of a case that was refused and is taken up again after an appeal: how long there is to pay it now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from procedures.calendars.redating import date_next
from procedures.cases.soundness import verify_cases
from procedures.cases.store import act_json, entry_of
from procedures.domain.fee_acts import FeeAskedAgain
from procedures.domain.link_acts import Reopened
from procedures.domain.log import Link
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_to_pay import TimeToPay, Unpaid

TEN_DAYS = {"at": "submission", "stopsClock": True, "payWithin": {"kind": "working_days", "amount": 10}}
REMINDER = {"kind": "working_days", "amount": 1}
REFUSAL = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
OVERTURNED = {"verdict": "overturned", "reason": "Đúng thẩm quyền.", "legalGround": "Luật Khiếu nại, Điều 31"}
MOMENT = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("nothing_left_over")


def on(text: str) -> datetime:
    return datetime.fromisoformat(f"{text} 08:30:00+07:00").astimezone(UTC)


async def refused(world: Any, provider: Any, **changes: Any) -> tuple[str, str]:
    """A case that was refused two days after its fee was asked for, and the reference of the fee."""
    complaints = await world.publish()
    demand = {"feeDemand": TEN_DAYS, "reminder": REMINDER, "appeal": {"procedure": complaints}}
    case, fee = await provider.asked(**demand, **changes)
    assert fee["payBy"] == "2026-01-19T01:30:00Z"
    world.clock.set(on("2026-01-07"))
    await world.act(case, "refusal", world.official("desk"), REFUSAL)
    return case, fee["reference"]


async def reopened(world: Any, case: str) -> Any:
    """The case on the day after the appeal was won."""
    world.clock.set(on("2026-01-08"))
    appeal = await world.act(case, "appeals", world.citizen(), {"form": {"fullName": "Trần Thị Mẫu"}})
    desk = world.official("desk")
    await world.act(appeal.json()["id"], "acceptance", desk)
    world.clock.set(on("2026-03-06"))
    ruling = await world.act(appeal.json()["id"], "ruling", world.official("justice"), OVERTURNED)
    assert ruling.status_code == 201, ruling.text
    world.clock.set(MOMENT)
    answer = await world.act(case, "reopening", desk, {"reason": "Theo kết quả giải quyết khiếu nại."})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def kinds_since(world: Any, case: str, kind: str) -> list[str]:
    kinds = [act["kind"] for act in await world.acts(case)]
    return kinds[kinds.index(kind) + 1 :]


async def sound(world: Any, code: str) -> bool:
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=None, limit=1, code=code)
    return verified.flaw is None


async def test_whoever_won_the_appeal_has_as_much_time_to_pay_as_was_given_at_first(
    world: Any, provider: Any
) -> None:
    case, reference = await refused(world, provider)
    seen = await reopened(world, case)
    assert (seen["status"], seen["fees"][0]["state"]) == ("submitted", "due")
    assert seen["fees"][0]["payBy"] == "2026-03-23T01:30:00Z"
    world.clock.advance(timedelta(minutes=1))
    await world.fire()
    assert await kinds_since(world, case, "reopened") == []
    assert await sound(world, seen["code"])
    world.clock.set(on("2026-03-20") + timedelta(minutes=1))
    await world.fire()
    assert await kinds_since(world, case, "reopened") == ["fee_reminded"]
    assert (await provider.pay(reference))["verdict"] == "accepted"
    world.clock.set(on("2026-04-09"))
    await world.fire()
    assert await kinds_since(world, case, "fee_reminded") == ["fee_paid"]


async def test_who_does_not_pay_then_either_loses_the_case_by_the_calendar_of_the_agency(
    world: Any, provider: Any
) -> None:
    case, _ = await refused(world, provider)
    code = (await reopened(world, case))["code"]
    await world.close_on("H99.01", "2026-03-10")
    while await date_next(world.database, world.clock.now()):
        pass
    (fee,) = (await world.read(case)).json()["fees"]
    assert (fee["payBy"], fee["demandedAt"]) == ("2026-03-24T01:30:00Z", "2026-01-05T01:30:00Z")
    world.clock.set(on("2026-03-24") + timedelta(minutes=1))
    await world.fire()
    assert await kinds_since(world, case, "redated") == ["fee_reminded", "fee_expired", "lapsed"]
    assert await sound(world, code)


@pytest.mark.parametrize(("amount", "pay_by"), [(150000, None), (149999, "2026-03-23T01:30:00Z")])
async def test_a_case_does_not_lapse_for_money_that_came_while_it_was_refused_and_still_lies_there(
    world: Any, provider: Any, amount: int, pay_by: str | None
) -> None:
    case, reference = await refused(world, provider)
    assert (await provider.pay(reference, amount=amount))["verdict"] == "late"
    (fee,) = (await reopened(world, case))["fees"]
    assert (fee["state"], fee["payBy"]) == ("due", pay_by)


async def test_money_that_was_given_back_meanwhile_is_to_be_paid_in_time(world: Any, provider: Any) -> None:
    case, reference = await refused(world, provider)
    await provider.pay(reference)
    (paid,) = (await world.read(case)).json()["payments"]
    refund = {"reason": "Hồ sơ bị từ chối.", "legalGround": "Luật Phí và lệ phí 2015, Điều 14"}
    await world.act(case, f"payments/{paid['id']}/refund", world.official("desk"), refund)
    assert (await reopened(world, case))["fees"][0]["payBy"] == "2026-03-23T01:30:00Z"


def test_an_entry_of_before_is_read_and_leaves_the_time_as_it_was() -> None:
    within = Term(TermKind.WORKING_DAYS, Decimal(10))
    time = TimeToPay(within, NO_TERM, MOMENT, None, Unpaid.LAPSE, counted_from=MOMENT)
    act = Reopened(UUID(int=1), "x", (), None, (FeeAskedAgain(1, time),))
    written = act_json(act)
    assert entry_of(Link(2, MOMENT, {"subject": "x", "kind": "official"}, written, b"")).act == act
    del written["fees"]
    before = entry_of(Link(2, MOMENT, {"subject": "x", "kind": "official"}, written, b""))
    assert before.act == replace(act, fees=())
