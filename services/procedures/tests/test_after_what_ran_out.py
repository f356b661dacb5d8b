"""Silence speaks at its instant, also while nobody is there to note it: what comes later comes too late."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response

from procedures.tables import agencies

ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
REJECTION = {"outcome": "rejected", "reason": "Không đủ điều kiện.", "legalGround": "Điều 5"}
pytestmark = pytest.mark.usefixtures("nothing_left_over")


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


@pytest.fixture
async def consultee(world: Any) -> AsyncIterator[dict[str, Any]]:
    """A section of another agency that is asked, known while the test runs."""
    await world.learn_agency("H99.04", "PHONG_Y_KIEN")
    yield {"agency": "H99.04", "unit": "PHONG_Y_KIEN", "question": "Có vướng không?", "term": working_days(3)}
    async with world.database.transaction() as tx:
        await tx.execute(agencies.delete())


async def kinds(world: Any, case: str) -> list[str]:
    return [act["kind"] for act in await world.acts(case)]


async def view(world: Any, case: str) -> Any:
    return (await world.read(case)).json()


async def any_state(
    world: Any, case: str, command: str, who: dict[str, str], body: Any, **headers: str
) -> Response:
    """Do something to the case however it stands."""
    answer: Response = await world.http.post(
        f"/procedures/v1/cases/{case}/{command}", json=body, headers={**who, "if-match": "*", **headers}
    )
    return answer


async def test_a_rejection_on_monday_does_not_undo_the_grant_by_silence_of_friday(world: Any) -> None:
    case = await world.accepted(consentBySilence=True)
    world.clock.set(local("2026-01-12 08:00"))
    refused = await world.act(case, "decision", world.official("justice"), REJECTION)
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (412, "/problems/case-changed")
    assert [change["act"] for change in problem["changes"]] == ["became_overdue", "decided"]
    assert {change["by"]["kind"] for change in problem["changes"]} == {"system"}
    assert (await view(world, case))["outcome"] == "granted"
    again = await any_state(world, case, "decision", world.official("justice"), REJECTION)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/action-not-allowed")
    assert (await kinds(world, case)).count("decided") == 1


async def test_whoever_does_not_say_which_state_is_meant_is_held_against_the_case_as_it_is_by_law(
    world: Any,
) -> None:
    case = await world.accepted(consentBySilence=True)
    world.clock.set(local("2026-01-12 08:00"))
    refused = await any_state(world, case, "decision", world.official("justice"), REJECTION)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/action-not-allowed")
    assert (await view(world, case))["outcome"] == "granted"


async def test_papers_that_come_after_their_time_do_not_save_a_case_that_has_lapsed(world: Any) -> None:
    case = await world.accepted(supplements={"answerWithin": working_days(3)})
    await world.act(case, "supplement-request", world.official("justice"), ITEMS)
    world.clock.set(local("2026-01-09 08:30"))
    paper = {"document": "GIAY_TO", "id": (await world.send(b"%PDF-1.7 sample"))["id"]}
    refused = await world.act(case, "supplement", world.citizen(), {"documents": [paper]})
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/case-changed")
    assert (await view(world, case))["status"] == "lapsed"


async def test_who_disagrees_after_its_silence_was_consent_is_not_asked_any_more(
    world: Any, consultee: dict[str, Any]
) -> None:
    case = await world.accepted(term=working_days(10))
    order = {"consultees": [consultee], "silenceConsents": True}
    made = (await world.act(case, "consultations", world.official("justice"), order)).json()
    question = made["consultations"][0]["consultees"][0]["id"]
    world.clock.set(local("2026-01-09 08:30"))
    asked = world.bearer(
        "procedures:cases:process", kind="official", agency="H99.04", posts=[("PHONG_Y_KIEN", "XU_LY")]
    )
    refused = await world.http.post(
        f"/procedures/v1/consultations/{question}/answer",
        json={"opinion": "disagree", "note": "Vướng."},
        headers={**asked, "if-match": "*"},
    )
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/question-not-found")
    assert (await view(world, case))["consultations"][0]["outcome"] == "agreed"


async def test_what_is_still_allowed_is_done_once_for_its_key_after_what_ran_out(world: Any) -> None:
    steps = [
        {"code": "TIEP_NHAN", "unit": "BP_MOT_CUA", "transitions": [{"to": "HOI_THUE"}]},
        {
            "code": "HOI_THUE",
            "unit": "BP_THUE",
            "transitions": [{"to": "TRA"}],
            "silenceConsents": True,
            "allowance": working_days(1),
        },
        {"code": "TRA", "unit": "BP_MOT_CUA", "transitions": [{"to": None}]},
    ]
    titled = [{**one, "title": {"vi": one["code"], "en": one["code"]}} for one in steps]
    case = await world.accepted(steps=titled, term=working_days(10))
    world.clock.set(local("2026-01-07 08:30"))
    who, key = world.official("desk"), {"idempotency-key": f"asked of {case}"}
    first = await any_state(world, case, "supplement-request", who, ITEMS, **key)
    second = await any_state(world, case, "supplement-request", who, ITEMS, **key)
    assert (first.status_code, first.json()) == (201, second.json())
    assert (await kinds(world, case))[-2:] == ["task_completed", "supplement_requested"]


async def test_a_clock_that_runs_ahead_grants_nothing(world: Any) -> None:
    case = await world.accepted(consentBySilence=True)

    async def the_database(_: Any) -> datetime:
        return local("2026-01-06 08:00")

    world.app.state.desk = replace(world.app.state.desk, witness=the_database)
    world.clock.set(local("2026-01-12 08:00"))
    decided = await world.act(case, "decision", world.official("justice"), REJECTION)
    assert (decided.status_code, decided.json()["outcome"]) == (201, "rejected")
