"""A fee is to be paid in time: who is reminded, what follows when nobody pays, and what a payment is good for then."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from procedures.calendars.redating import date_next
from procedures.cases.sight import ANY_CASE
from procedures.cases.soundness import verify_cases
from procedures.links.store import lock_case
from shared.db import Database

LAPSES = {
    "at": "submission",
    "stopsClock": True,
    "payWithin": {"kind": "working_days", "amount": 3},
}
GOES_ON = {**LAPSES, "onExpiry": "continue"}
REMINDER = {"kind": "working_days", "amount": 1}
TICK = timedelta(microseconds=1)
CASES = 12
pytestmark = pytest.mark.usefixtures("nothing_left_over")


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


async def kinds(world: Any, case: str) -> list[str]:
    return [act["kind"] for act in await world.acts(case)]


async def sound(world: Any, code: str) -> bool:
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=None, limit=1, code=code)
    return verified.flaw is None


async def told(world: Any, code: str) -> list[tuple[str, dict[str, Any]]]:
    rows = await world.told("procedures.case.v1", "code", code)
    return [(row.type.removeprefix("procedures.case.").removesuffix(".v1"), row.payload) for row in rows]


async def test_who_does_not_pay_is_reminded_and_then_the_case_lapses(world: Any, provider: Any) -> None:
    case, fee = await provider.asked(feeDemand=LAPSES, reminder=REMINDER)
    assert (fee["payBy"], fee["onExpiry"]) == ("2026-01-08T01:30:00Z", "lapse")
    for at, expected in (
        ("2026-01-07 08:30:00", []),
        ("2026-01-07 08:30:01", ["fee_reminded"]),
        ("2026-01-08 08:30:00", ["fee_reminded"]),
        ("2026-01-08 08:30:01", ["fee_reminded", "fee_expired", "lapsed"]),
        ("2026-02-08 08:30:00", ["fee_reminded", "fee_expired", "lapsed"]),
    ):
        world.clock.set(local(at))
        await world.fire()
        assert (await kinds(world, case))[2:] == expected
    view = (await world.read(case)).json()
    assert (view["status"], view["nextActions"], view["fees"][0]["state"]) == ("lapsed", [], "cancelled")
    assert view["fees"][0]["expiredAt"] == "2026-01-08T01:30:01Z"
    events = dict(await told(world, view["code"]))
    assert events["fee_demanded"]["payBy"] == events["fee_reminded"]["payBy"] == "2026-01-08T01:30:00Z"
    assert (events["fee_expired"]["fee"], events["fee_expired"]["onExpiry"]) == (fee["reference"], "lapse")
    assert (events["lapsed"]["answerBy"], events["lapsed"]["status"]) == ("2026-01-08T01:30:00Z", "lapsed")
    assert await sound(world, view["code"])


async def test_the_clock_tells_until_when_it_waits_and_why_the_case_lapsed(world: Any, provider: Any) -> None:
    case, _ = await provider.asked(feeDemand=LAPSES)
    await world.act(case, "acceptance", world.official("desk"))
    path = f"/procedures/v1/cases/{case}/clock"
    waiting = (await world.http.get(path, headers=world.citizen())).json()["text"]
    assert "To be paid by 2026-01-08 08:30, or the case lapses." in waiting["en"]
    assert "Hạn nộp tiền: 08:30 ngày 08/01/2026; quá hạn thì hồ sơ hết hiệu lực." in waiting["vi"]
    world.clock.set(local("2026-01-08 08:31"))
    await world.fire()
    over = (await world.http.get(path, headers=world.citizen())).json()["text"]
    assert over["en"].endswith("The case lapsed at 2026-01-08 08:31: the fee was not paid in time.")
    assert over["vi"].endswith("vì không nộp phí đúng hạn.")


async def test_a_payment_after_the_case_has_lapsed_is_set_aside_and_goes_back(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked(feeDemand=LAPSES)
    world.clock.set(local("2026-01-08 08:30") + TICK)
    await world.fire()
    assert (await provider.pay(fee["reference"]))["verdict"] == "late"
    (paid,) = (await world.read(case)).json()["payments"]
    refund = {"reason": "Nộp muộn.", "legalGround": "Luật Phí và lệ phí 2015"}
    back = await world.act(case, f"payments/{paid['id']}/refund", world.official("desk"), refund)
    assert (back.status_code, back.json()["payments"][0]["refundable"]) == (201, 0)


@pytest.mark.parametrize("way", ["paid", "waived", "decided"])
async def test_nothing_expires_once_the_fee_is_paid_or_waived_or_the_matter_decided(
    world: Any, provider: Any, way: str
) -> None:
    demand = {**LAPSES, "stopsClock": way != "decided"}
    case, fee = await provider.asked(feeDemand=demand, reminder=REMINDER)
    await world.act(case, "acceptance", world.official("desk"))
    if way == "paid":
        assert (await provider.pay(fee["reference"]))["verdict"] == "accepted"
    elif way == "waived":
        ground = {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015"}
        await world.act(case, "fees/1/exemption", world.official("desk"), ground)
    else:
        decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
        await world.act(case, "decision", world.official("justice"), decision)
    world.clock.set(local("2026-02-08 08:30"))
    await world.fire()
    assert not {"fee_reminded", "fee_expired", "lapsed"} & set(await kinds(world, case))


async def test_a_fee_is_waived_also_while_the_applicant_is_asked_for_papers(
    world: Any, provider: Any
) -> None:
    """Its time runs out meanwhile, so that a poor household would lose its case."""
    case, _ = await provider.asked(feeDemand={**LAPSES, "stopsClock": False})
    desk, justice = world.official("desk"), world.official("justice")
    await world.act(case, "acceptance", desk)
    papers = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp bị mờ."}]}
    asked = (await world.act(case, "supplement-request", justice, papers)).json()
    assert (asked["status"], "exempt_fee" in asked["nextActions"]) == ("supplement_requested", True)
    ground = {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí 2015, Điều 10"}
    waived = await world.act(case, "fees/1/exemption", desk, ground)
    assert (waived.status_code, waived.json()["fees"][0]["state"]) == (201, "exempted")
    assert (waived.json()["stoppedAt"], waived.json().get("dueAt")) == (asked["stoppedAt"], None)
    world.clock.set(local("2026-02-08 08:30"))
    await world.fire()
    assert (await world.read(case)).json()["status"] == "supplement_requested"


async def test_a_case_that_may_go_on_is_not_waited_for_any_more_and_may_still_be_paid(
    world: Any, provider: Any
) -> None:
    case, fee = await provider.asked(feeDemand=GOES_ON, term={"kind": "working_days", "amount": 5})
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-08 10:30"))
    await world.fire()
    view = (await world.read(case)).json()
    assert (view["status"], view["stoppedAt"], view["fees"][0]["state"]) == ("accepted", None, "due")
    assert view["dueAt"] == "2026-01-15T03:30:00Z"  # five working days from when it was noted on
    await world.fire()
    assert (await kinds(world, case)).count("fee_expired") == 1
    assert (await provider.pay(fee["reference"]))["verdict"] == "accepted"
    assert await sound(world, view["code"])


async def test_an_edited_calendar_moves_the_time_to_pay_also_before_the_case_is_received(
    world: Any, provider: Any
) -> None:
    cases = [(await provider.asked(feeDemand=LAPSES, reminder=REMINDER))[0] for _ in range(2)]
    await world.act(cases[1], "acceptance", world.official("desk"))
    await world.close_on("H99.01", "2026-01-07")
    while await date_next(world.database, world.clock.now()):
        pass
    for case in cases:
        view = (await world.read(case)).json()
        assert view["fees"][0]["payBy"] == "2026-01-09T01:30:00Z"
        assert await sound(world, view["code"])
    world.clock.set(local("2026-01-08 08:31"))
    await world.fire()
    assert [(await kinds(world, case))[-1] for case in cases] == ["fee_reminded"] * 2
    world.clock.set(local("2026-01-09 08:31"))
    await world.fire()
    assert [(await kinds(world, case))[-1] for case in cases] == ["lapsed"] * 2


async def test_a_payment_and_the_end_of_its_time_that_meet_leave_one_of_them_done(
    world: Any, provider: Any, other_process: Callable[[], Database]
) -> None:
    """Several processes fire the timers while the payments come: each case is paid, or has lapsed and owes it back."""
    found = [await provider.asked(feeDemand=LAPSES) for _ in range(CASES)]
    world.clock.set(local("2026-01-08 08:31"))
    others = [other_process(), other_process()]
    fires = [world.fire(database, at_once=2) for database in others]
    verdicts, *_ = await asyncio.gather(
        asyncio.gather(*(provider.pay(fee["reference"]) for _, fee in found)), *fires
    )
    await world.fire()
    for (case, _), taken in zip(found, verdicts, strict=True):
        view = (await world.read(case)).json()
        ends = {"accepted": ("submitted", "paid"), "late": ("lapsed", "cancelled")}
        assert (view["status"], view["fees"][0]["state"]) == ends[taken["verdict"]]
        assert (taken["receipt"] is None) is (taken["verdict"] == "late")
        assert await sound(world, view["code"])


async def test_whoever_holds_the_case_first_settles_it(
    world: Any, provider: Any, other_process: Callable[[], Database]
) -> None:
    """The same, in a given order: the timer passes over a case that a payment holds, and a payment waits."""
    case, fee = await provider.asked(feeDemand=LAPSES)
    world.clock.set(local("2026-01-08 08:31"))
    async with other_process().transaction() as tx:
        assert await lock_case(tx, UUID(case), ANY_CASE)
        await world.fire()
        assert "lapsed" not in await kinds(world, case)
        waits = asyncio.create_task(provider.pay(fee["reference"]))
        assert not (await asyncio.wait([waits], timeout=0.2))[0]
    assert (await waits)["verdict"] == "accepted"
    await world.fire()
    assert (await world.read(case)).json()["status"] == "submitted"
