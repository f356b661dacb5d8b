"""What happens to a case by itself: each timer fires once, soon after its instant, and never before it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from procedures.calendars.redating import date_next
from procedures.domain.clock import CaseClock, Stop
from procedures.domain.dating import standing
from procedures.domain.holidays_vn import vietnam
from procedures.domain.terms import Term, TermKind

ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
TWO_ITEMS = {"items": [*ITEMS["items"], {"document": "SO_DO", "reason": "Chưa có."}]}
TICK = timedelta(microseconds=1)
pytestmark = pytest.mark.usefixtures("nothing_left_over")


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


async def kinds(world: Any, case: str) -> list[str]:
    return [act["kind"] for act in await world.acts(case)]


async def status(world: Any, case: str) -> str:
    return str((await world.read(case)).json()["status"])


class TestReminding:
    async def test_a_case_is_reminded_of_a_working_day_before_it_is_due(self, world: Any) -> None:
        case = await world.accepted(reminder=working_days(1), term=working_days(5))
        world.clock.set(local("2026-01-09 08:30"))
        await world.fire()
        assert "reminded" not in await kinds(world, case)
        world.clock.advance(TICK)
        await world.fire()
        await world.fire()
        reminders = [act for act in await world.acts(case) if act["kind"] == "reminded"]
        assert [act["due_at"] for act in reminders] == ["2026-01-12T01:30:00Z"]

    async def test_who_gets_more_time_is_reminded_again(self, world: Any) -> None:
        case = await world.accepted(reminder=working_days(1))
        world.clock.set(local("2026-01-07 09:00"))
        await world.fire()
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-12 09:00"))
        await supplement(world, case, "GIAY_TO")
        await world.fire()
        world.clock.set(local("2026-01-13 09:00"))
        await world.fire()
        reminded = [act["due_at"] for act in await world.acts(case) if act["kind"] == "reminded"]
        assert reminded == ["2026-01-08T01:30:00Z", "2026-01-13T01:30:00Z"]

    async def test_the_applicant_is_reminded_of_what_is_to_be_brought(self, world: Any) -> None:
        rule = {"answerWithin": working_days(5)}
        case = await world.accepted(supplements=rule, reminder=working_days(2))
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-08 08:31"))
        await world.fire()
        (told,) = [
            row.payload for row in await world.told("procedures.case.v1", "of", "answer") if of(row, case)
        ]
        assert told["remindedOf"] == "2026-01-12T01:30:00Z"


def of(row: Any, case: str) -> bool:
    return str(row.aggregateid) == case


async def supplement(world: Any, case: str, *documents: str) -> None:
    brought = [
        {"document": document, "id": (await world.send(b"%PDF-1.7 sample"))["id"]} for document in documents
    ]
    answer = await world.act(case, "supplement", world.citizen(), {"documents": brought})
    assert answer.status_code == 201, answer.text


class TestBecomingOverdue:
    async def test_a_step_and_then_the_case_become_overdue_after_their_instants(self, world: Any) -> None:
        case = await world.accepted()
        for at, expected in (
            ("2026-01-07 08:30", []),
            ("2026-01-07 08:31", ["THU_LY"]),
            ("2026-01-08 08:30", ["THU_LY"]),
            ("2026-01-08 08:31", ["THU_LY", ""]),
            ("2026-02-08 08:31", ["THU_LY", ""]),
        ):
            world.clock.set(local(at))
            await world.fire()
            overdue = [act for act in await world.acts(case) if act["kind"] == "became_overdue"]
            assert [act["timer"]["subject"] for act in overdue] == expected
        assert (overdue[0]["unit"], overdue[0]["unit_agency"]) == ("PHONG_TU_PHAP", "H99.01")

    async def test_a_case_that_is_decided_in_time_never_does(self, world: Any) -> None:
        case = await world.accepted()
        await world.act(
            case, "decision", world.official("justice"), {"outcome": "granted", "reason": "Đủ điều kiện."}
        )
        await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
        world.clock.set(local("2026-03-08 08:30"))
        await world.fire()
        assert "became_overdue" not in await kinds(world, case)

    async def test_what_stands_still_never_does(self, world: Any) -> None:
        case = await world.accepted()
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-03-08 08:30"))
        await world.fire()
        assert "became_overdue" not in await kinds(world, case)

    async def test_what_was_late_before_a_supplement_is_not_noted_again_after_it(self, world: Any) -> None:
        """Nor is the agency reminded again: the time that had run out is as run out as before."""
        case = await world.accepted(reminder=working_days(1), supplements={"answerWithin": working_days(9)})
        world.clock.set(local("2026-01-09 08:30"))
        await world.fire()
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-22 08:20"))
        await world.fire()
        assert (await kinds(world, case))[-1] == "reminded"  # the applicant, meanwhile
        before = await kinds(world, case)
        await supplement(world, case, "GIAY_TO")
        world.clock.advance(timedelta(minutes=1))
        await world.fire()
        assert await kinds(world, case) == [*before, "supplemented"]

    async def test_a_closed_day_puts_the_timer_off(self, world: Any) -> None:
        case = await world.accepted()
        await world.close_on("H99.01", "2026-01-06")
        while await date_next(world.database, world.clock.now()):
            pass
        world.clock.set(local("2026-01-08 09:00"))
        await world.fire()
        assert [act["timer"]["subject"] for act in (await world.acts(case))[3:]] == ["THU_LY"]


class TestSilence:
    async def test_a_step_that_nobody_did_in_time_is_taken_for_done(self, world: Any) -> None:
        steps = [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "TRA", silenceConsents=True, allowance=working_days(1)),
            step("TRA", "BP_MOT_CUA", None),
        ]
        case = await world.accepted(steps=steps)
        world.clock.set(local("2026-01-06 08:30"))
        await world.fire()
        assert (await kinds(world, case))[-1] == "accepted"
        world.clock.advance(timedelta(seconds=1))
        await world.fire()
        last = (await world.acts(case))[-1]
        assert (last["kind"], last["step"], last["by_silence"]) == ("task_completed", "HOI_THUE", True)
        assert [task["step"] for task in (await world.read(case)).json()["tasks"]] == ["TRA"]

    async def test_one_that_is_asked_when_the_case_is_late_already_is_overdue_instead(
        self, world: Any
    ) -> None:
        steps = [
            step("TIEP_NHAN", "BP_MOT_CUA", "THU_LY"),
            step("THU_LY", "PHONG_TU_PHAP", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "TRA", silenceConsents=True),
            step("TRA", "BP_MOT_CUA", None),
        ]
        case = await world.accepted(steps=steps)
        world.clock.set(local("2026-01-09 08:30"))
        await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
        world.clock.set(local("2026-01-12 08:30"))
        await world.fire()
        last = (await world.acts(case))[-1]
        assert (last["kind"], last["timer"]["subject"]) == ("became_overdue", "HOI_THUE")
        assert [task["step"] for task in (await world.read(case)).json()["tasks"]] == ["HOI_THUE"]

    async def test_a_case_that_nobody_answered_in_time_is_granted(self, world: Any) -> None:
        case = await world.accepted(consentBySilence=True)
        world.clock.set(local("2026-01-08 08:31"))
        await world.fire()
        view = (await world.read(case)).json()
        assert (view["status"], view["outcome"]) == ("decided", "granted")
        (told,) = [
            row.payload
            for row in await world.told("procedures.case.v1", "outcome", "granted")
            if of(row, case)
        ]
        assert told["bySilence"] is True

    async def test_the_last_step_of_an_undecided_case_is_overdue_instead(self, world: Any) -> None:
        steps = [
            step("TIEP_NHAN", "BP_MOT_CUA", "TRA"),
            step("TRA", "BP_MOT_CUA", None, silenceConsents=True, allowance=working_days(1)),
        ]
        case = await world.accepted(steps=steps)
        world.clock.set(local("2026-01-06 09:00"))
        await world.fire()
        assert (await kinds(world, case))[-1] == "became_overdue"


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


class TestTheSupplementThatDoesNotCome:
    """Named after what people complained of in systems like this one."""

    @pytest.mark.parametrize(
        ("on_expiry", "expected", "outcome"),
        [("lapse", "lapsed", None), ("reject", "decided", "rejected"), ("continue", "accepted", None)],
    )
    async def test_the_procedure_says_what_becomes_of_the_case(
        self, world: Any, on_expiry: str, expected: str, outcome: str | None
    ) -> None:
        rule = {"answerWithin": working_days(3), "onExpiry": on_expiry}
        case = await world.accepted(supplements=rule)
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-08 08:30"))
        await world.fire()
        assert await status(world, case) == "supplement_requested"
        world.clock.advance(TICK)
        await world.fire()
        view = (await world.read(case)).json()
        assert (view["status"], view.get("outcome"), view["missing"]) == (expected, outcome, [])
        grounded = "thủ tục MAU-" in (view.get("legalGround") or "")
        assert grounded == (outcome == "rejected")

    async def test_a_case_that_goes_on_without_it_has_the_time_that_was_left(self, world: Any) -> None:
        case = await world.accepted(supplements={"answerWithin": working_days(3), "onExpiry": "continue"})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-08 08:30") + timedelta(seconds=30))
        await world.fire()
        assert (await world.read(case)).json()["dueAt"] == "2026-01-13T01:30:30Z"

    async def test_what_is_rejected_while_a_fee_is_unpaid_is_measured_by_when_it_was_due(
        self, world: Any
    ) -> None:
        """A day late when the fee was asked for: what stopped its clock then made it neither late nor in time."""
        case = await world.accepted(supplements={"answerWithin": working_days(3), "onExpiry": "reject"})
        world.clock.set(local("2026-01-09 08:30"))
        fee = {"amount": 20000, "legalGround": "Thông tư 85/2019/TT-BTC", "stopsClock": True}
        await world.act(case, "fees", world.official("justice"), fee)
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-14 08:31"))
        await world.fire()
        clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
        told = clock.json()
        assert (told["dueAt"], told["overdue"]) == ("2026-01-08T01:30:00Z", True)
        assert told["text"]["vi"].endswith("Đã quyết định lúc 08:31 ngày 14/01/2026, quá hạn.")
        assert [share["late"] for share in told["shares"]] == ["PT8H", "PT0S"]

    async def test_it_is_not_expired_after_minutes(self, world: Any) -> None:
        """A day to wait was taken for minutes: cases expired before the applicant had read the message."""
        case = await world.accepted(supplements={"answerWithin": working_days(1)})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        for minutes in (1, 5, 30, 240):
            world.clock.advance(timedelta(minutes=minutes))
            await world.fire()
            assert await status(world, case) == "supplement_requested"

    async def test_a_case_is_not_overdue_after_three_or_four_rounds_that_took_weeks(self, world: Any) -> None:
        """After several rounds of supplements the days of the applicant were counted as the agency's."""
        case = await world.accepted()
        for week in range(4):
            monday = local("2026-01-05 08:30") + timedelta(weeks=3 * week)
            world.clock.set(monday + timedelta(hours=1))
            answer = await world.act(case, "supplement-request", world.official("justice"), ITEMS)
            assert answer.status_code == 201, answer.text
            world.clock.set(monday + timedelta(weeks=3))
            await world.fire()
            await supplement(world, case, "GIAY_TO")
        world.clock.advance(timedelta(minutes=30))
        await world.fire()
        assert "became_overdue" not in await kinds(world, case)
        clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
        assert clock.json()["overdue"] is False

    async def test_a_further_round_begins_a_time_of_its_own(self, world: Any) -> None:
        """The time of the first round was still running in the second."""
        case = await world.accepted(supplements={"answerWithin": working_days(3)})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-07 08:30"))
        await supplement(world, case, "GIAY_TO")
        world.clock.set(local("2026-01-08 08:00"))
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-09 08:30"))
        await world.fire()
        assert await status(world, case) == "supplement_requested"
        assert (await world.read(case)).json()["answerBy"] == "2026-01-13T01:00:00Z"

    async def test_a_part_does_not_let_the_clock_run_nor_give_more_time(self, world: Any) -> None:
        case = await world.accepted(supplements={"answerWithin": working_days(3)})
        await world.act(case, "supplement-request", world.official("justice"), TWO_ITEMS)
        world.clock.set(local("2026-01-06 08:30"))
        await supplement(world, case, "GIAY_TO")
        view = (await world.read(case)).json()
        assert ([item["document"] for item in view["missing"]], view["answerBy"]) == (
            ["SO_DO"],
            "2026-01-08T01:30:00Z",
        )
        world.clock.set(local("2026-01-08 08:31"))
        await world.fire()
        assert await status(world, case) == "lapsed"

    async def test_the_procedure_limits_the_rounds(self, world: Any) -> None:
        case = await world.accepted(supplements={"rounds": 1})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        await supplement(world, case, "GIAY_TO")
        refused = await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/supplement-rounds-used")

    async def test_the_same_step_twice_has_its_whole_allowance_again(self, world: Any) -> None:
        """A step that a case came to for the second time was overdue at once."""
        steps = [
            step("TIEP_NHAN", "BP_MOT_CUA", "XET"),
            {
                **step("XET", "PHONG_TU_PHAP", None, allowance=working_days(1)),
                "transitions": [{"to": "XET_LAI", "outcome": "again"}, {"to": None, "outcome": "done"}],
            },
            step("XET_LAI", "PHONG_TU_PHAP", "XET"),
        ]
        case = await world.accepted(steps=steps)
        official = world.official("justice")
        world.clock.set(local("2026-01-06 09:00"))
        await world.fire()
        await world.act(case, "tasks/XET/completion", official, {"outcome": "again"})
        await world.act(case, "tasks/XET_LAI/completion", official, {})
        (task,) = (await world.read(case)).json()["tasks"]
        assert task["dueAt"] == "2026-01-07T02:00:00Z"
        world.clock.set(local("2026-01-07 09:30"))
        await world.fire()
        overdue = [act["timer"]["at"] for act in await world.acts(case) if act["kind"] == "became_overdue"]
        assert overdue == ["2026-01-06T01:30:00Z", "2026-01-07T02:00:00Z"]


def test_standing_keeps_a_stop_for_payment() -> None:
    calendar, at = vietnam([2026]), local("2026-01-05 08:30")
    clock = CaseClock(at, Term(TermKind.WORKING_DAYS, Decimal(3)))
    paying = clock.standing_for((Stop.PAYMENT,), at)
    stands = standing(paying, (), (*paying.stops, Stop.SUPPLEMENT), calendar, at)
    assert (stands.stops, stands.due_at) == ((Stop.PAYMENT, Stop.SUPPLEMENT), None)
