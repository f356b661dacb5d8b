"""Instants that come to lie in the past: what nobody could meet any more costs nobody anything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from procedures.calendars.redating import date_next
from procedures.cases.soundness import verify_cases
from procedures.tables import agencies, calendars, redating_batches, redatings, timers

AGENCY = "H99.01"
WEDNESDAY = "2026-01-07"
ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
BASE = "/procedures/v1"


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


@pytest.fixture(autouse=True)
async def nothing_of_others(world: Any) -> None:
    async with world.database.transaction() as tx:
        for table in (timers, calendars, redating_batches, redatings):
            await tx.execute(table.delete())


@pytest.fixture
async def consultee(world: Any) -> AsyncIterator[dict[str, Any]]:
    """A section of another agency that is asked, known while the test runs."""
    await world.learn_agency("H99.04", "PHONG_Y_KIEN")
    yield {"agency": "H99.04", "unit": "PHONG_Y_KIEN", "question": "Có vướng không?", "term": working_days(3)}
    async with world.database.transaction() as tx:
        await tx.execute(agencies.delete())


async def redate(world: Any) -> None:
    while await date_next(world.database, world.clock.now()):
        pass


async def kinds(world: Any, case: str) -> list[str]:
    return [act["kind"] for act in await world.acts(case)]


async def overdue(world: Any, case: str) -> list[str]:
    """What was noted to be late, in order."""
    noted = [act["timer"] for act in await world.acts(case) if "overdue" in act["kind"]]
    return [timer["kind"] for timer in noted]


async def view(world: Any, case: str) -> Any:
    return (await world.read(case)).json()


async def is_sound(world: Any, case: str) -> bool:
    code = (await view(world, case))["code"]
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=None, limit=1, code=code)
    return verified.flaw is None


async def move(world: Any, definition: Any, code: str, **changes: Any) -> None:
    """All cases of the procedure go on by a version that is changed so, by its term too."""
    editor = world.official("desk")
    drafted = await world.http.post(
        f"{BASE}/procedures", json=definition(code=code, **changes), headers=editor
    )
    publication = f"{drafted.headers['location']}/publication"
    await world.http.post(publication, headers={**editor, "if-match": "*"})
    order = {"fromVersion": 1, "term": "new"}
    planned = await world.http.post(
        f"{BASE}/procedures/{code}/versions/2/migrations", json=order, headers=editor
    )
    assert planned.status_code == 201, planned.text
    execution = f"{planned.headers['location']}/execution"
    moved = await world.http.post(execution, json={}, headers={**editor, "if-match": "*"})
    assert moved.status_code == 201, moved.text


async def taken(world: Any, code: str) -> str:
    """A case of the procedure, received on Monday the 5th at 08:30."""
    case = str((await world.submit(code))["id"])
    await world.act(case, "acceptance", world.official("desk"))
    return case


async def test_a_case_that_a_shorter_term_makes_late_is_overdue_and_not_granted(
    world: Any, definition: Any
) -> None:
    code = await world.publish(term=working_days(10))
    case = await taken(world, code)
    world.clock.set(local("2026-01-12 08:30"))
    await move(world, definition, code, consentBySilence=True)
    younger = await taken(world, code)
    world.clock.set(local("2026-01-12 08:31"))
    await world.fire()
    told = await view(world, case)
    assert (told["status"], told["dueAt"]) == ("accepted", "2026-01-08T01:30:00Z")
    assert await overdue(world, case) == ["step_overdue", "case_overdue"]
    assert await is_sound(world, case)
    world.clock.set(local("2026-01-15 08:31"))
    await world.fire()
    assert (await view(world, younger))["outcome"] == "granted"


async def test_a_late_case_stays_late_when_its_clock_has_stood_still_since(
    world: Any, definition: Any
) -> None:
    code = await world.publish(term=working_days(10))
    case = await taken(world, code)
    await world.act(case, "supplement-request", world.official("justice"), ITEMS)
    world.clock.set(local("2026-01-12 08:30"))
    await move(world, definition, code, term=working_days(0), consentBySilence=True)
    paper = {"document": "GIAY_TO", "id": (await world.send(b"%PDF-1.7 sample"))["id"]}
    await world.act(case, "supplement", world.citizen(), {"documents": [paper]})
    world.clock.set(local("2026-01-12 08:31"))
    await world.fire()
    assert (await view(world, case))["status"] == "accepted"
    assert "case_overdue" in await overdue(world, case)


async def test_a_step_that_a_shorter_allowance_makes_late_is_not_taken_for_done(
    world: Any, definition: Any
) -> None:
    def steps(days: int, **more: Any) -> list[dict[str, Any]]:
        return [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "TRA", allowance=working_days(days), **more),
            step("TRA", "BP_MOT_CUA", None),
        ]

    code = await world.publish(term=working_days(20), steps=steps(10))
    case = await taken(world, code)
    world.clock.set(local("2026-01-12 08:30"))
    await move(world, definition, code, term=working_days(20), steps=steps(3, silenceConsents=True))
    world.clock.set(local("2026-01-12 08:31"))
    await world.fire()
    assert [task["step"] for task in (await view(world, case))["tasks"]] == ["HOI_THUE"]
    assert await overdue(world, case) == ["step_overdue"]


async def test_a_step_that_was_late_before_silence_came_to_consent_is_not_taken_for_done(
    world: Any, definition: Any
) -> None:
    silent: dict[str, Any] = {"silenceConsents": True}

    def steps(**more: Any) -> list[dict[str, Any]]:
        return [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "TRA", allowance=working_days(3), **more),
            step("TRA", "BP_MOT_CUA", None),
        ]

    code = await world.publish(term=working_days(20), steps=steps())
    case = await taken(world, code)
    world.clock.set(local("2026-01-12 08:30"))
    await world.fire()
    await move(world, definition, code, term=working_days(20), steps=steps(**silent))
    await world.fire()
    assert (await kinds(world, case))[-2:] == ["became_overdue", "migrated"]


async def test_a_closure_by_mistake_that_is_taken_back_grants_nothing(world: Any) -> None:
    case = await world.accepted(consentBySilence=True)
    await world.close_on(AGENCY, WEDNESDAY)
    await redate(world)
    world.clock.set(local("2026-01-08 10:00"))
    await world.fire()
    await world.close_on(AGENCY)
    await redate(world)
    await world.fire()
    told = await view(world, case)
    assert (told["status"], told["dueAt"]) == ("accepted", "2026-01-08T01:30:00Z")
    assert (await overdue(world, case))[-1] == "case_overdue"
    assert await is_sound(world, case)


async def test_an_applicant_keeps_the_time_that_a_closure_by_mistake_gave(world: Any) -> None:
    """Who was told of Friday, and reads on Thursday that it was Thursday, could not come in time any more."""
    case = await world.accepted(supplements={"answerWithin": working_days(3)}, reminder=working_days(1))
    await world.act(case, "supplement-request", world.official("justice"), ITEMS)
    await world.close_on(AGENCY, WEDNESDAY)
    await redate(world)
    world.clock.set(local("2026-01-08 10:00"))
    await world.close_on(AGENCY)
    await redate(world)
    await world.fire()
    told = await view(world, case)
    assert (told["status"], told["answerBy"]) == ("supplement_requested", "2026-01-09T01:30:00Z")
    world.clock.set(local("2026-01-09 08:31"))
    await world.fire()
    assert (await view(world, case))["status"] == "lapsed"


async def test_one_that_is_asked_and_could_not_answer_in_time_any_more_is_late_and_has_not_agreed(
    world: Any, consultee: dict[str, Any]
) -> None:
    case = await world.accepted(term=working_days(10))
    body = {"consultees": [consultee], "silenceConsents": True}
    answer = await world.act(case, "consultations", world.official("justice"), body)
    assert answer.status_code == 201, answer.text
    await world.close_on(AGENCY, WEDNESDAY)
    await redate(world)
    world.clock.set(local("2026-01-08 10:00"))
    await world.close_on(AGENCY)
    await redate(world)
    await world.fire()
    (consultation,) = (await view(world, case))["consultations"]
    assert consultation["outcome"] is None
    assert "consultation_overdue" in await kinds(world, case)
    assert await is_sound(world, case)


class TestBetweenAnEditAndItsJob:
    async def test_a_decision_is_measured_by_the_calendar_as_it_is(self, world: Any) -> None:
        case = await world.accepted()
        await world.close_on(AGENCY, WEDNESDAY)
        world.clock.set(local("2026-01-08 10:00"))
        granted = {"outcome": "granted", "reason": "Đủ điều kiện."}
        await world.act(case, "decision", world.official("justice"), granted)
        assert (await kinds(world, case))[-2:] == ["redated", "decided"]
        clock = await world.http.get(f"{BASE}/cases/{case}/clock", headers=world.citizen())
        told = clock.json()
        assert (told["dueAt"], told["overdue"]) == ("2026-01-09T01:30:00Z", False)
        assert await is_sound(world, case)

    async def test_what_a_step_moves_is_told_with_its_reason(self, world: Any) -> None:
        case = await world.accepted()
        await world.close_on(AGENCY, WEDNESDAY)
        await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
        redated, completed = (await world.acts(case))[-2:]
        assert (redated["reason"], completed["kind"]) == ("Đóng cửa vì bão.", "task_completed")
        assert redated["stands"]["due_at"] == completed["stands"]["due_at"] == "2026-01-09T01:30:00Z"

    async def test_nothing_fires_that_the_edit_has_put_off(self, world: Any) -> None:
        case = await world.accepted(consentBySilence=True)
        await world.close_on(AGENCY, WEDNESDAY)
        world.clock.set(local("2026-01-08 08:31"))
        await world.fire()
        assert (await kinds(world, case))[-2:] == [
            "redated",
            "became_overdue",
        ]  # the step, due on Thursday now
        assert (await view(world, case))["outcome"] is None
        await redate(world)
        assert (await kinds(world, case)).count("redated") == 1
        world.clock.set(local("2026-01-09 08:31"))
        await world.fire()
        assert (await view(world, case))["outcome"] == "granted"
