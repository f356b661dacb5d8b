"""Where a procedure names the step that decides, nobody else grants, rejects, or issues a result."""

from datetime import UTC, datetime
from typing import Any

import pytest

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition_json import definition_from_json
from procedures.domain.finding import Severity
from procedures.domain.findings import findings
from procedures.domain.scenario import Scenario
from procedures.domain.simulation import simulate
from procedures.domain.terms import NO_TERM

GRANTED = {"outcome": "granted", "reason": "Đủ điều kiện."}


def signed(definition: Any, *ways: str, **more: Any) -> list[dict[str, Any]]:
    """Received, processed by justice, signed by the leader, who decides, handed over by the desk.

    The leader may also lead on to the steps named; `more` is of the leader's step.
    """
    received, worked, _, last = definition()["steps"]
    to = [last["code"], *ways]
    outcomes = [None] if len(to) == 1 else to
    signs = {
        **last,
        "code": "KY_DUYET",
        "unit": "LANH_DAO",
        "transitions": [{"to": code, "outcome": outcome} for code, outcome in zip(to, outcomes, strict=True)],
        "decides": True,
    }
    return [received, {**worked, "transitions": [{"to": "KY_DUYET"}]}, {**signs, **more}, last]


@pytest.fixture
async def case(world: Any, definition: Any) -> str:
    code: str = await world.accepted(steps=signed(definition))
    return code


def leader(world: Any, agency: str = "H99.01") -> dict[str, str]:
    headers: dict[str, str] = world.bearer(
        "procedures:cases:read procedures:cases:process",
        kind="official",
        agency=agency,
        posts=[("LANH_DAO", "KY_DUYET")],
    )
    return headers


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_the_unit_that_works_on_a_case_does_not_decide_it(world: Any, case: str) -> None:
    early = await world.act(case, "decision", world.official("justice"), GRANTED)
    assert refusal(early) == (404, "task-not-open")
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    for who in ("justice", "desk"):
        refused = await world.act(case, "decision", world.official(who), GRANTED)
        assert refusal(refused) == (403, "not-this-unit")
        assert (refused.json()["unit"], refused.json()["role"]) == ("LANH_DAO", None)
    decided = await world.act(case, "decision", leader(world), GRANTED)
    assert (decided.status_code, decided.json()["outcome"]) == (201, "granted")


async def test_the_leader_decides_when_the_case_has_come_there_and_not_before(world: Any, case: str) -> None:
    early = await world.act(case, "decision", leader(world), GRANTED)
    assert refusal(early) == (404, "task-not-open")


async def test_the_leader_of_another_agency_does_not_decide(world: Any, case: str) -> None:
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    etag = (await world.read(case)).headers["etag"]
    answer = await world.http.post(
        f"/procedures/v1/cases/{case}/decision",
        json=GRANTED,
        headers={**leader(world, "H99.03"), "if-match": etag},
    )
    assert refusal(answer) == (404, "case-not-found")


async def test_the_step_that_decides_is_not_done_before_the_decision(world: Any, case: str) -> None:
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    early = await world.act(case, "tasks/KY_DUYET/completion", leader(world), {})
    assert refusal(early) == (409, "decision-missing")
    assert "hãy ghi quyết định trước" in early.json()["title"]
    await world.act(case, "decision", leader(world), GRANTED)
    await world.act(case, "tasks/KY_DUYET/completion", leader(world), {})
    closed = await world.act(case, "tasks/TRA_KET_QUA/completion", world.official("desk"), {})
    assert (closed.status_code, closed.json()["status"]) == (201, "closed")


async def test_the_leader_sends_a_case_back_that_is_not_to_be_decided_yet(
    world: Any, definition: Any
) -> None:
    case = await world.accepted(steps=signed(definition, "THU_LY"))
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    back = await world.act(case, "tasks/KY_DUYET/completion", leader(world), {"outcome": "THU_LY"})
    assert (back.status_code, [task["step"] for task in back.json()["tasks"]]) == (201, ["THU_LY"])


async def test_a_branch_that_would_make_the_decision_lapse_waits_for_it(world: Any, definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    received = {**received, "transitions": [{"to": ["THU_LY", "KY_DUYET"]}]}
    worked = {**worked, "transitions": [{"to": "TRA_KET_QUA"}]}
    case = await world.accepted(steps=[received, worked, signs, {**last, "join": {"needed": 1}}])
    early = await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    assert refusal(early) == (409, "decision-missing")
    await world.act(case, "decision", leader(world), GRANTED)
    done = await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {})
    assert [task["step"] for task in done.json()["tasks"]] == ["TRA_KET_QUA"]


def faults(definition: Any, steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The errors of a procedure of these steps."""
    found = findings(definition_from_json(definition(steps=steps)))
    return [(one.code, one.pointer) for one in found if one.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("member", "pointer"), [("exempt", "/steps/2/exempt"), ("silenceConsents", "/steps/2/silenceConsents")]
)
def test_nothing_is_decided_at_a_step_that_is_exempt_or_done_by_silence(
    definition: Any, member: str, pointer: str
) -> None:
    assert faults(definition, signed(definition)) == []
    assert faults(definition, signed(definition, **{member: True})) == [("cannot_decide_there", pointer)]


def test_nothing_is_decided_where_the_clock_is_paused(definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    paused = [received, {**worked, "pausesClock": True}, signs, {**last, "resumesClock": True}]
    assert faults(definition, paused) == [("cannot_decide_there", "/steps/2/decides")]
    resumed = [{**received, "pausesClock": True}, {**worked, "resumesClock": True}, signs, last]
    assert faults(definition, resumed) == []


def test_nothing_is_decided_by_receiving_a_case(definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    steps = [{**received, "decides": True}, worked, {**signs, "decides": False}, last]
    assert ("cannot_decide_there", "/steps/0/decides") in faults(definition, steps)
    alone = {**received, "decides": True, "transitions": [{"to": None}]}
    assert faults(definition, [alone]) == []


def test_a_way_to_the_end_past_the_decision_is_found(definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    ways = [{"to": "KY_DUYET", "outcome": "du"}, {"to": "TRA_KET_QUA", "outcome": "khong_du"}]
    steps = [received, {**worked, "transitions": ways}, signs, last]
    assert faults(definition, steps) == [("end_without_decision", "/steps/1/transitions/1")]


def test_of_branches_side_by_side_one_that_decides_is_enough(definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    received = {**received, "transitions": [{"to": ["THU_LY", "KY_DUYET"]}]}
    worked = {**worked, "transitions": [{"to": "TRA_KET_QUA"}]}
    joined = [received, worked, signs, {**last, "join": {"needed": None}}]
    assert faults(definition, joined) == []
    assert (
        faults(definition, [received, worked, {**signs, "decides": False}, {**last, "decides": True}]) == []
    )


NOT_DECIDED: dict[str, tuple[dict[str, Any], str]] = {
    "the clock stands still there": ({"exempt": True}, "not_decided"),
    "nobody does it, and silence is no decision": ({"silenceConsents": True}, "waits_for_ever"),
}


@pytest.mark.parametrize("why", NOT_DECIDED)
def test_a_run_that_nobody_can_decide_hangs_where_it_was_to_be_decided(definition: Any, why: str) -> None:
    member, code = NOT_DECIDED[why]
    allowance = {"kind": "working_days", "amount": 1}
    steps = signed(definition, allowance=allowance, **member)
    takes = {"KY_DUYET": NO_TERM} if code == "waits_for_ever" else {}
    scenario = Scenario(datetime(2026, 1, 5, 1, 30, tzinfo=UTC), takes=takes)
    (run,) = simulate(definition_from_json(definition(steps=steps)), WorkingCalendar(), scenario).runs
    assert run.dead_end is not None
    assert (run.dead_end.code, run.dead_end.steps) == (code, ("KY_DUYET",))
    assert run.decided_at is None


def test_a_run_past_the_decision_hangs_where_it_turns_off(definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    ways = [{"to": "TRA_KET_QUA", "outcome": "khong_du"}, {"to": "KY_DUYET", "outcome": "du"}]
    steps = [received, {**worked, "transitions": ways}, signs, last]
    scenario = Scenario(datetime(2026, 1, 5, 1, 30, tzinfo=UTC), outcomes={"THU_LY": ["khong_du"]})
    (run,) = simulate(definition_from_json(definition(steps=steps)), WorkingCalendar(), scenario).runs
    assert run.dead_end is not None
    assert (run.dead_end.code, run.dead_end.steps) == ("not_decided", ("THU_LY",))
    assert "nobody decides it after this step" in run.dead_end.reason.en


def test_in_a_run_the_leader_waits_for_a_step_that_stops_the_clock(definition: Any) -> None:
    received, worked, signs, last = signed(definition)
    received = {**received, "transitions": [{"to": ["THU_LY", "KY_DUYET"]}]}
    worked = {**worked, "transitions": [{"to": "TRA_KET_QUA"}], "exempt": True}
    steps = [received, worked, signs, {**last, "join": {"needed": None}}]
    scenario = Scenario(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))
    (run,) = simulate(definition_from_json(definition(steps=steps)), WorkingCalendar(), scenario).runs
    assert run.dead_end is None
    done = [each.step.step for each in run.happenings if each.kind == "completed" and each.step]
    assert done == ["THU_LY", "KY_DUYET", "TRA_KET_QUA"]


def test_a_step_of_another_agency_cannot_decide(definition: Any) -> None:
    steps = [{**step, "decides": step["code"] == "HOI_THUE"} for step in definition()["steps"]]
    assert ("decided_elsewhere", "/steps/2/decides") in faults(definition, steps)
