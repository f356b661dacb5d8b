"""A refusal to accept a case that is set aside on appeal: the agency takes the case up again, under its old code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from procedures.cases.soundness import verify_cases
from procedures.domain.statistics import Fact, Figure, contribution, month_of
from procedures.tables import retentions

REFUSAL = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
REASON = {"reason": "Thực hiện Quyết định giải quyết khiếu nại số 15/QĐ-UBND."}
SAID = {"form": {"grounds": "Hồ sơ thuộc thẩm quyền."}}


def step(code: str, to: str | None) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": "BP_THUE", "transitions": [{"to": to}]}


HANDLED: dict[str, Any] = {
    "agency": "H99.02",
    "form": {"type": "object", "properties": {"grounds": {"type": "string"}}, "required": ["grounds"]},
    "documents": [],
    "first": "THU_LY",
    "steps": [step("THU_LY", "XEM_XET"), step("XEM_XET", None)],
}

REJECTED = {"outcome": "rejected", "reason": "Thiếu.", "legalGround": "Nghị định 61/2018/NĐ-CP, Điều 17"}


async def refused(world: Any) -> str:
    """The id of a case that was not accepted; of its appeals one may be appealed against too."""
    last = await world.publish(**HANDLED)
    complaints = await world.publish(**HANDLED, appeal={"procedure": last})
    case: str = (await world.submit(await world.publish(appeal={"procedure": complaints})))["id"]
    await world.act(case, "refusal", world.official("desk"), REFUSAL)
    return case


async def appealed(world: Any, case: str) -> str:
    world.clock.advance(timedelta(minutes=1))
    filed = await world.act(case, "appeals", world.citizen(), SAID)
    assert filed.status_code == 201, filed.text
    return str(filed.json()["id"])


async def ruled(world: Any, appeal: str, verdict: str = "overturned") -> None:
    for command, body in (
        ("acceptance", None),
        (
            "ruling",
            {"verdict": verdict, "reason": "Đã xem xét.", "legalGround": "Luật Khiếu nại 2011, Điều 31"},
        ),
        ("tasks/XEM_XET/completion", {}),
    ):
        answer = await world.act(appeal, command, world.official("tax"), body)
        assert answer.status_code == 201, answer.text


async def reopen(world: Any, case: str, who: str = "desk") -> Any:
    world.clock.advance(timedelta(minutes=1))
    return await world.act(case, "reopening", world.official(who), REASON)


async def view(world: Any, case: str) -> Any:
    return (await world.read(case)).json()


async def test_a_refusal_that_was_overturned_is_undone_and_the_case_is_handled(world: Any) -> None:
    case = await refused(world)
    code = (await view(world, case))["code"]
    await ruled(world, await appealed(world, case))
    world.clock.advance(timedelta(days=2))
    answer = await reopen(world, case)
    assert answer.status_code == 201, answer.text
    seen = answer.json()
    assert (seen["code"], seen["status"], seen["reason"]) == (code, "submitted", None)
    assert [task["step"] for task in seen["tasks"]] == ["TIEP_NHAN"]
    async with world.database.reading() as tx:
        kept = select(retentions.c.case_id).where(retentions.c.case_id == case)
        assert (await tx.execute(kept)).all() == []
    await world.act(case, "acceptance", world.official("desk"))
    decided = {"outcome": "granted", "reason": "Đúng."}
    after = (await world.act(case, "decision", world.official("justice"), decided)).json()
    assert (after["status"], after["receivedAt"]) == ("decided", world.clock.now().isoformat()[:-6] + "Z")
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(tx, after=None, limit=1, code=code)
    assert verified.flaw is None
    told = [row.type.split(".")[-2] for row in await world.told("procedures.case.v1", "code", code)]
    assert told == [
        "submitted",
        "refused",
        "appeal_filed",
        "appeal_settled",
        "reopened",
        "accepted",
        "decided",
    ]


@pytest.mark.parametrize("verdict", [None, "upheld"])
async def test_a_refusal_stands_until_an_appeal_against_it_is_won(world: Any, verdict: str | None) -> None:
    case = await refused(world)
    appeal = await appealed(world, case)
    if verdict is not None:
        await ruled(world, appeal, verdict)
    answer = await reopen(world, case)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-appeal-won")
    assert (await view(world, case))["status"] == "refused"


async def test_only_the_unit_that_receives_the_case_takes_it_up_again(world: Any) -> None:
    case = await refused(world)
    await ruled(world, await appealed(world, case), "amended")
    assert [(await reopen(world, case, who)).status_code for who in ("justice", "tax", "elsewhere")] == [
        403,
        403,
        404,
    ]
    assert (await reopen(world, case)).status_code == 201


async def test_a_decision_is_not_reopened_but_its_result_superseded(world: Any) -> None:
    case = await world.accepted()
    await world.act(case, "decision", world.official("justice"), REJECTED)
    answer = await reopen(world, case)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/action-not-allowed")
    assert "issue_result" in answer.json()["nextActions"]


async def test_a_case_that_is_refused_again_is_appealed_against_again(world: Any) -> None:
    case = await refused(world)
    await ruled(world, await appealed(world, case))
    assert (await reopen(world, case)).status_code == 201
    await world.act(case, "refusal", world.official("desk"), REFUSAL)
    assert (await reopen(world, case)).json()["type"] == "/problems/no-appeal-won"
    await ruled(world, await appealed(world, case))
    assert (await reopen(world, case)).status_code == 201
    assert len((await view(world, case))["appeals"]) == 2


async def test_an_appeal_that_is_reopened_is_open_again_to_the_case_that_it_is_against(world: Any) -> None:
    case = await refused(world)
    appeal = await appealed(world, case)
    await world.act(appeal, "refusal", world.official("tax"), REFUSAL)
    await ruled(world, await appealed(world, appeal))
    assert (await reopen(world, appeal, "tax")).status_code == 201
    assert [one["settledAt"] for one in (await view(world, case))["appeals"]] == [None]
    again = await world.act(case, "appeals", world.citizen(), SAID)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-appealed")
    await ruled(world, appeal)
    assert [one["verdict"] for one in (await view(world, case))["appeals"]] == ["overturned"]
    assert (await reopen(world, case)).status_code == 201


def test_a_case_that_is_refused_twice_is_counted_as_refused_once() -> None:
    first = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
    kinds = ["submitted", "refused", "reopened", "refused", "reopened", "accepted", "decided"]
    history = {
        number: Fact(
            kind, first + timedelta(days=20 * number), outcome="granted" if kind == "decided" else None
        )
        for number, kind in enumerate(kinds)
    }
    counted = contribution(history)
    assert {figure: count for (_, figure), count in counted.items()} == dict.fromkeys(
        (Figure.SUBMITTED, Figure.REFUSED, Figure.RECEIVED, Figure.GRANTED, Figure.UNTERMED, Figure.ENDED), 1
    )
    assert counted[month_of(history[1].at), Figure.REFUSED] == 1
