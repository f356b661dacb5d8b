"""Agencies are asked and answer at the same time: each question is answered once, each consultation settled once.

`MOTCUA_CONSULTATION_RACES` says how many races of each kind are run.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from procedures.cases.soundness import verify_cases
from procedures.tables import agencies as known_agencies
from shared.ids import new_id

RACES = int(os.environ.get("MOTCUA_CONSULTATION_RACES", "3"))
RACERS = 12
QUESTIONS = "/procedures/v1/consultations"
LAW = "Nghị định 61/2018/NĐ-CP, Điều 19"
FIVE_DAYS = {"kind": "working_days", "amount": 5}


@pytest.fixture(autouse=True)
async def agencies(world: Any) -> AsyncIterator[None]:
    """Known while these tests run."""
    for agency in ("H99.02", "H99.03"):
        await world.learn_agency(agency, "PHONG_Y_KIEN")
    yield
    async with world.database.transaction() as tx:
        await tx.execute(delete(known_agencies))


def asked(world: Any, agency: str) -> dict[str, str]:
    posts = [("PHONG_Y_KIEN", "XU_LY")]
    scope = "procedures:cases:read procedures:cases:process"
    held: dict[str, str] = world.bearer(
        scope, kind="official", agency=agency, posts=posts, subject=f"of-{agency}"
    )
    return held


def order(*agencies: str, **more: Any) -> dict[str, Any]:
    question = {"unit": "PHONG_Y_KIEN", "question": "Có vướng quy hoạch không?", "term": FIVE_DAYS}
    return {"consultees": [{"agency": agency, **question} for agency in agencies], **more}


async def consult(world: Any, case: str, *agencies: str, **more: Any) -> tuple[str, dict[str, str]]:
    """The consultation, and the question to each agency."""
    answer = await world.act(case, "consultations", world.official("justice"), order(*agencies, **more))
    assert answer.status_code == 201, answer.text
    made = answer.json()["consultations"][-1]
    return made["id"], {one["agency"]: one["id"] for one in made["consultees"]}


async def say(world: Any, question: str, agency: str, key: str | None = None) -> Any:
    headers = {**asked(world, agency), "if-match": "*", "idempotency-key": key or str(new_id())}
    return await world.http.post(f"{QUESTIONS}/{question}/answer", json={"opinion": "agree"}, headers=headers)


async def story(world: Any, case: str) -> list[tuple[str, str | None]]:
    """What was told of the consultations of a sound case, in order, each with the outcome."""
    view = (await world.read(case)).json()
    async with world.database.transaction() as tx:
        (found,) = await verify_cases(tx, after=None, limit=1, code=view["code"])
    assert found.flaw is None
    told = [
        (row.type.split(".")[2].removeprefix("consultation_"), row.payload.get("outcome"))
        for row in await world.told("procedures.case.v1", "code", view["code"])
        if "consultation" in row.type
    ]
    acts = [act["kind"] for act in await world.acts(case) if act["kind"].startswith("consultation")]
    assert [f"consultation_{kind}" for kind, _ in told] == acts
    return told


async def test_of_many_who_answer_the_same_question_at_once_one_is_heard(world: Any) -> None:
    for _ in range(RACES):
        case = await world.accepted()
        _, questions = await consult(world, case, "H99.02", "H99.03")
        answers = await asyncio.gather(*(say(world, questions["H99.02"], "H99.02") for _ in range(RACERS)))
        assert sorted(answer.status_code for answer in answers) == [201] + [404] * (RACERS - 1)
        assert await story(world, case) == [("requested", None), ("answered", None)]


async def test_an_answer_that_is_sent_many_times_under_one_key_is_given_once_and_all_are_told(
    world: Any,
) -> None:
    case, key = await world.accepted(), str(new_id())
    _, questions = await consult(world, case, "H99.02")
    answers = await asyncio.gather(*(say(world, questions["H99.02"], "H99.02", key) for _ in range(RACERS)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await story(world, case) == [("requested", None), ("answered", "agreed")]


async def test_when_the_last_two_answers_come_together_one_of_them_settles_it_and_the_clock_runs_on_once(
    world: Any,
) -> None:
    for _ in range(RACES):
        case = await world.accepted()
        _, questions = await consult(world, case, "H99.02", "H99.03", exemptedBy=LAW)
        assert (await world.read(case)).json()["dueAt"] is None
        answers = await asyncio.gather(*(say(world, one, agency) for agency, one in questions.items()))
        assert [answer.status_code for answer in answers] == [201, 201]
        assert await story(world, case) == [
            ("requested", None),
            ("answered", None),
            ("answered", "agreed"),
        ]
        stops = [act["stands"]["stops"] for act in await world.acts(case) if "stands" in act]
        assert stops == [[], ["opinion"], ["opinion"], []]
        assert (await world.read(case)).json()["dueAt"] is not None


async def test_where_one_consent_is_enough_the_second_of_two_that_come_together_is_not_waited_for(
    world: Any,
) -> None:
    for _ in range(RACES):
        case = await world.accepted()
        _, questions = await consult(world, case, "H99.02", "H99.03", join={"needed": 1})
        answers = await asyncio.gather(*(say(world, one, agency) for agency, one in questions.items()))
        assert sorted(answer.status_code for answer in answers) == [201, 404]
        assert await story(world, case) == [("requested", None), ("answered", "agreed")]


@pytest.mark.usefixtures("nothing_left_over")
async def test_an_answer_a_withdrawal_and_the_silence_that_ends_leave_one_act_between_them(
    world: Any,
) -> None:
    outcomes = set()
    for _ in range(RACES):
        case = await world.accepted(term={"kind": "working_days", "amount": 30})
        consultation, questions = await consult(world, case, "H99.02", silenceConsents=True)
        world.clock.advance(timedelta(days=8))
        withdrawing = {**world.official("justice"), "if-match": "*"}
        path = f"/procedures/v1/cases/{case}/consultations/{consultation}/withdrawal"
        answered, withdrawn, _ = await asyncio.gather(
            say(world, questions["H99.02"], "H99.02"),
            world.http.post(path, json={"reason": "Đã rõ."}, headers=withdrawing),
            world.fire(),
        )
        assert answered.status_code in (201, 404)
        assert withdrawn.status_code in (201, 404)
        _, (kind, outcome) = await story(world, case)
        assert (kind == "withdrawn") == (withdrawn.status_code == 201)
        outcomes.add(outcome)
    assert outcomes <= {"agreed", "withdrawn"}


async def test_a_case_has_so_many_consultations_open_at_once_and_so_many_in_all(
    world: Any, open_world: Any, database_url: str
) -> None:
    async with open_world(database_url, consultations_at_once=2, consultations_in_all=4) as strict:
        case = await strict.accepted()
        path = f"/procedures/v1/cases/{case}/consultations"

        async def ask() -> Any:
            headers = {**strict.official("justice"), "if-match": "*"}
            return await strict.http.post(path, json=order("H99.02"), headers=headers)

        answers = await asyncio.gather(*(ask() for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
        told = [answer.json() for answer in answers if answer.status_code == 409]
        assert {(one["type"], one["atOnce"]) for one in told} == {("/problems/too-many-consultations", 2)}
        assert "hãy chờ trả lời" in told[0]["detail"]
        view = (await strict.read(case)).json()
        for made in view["consultations"]:
            await strict.act(
                case, f"consultations/{made['id']}/withdrawal", strict.official("justice"), {"reason": "Rõ."}
            )
        again = [(await ask()).status_code for _ in range(2)]
        last = (await ask()).json()
        assert (again, last["type"], last["inAll"]) == ([201, 201], "/problems/too-many-consultations", 4)
