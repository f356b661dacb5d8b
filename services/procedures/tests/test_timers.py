"""What happens to a case by itself: each timer fires once, soon after its instant, and never before it."""

import asyncio
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update

from procedures.calendars.redating import date_next
from procedures.domain.clock import CaseClock, Stop
from procedures.domain.dating import standing
from procedures.domain.holidays_vn import vietnam
from procedures.domain.terms import Term, TermKind
from procedures.tables import calendars, case_log, cases, timers
from procedures.timers.operations import database_clock, fire_timers, told_by
from shared.db import Database
from shared.testing import eventually

ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
TWO_ITEMS = {"items": [*ITEMS["items"], {"document": "SO_DO", "reason": "Chưa có."}]}
TICK = timedelta(microseconds=1)

_WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from procedures.catalogue.operations import Versions
from procedures.keys.keyring import Keyring, hand_over
from procedures.timers.operations import fire_timers
from shared.db import Database

NOW = datetime.fromisoformat(sys.argv[3])

async def witness(_):
    return NOW

async def work():
    database = Database(sys.argv[1])
    hand_over(Keyring(sys.argv[2]), database)
    while await fire_timers(database, Versions(), NOW, witness, at_once=2):
        print("some", flush=True)

asyncio.run(work())
"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


@pytest.fixture(autouse=True)
async def nothing_left_over(world: Any) -> None:
    """No test finds timers, or a calendar, that another left."""
    async with world.database.transaction() as tx:
        await tx.execute(timers.delete())
        await tx.execute(calendars.delete())


async def accepted(world: Any, **changes: Any) -> str:
    """Received on Monday 5 January 2026 at 08:30; three working days unless it is changed."""
    case = str((await world.submit(await world.publish(**changes)))["id"])
    answer = await world.act(case, "acceptance", world.official("desk"))
    assert answer.status_code == 201, answer.text
    return case


async def fire(world: Any, database: Database | None = None, at_once: int = 100) -> None:
    versions, clock = world.app.state.desk.versions, world.clock
    while await fire_timers(database or world.database, versions, clock.now(), told_by(clock), at_once):
        pass


async def acts(world: Any, case: str) -> list[Any]:
    query = select(case_log.c.act).where(case_log.c.case_id == case).order_by(case_log.c.sequence)
    async with world.database.reading() as tx:
        return list((await tx.execute(query)).scalars().all())


async def kinds(world: Any, case: str) -> list[str]:
    return [act["kind"] for act in await acts(world, case)]


async def status(world: Any, case: str) -> str:
    return str((await world.read(case)).json()["status"])


class TestReminding:
    async def test_a_case_is_reminded_of_a_working_day_before_it_is_due(self, world: Any) -> None:
        case = await accepted(world, reminder=working_days(1), term=working_days(5))
        world.clock.set(local("2026-01-09 08:30"))
        await fire(world)
        assert "reminded" not in await kinds(world, case)
        world.clock.advance(TICK)
        await fire(world)
        await fire(world)
        reminders = [act for act in await acts(world, case) if act["kind"] == "reminded"]
        assert [act["due_at"] for act in reminders] == ["2026-01-12T01:30:00Z"]

    async def test_who_gets_more_time_is_reminded_again(self, world: Any) -> None:
        case = await accepted(world, reminder=working_days(1))
        world.clock.set(local("2026-01-07 09:00"))
        await fire(world)
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-12 09:00"))
        await supplement(world, case, "GIAY_TO")
        await fire(world)
        world.clock.set(local("2026-01-13 09:00"))
        await fire(world)
        reminded = [act["due_at"] for act in await acts(world, case) if act["kind"] == "reminded"]
        assert reminded == ["2026-01-08T01:30:00Z", "2026-01-13T01:30:00Z"]

    async def test_the_applicant_is_reminded_of_what_is_to_be_brought(self, world: Any) -> None:
        rule = {"answerWithin": working_days(5)}
        case = await accepted(world, supplements=rule, reminder=working_days(2))
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-08 08:31"))
        await fire(world)
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
        case = await accepted(world)
        for at, expected in (
            ("2026-01-07 08:30", []),
            ("2026-01-07 08:31", ["THU_LY"]),
            ("2026-01-08 08:30", ["THU_LY"]),
            ("2026-01-08 08:31", ["THU_LY", ""]),
            ("2026-02-08 08:31", ["THU_LY", ""]),
        ):
            world.clock.set(local(at))
            await fire(world)
            overdue = [act for act in await acts(world, case) if act["kind"] == "became_overdue"]
            assert [act["timer"]["subject"] for act in overdue] == expected
        assert (overdue[0]["unit"], overdue[0]["unit_agency"]) == ("PHONG_TU_PHAP", "H99.01")

    async def test_a_case_that_is_decided_in_time_never_does(self, world: Any) -> None:
        case = await accepted(world)
        await world.act(
            case, "decision", world.official("justice"), {"outcome": "granted", "reason": "Đủ điều kiện."}
        )
        world.clock.set(local("2026-03-08 08:30"))
        await fire(world)
        assert "became_overdue" not in await kinds(world, case)

    async def test_what_stands_still_never_does(self, world: Any) -> None:
        case = await accepted(world)
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-03-08 08:30"))
        await fire(world)
        assert "became_overdue" not in await kinds(world, case)

    async def test_a_closed_day_puts_the_timer_off(self, world: Any) -> None:
        case = await accepted(world)
        await world.close_on("H99.01", "2026-01-06")
        while await date_next(world.database, world.clock.now()):
            pass
        world.clock.set(local("2026-01-08 09:00"))
        await fire(world)
        assert [act["timer"]["subject"] for act in (await acts(world, case))[3:]] == ["THU_LY"]


class TestSilence:
    async def test_a_step_that_nobody_did_in_time_is_taken_for_done(self, world: Any) -> None:
        steps = [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "TRA", silenceConsents=True, allowance=working_days(1)),
            step("TRA", "BP_MOT_CUA", None),
        ]
        case = await accepted(world, steps=steps)
        world.clock.set(local("2026-01-06 08:30"))
        await fire(world)
        assert (await kinds(world, case))[-1] == "accepted"
        world.clock.advance(timedelta(seconds=1))
        await fire(world)
        last = (await acts(world, case))[-1]
        assert (last["kind"], last["step"], last["by_silence"]) == ("task_completed", "HOI_THUE", True)
        assert [task["step"] for task in (await world.read(case)).json()["tasks"]] == ["TRA"]

    async def test_a_case_that_nobody_answered_in_time_is_granted(self, world: Any) -> None:
        case = await accepted(world, consentBySilence=True)
        world.clock.set(local("2026-01-08 08:31"))
        await fire(world)
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
        case = await accepted(world, steps=steps)
        world.clock.set(local("2026-01-06 09:00"))
        await fire(world)
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
        case = await accepted(world, supplements=rule)
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-08 08:30"))
        await fire(world)
        assert await status(world, case) == "supplement_requested"
        world.clock.advance(TICK)
        await fire(world)
        view = (await world.read(case)).json()
        assert (view["status"], view.get("outcome"), view["missing"]) == (expected, outcome, [])

    async def test_a_case_that_goes_on_without_it_has_the_time_that_was_left(self, world: Any) -> None:
        case = await accepted(world, supplements={"answerWithin": working_days(3), "onExpiry": "continue"})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-08 08:30") + timedelta(seconds=30))
        await fire(world)
        assert (await world.read(case)).json()["dueAt"] == "2026-01-13T01:30:30Z"

    async def test_it_is_not_expired_after_minutes(self, world: Any) -> None:
        """A day to wait was taken for minutes: cases expired before the applicant had read the message."""
        case = await accepted(world, supplements={"answerWithin": working_days(1)})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        for minutes in (1, 5, 30, 240):
            world.clock.advance(timedelta(minutes=minutes))
            await fire(world)
            assert await status(world, case) == "supplement_requested"

    async def test_a_case_is_not_overdue_after_three_or_four_rounds_that_took_weeks(self, world: Any) -> None:
        """After several rounds of supplements the days of the applicant were counted as the agency's."""
        case = await accepted(world)
        for week in range(4):
            monday = local("2026-01-05 08:30") + timedelta(weeks=3 * week)
            world.clock.set(monday + timedelta(hours=1))
            answer = await world.act(case, "supplement-request", world.official("justice"), ITEMS)
            assert answer.status_code == 201, answer.text
            world.clock.set(monday + timedelta(weeks=3))
            await fire(world)
            await supplement(world, case, "GIAY_TO")
        world.clock.advance(timedelta(minutes=30))
        await fire(world)
        assert "became_overdue" not in await kinds(world, case)
        clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
        assert clock.json()["overdue"] is False

    async def test_a_further_round_begins_a_time_of_its_own(self, world: Any) -> None:
        """The time of the first round was still running in the second."""
        case = await accepted(world, supplements={"answerWithin": working_days(3)})
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-07 08:30"))
        await supplement(world, case, "GIAY_TO")
        world.clock.set(local("2026-01-08 08:00"))
        await world.act(case, "supplement-request", world.official("justice"), ITEMS)
        world.clock.set(local("2026-01-09 08:30"))
        await fire(world)
        assert await status(world, case) == "supplement_requested"
        assert (await world.read(case)).json()["answerBy"] == "2026-01-13T01:00:00Z"

    async def test_a_part_does_not_let_the_clock_run_nor_give_more_time(self, world: Any) -> None:
        case = await accepted(world, supplements={"answerWithin": working_days(3)})
        await world.act(case, "supplement-request", world.official("justice"), TWO_ITEMS)
        world.clock.set(local("2026-01-06 08:30"))
        await supplement(world, case, "GIAY_TO")
        view = (await world.read(case)).json()
        assert ([item["document"] for item in view["missing"]], view["answerBy"]) == (
            ["SO_DO"],
            "2026-01-08T01:30:00Z",
        )
        world.clock.set(local("2026-01-08 08:31"))
        await fire(world)
        assert await status(world, case) == "lapsed"

    async def test_the_procedure_limits_the_rounds(self, world: Any) -> None:
        case = await accepted(world, supplements={"rounds": 1})
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
        case = await accepted(world, steps=steps)
        official = world.official("justice")
        world.clock.set(local("2026-01-06 09:00"))
        await fire(world)
        await world.act(case, "tasks/XET/completion", official, {"outcome": "again"})
        await world.act(case, "tasks/XET_LAI/completion", official, {})
        (task,) = (await world.read(case)).json()["tasks"]
        assert task["dueAt"] == "2026-01-07T02:00:00Z"
        world.clock.set(local("2026-01-07 09:30"))
        await fire(world)
        overdue = [act["timer"]["at"] for act in await acts(world, case) if act["kind"] == "became_overdue"]
        assert overdue == ["2026-01-06T01:30:00Z", "2026-01-07T02:00:00Z"]


class TestTheRunner:
    async def test_nothing_fires_while_one_of_the_two_clocks_has_not_come_to_the_instant(
        self, world: Any
    ) -> None:
        case = await accepted(world, consentBySilence=True)
        early, late = local("2026-01-08 08:29"), local("2026-01-08 08:31")
        versions = world.app.state.desk.versions
        for now, other in ((late, early), (early, late), (local("2036-01-01 00:00"), early)):

            async def witness(_: Any, said: datetime = other) -> datetime:
                return said

            assert await fire_timers(world.database, versions, now, witness) in (0, 1)
            assert await status(world, case) == "accepted"

    async def test_a_clock_that_jumps_ahead_and_back_fires_nothing_early_and_nothing_twice(
        self, world: Any
    ) -> None:
        case = await accepted(world)
        true, versions = local("2026-01-07 08:31"), world.app.state.desk.versions

        async def witness(_: Any) -> datetime:
            return true

        for jumped in (true + timedelta(days=30), true, true - timedelta(days=3), true + timedelta(days=1)):
            while await fire_timers(world.database, versions, jumped, witness):
                pass
        overdue = [act for act in await acts(world, case) if act["kind"] == "became_overdue"]
        assert [act["timer"]["subject"] for act in overdue] == ["THU_LY"]
        async with world.database.reading() as tx:
            newest = select(func.max(case_log.c.at)).where(case_log.c.case_id == case)
            assert (await tx.execute(newest)).scalar_one() <= true

    async def test_the_database_is_the_witness_where_time_is_real(
        self, world: Any, database_url: str
    ) -> None:
        case = await accepted(world)
        async with world.database.transaction() as tx:
            real = await database_clock(tx)
            await tx.execute(
                update(timers).where(timers.c.case_id == case).values(fires_at=real + timedelta(hours=1))
            )
        ahead = real + timedelta(days=365)
        assert await fire_timers(world.database, world.app.state.desk.versions, ahead, database_clock) == 0

    async def test_processes_side_by_side_fire_each_timer_once(self, world: Any, other_process: Any) -> None:
        procedure = await world.publish()
        filed = [str((await world.submit(procedure))["id"]) for _ in range(20)]
        for case in filed:
            await world.act(case, "acceptance", world.official("desk"))
        world.clock.set(local("2026-01-08 09:00"))
        others = [other_process() for _ in range(3)]
        await asyncio.gather(*(fire(world, other, at_once=2) for other in [world.database, *others]))
        await fire(world)
        for case in filed:
            assert Counter(await kinds(world, case))["became_overdue"] == 2

    async def test_a_process_that_is_killed_in_the_middle_loses_and_doubles_nothing(
        self, world: Any, database_url: str, master_key: str
    ) -> None:
        procedure = await world.publish()
        filed = [str((await world.submit(procedure))["id"]) for _ in range(20)]
        for case in filed:
            await world.act(case, "acceptance", world.official("desk"))
        world.clock.set(local("2026-01-08 09:00"))
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _WORKER,
            database_url,
            master_key,
            world.clock.now().isoformat(),
            stdout=asyncio.subprocess.PIPE,
        )
        assert worker.stdout is not None
        for _ in range(2):
            await worker.stdout.readline()
        worker.send_signal(signal.SIGKILL)
        await worker.wait()

        async def all_fired() -> bool:
            await fire(world)
            counts = [Counter(await kinds(world, case))["became_overdue"] for case in filed]
            return all(count == 2 for count in counts)

        await eventually(all_fired, what="every timer")

    async def test_a_timer_that_cannot_fire_keeps_no_other_from_it_and_tries_again_later(
        self, world: Any
    ) -> None:
        broken, sound = await accepted(world), await accepted(world)
        async with world.database.transaction() as tx:
            state = (await tx.execute(select(cases.c.state).where(cases.c.id == broken))).scalar_one()
            lost = {**state, "procedure": "NOWHERE"}
            await tx.execute(update(cases).where(cases.c.id == broken).values(state=lost))
        world.clock.set(local("2026-01-07 08:31"))
        await fire(world)
        assert (await kinds(world, sound))[-1] == "became_overdue"
        async with world.database.transaction() as tx:
            await tx.execute(update(cases).where(cases.c.id == broken).values(state=state))
        world.clock.advance(timedelta(minutes=2))
        await fire(world)
        assert (await kinds(world, broken))[-1] == "became_overdue"

    async def test_rows_that_do_not_follow_from_the_state_are_put_right(self, world: Any) -> None:
        case = await accepted(world)
        async with world.database.transaction() as tx:
            early = world.clock.now() - timedelta(days=1)
            await tx.execute(update(timers).where(timers.c.case_id == case).values(at=early, fires_at=early))
        await fire(world)
        assert (await kinds(world, case))[-1] == "accepted"
        world.clock.set(local("2026-01-07 08:31"))
        await fire(world)
        assert (await kinds(world, case))[-1] == "became_overdue"

    async def test_the_application_fires_as_long_as_it_runs(self, world: Any) -> None:
        case = await accepted(world)
        world.clock.set(local("2026-01-07 08:31"))

        async def fired() -> bool:
            return (await kinds(world, case))[-1] == "became_overdue"

        async with world.app.router.lifespan_context(world.app):
            await eventually(fired, what="the timer")


def test_standing_keeps_a_stop_for_payment() -> None:
    calendar, at = vietnam([2026]), local("2026-01-05 08:30")
    clock = CaseClock(at, Term(TermKind.WORKING_DAYS, Decimal(3)))
    paying = clock.standing_for((Stop.PAYMENT,), at)
    stands = standing(paying, (), (*paying.stops, Stop.SUPPLEMENT), calendar, at)
    assert (stands.stops, stands.due_at) == ((Stop.PAYMENT, Stop.SUPPLEMENT), None)
