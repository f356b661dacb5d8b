"""Steps with a time of their own while no legal clock runs: to receive a case, and to hand over its result."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from procedures.calendars.redating import date_next
from procedures.cases.soundness import verify_cases
from procedures.domain.acts import SYSTEM, Accepted, Decided, Entry, Submitted
from procedures.domain.case import Outcome, Standing, Task, opened
from procedures.domain.terms import NO_TERM
from procedures.tables import calendars, redating_batches, redatings

AGENCY = "H99.01"
A_DAY = {"kind": "working_days", "amount": 1}


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


@pytest.fixture(autouse=True)
async def ordinary_calendar(world: Any) -> None:
    async with world.database.transaction() as tx:
        await tx.execute(calendars.delete())
        await tx.execute(redating_batches.delete())
        await tx.execute(redatings.delete())


@pytest.fixture
async def procedure(world: Any, definition: Any) -> str:
    """Receiving it and handing over its result have a working day each; it is handed over by the desk alone."""
    steps = definition()["steps"]
    own = {"TIEP_NHAN": A_DAY, "TRA_KET_QUA": A_DAY}
    steps = [{**step, "allowance": own[step["code"]]} if step["code"] in own else step for step in steps]
    code: str = await world.publish(steps=steps)
    return code


async def decided(world: Any, procedure: str, *, outcome: bool = True) -> str:
    """Received and decided on Monday the 5th at 08:30; it waits to be handed over until Tuesday at 08:30."""
    case = str((await world.submit(procedure))["id"])
    await world.act(case, "acceptance", world.official("desk"))
    granted = {"outcome": "granted", "reason": "Đủ điều kiện."}
    await world.act(case, "decision", world.official("justice"), granted)
    ways = {"outcome": "done"} if outcome else {}
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), ways)
    return case


async def late_steps(world: Any, case: str) -> list[tuple[str, str]]:
    return [
        (act["timer"]["subject"], act["unit"])
        for act in await world.acts(case)
        if act["kind"] == "became_overdue" and act["timer"]["kind"] == "step_overdue"
    ]


async def due_of_task(world: Any, case: str) -> str:
    (task,) = (await world.read(case, world.official("desk"))).json()["tasks"]
    return str(task["dueAt"])


async def test_a_case_that_nobody_receives_in_time_is_late_at_the_desk(world: Any, procedure: str) -> None:
    case = str((await world.submit(procedure))["id"])
    assert await due_of_task(world, case) == "2026-01-06T01:30:00Z"
    world.clock.set(local("2026-01-06 08:30"))
    await world.fire()
    assert await late_steps(world, case) == []
    world.clock.set(local("2026-01-06 08:31"))
    await world.fire()
    await world.fire()
    assert await late_steps(world, case) == [("TIEP_NHAN", "BP_MOT_CUA")]
    accepted = await world.act(case, "acceptance", world.official("desk"))
    assert (accepted.status_code, accepted.json()["dueAt"]) == (201, "2026-01-09T01:31:00Z")


async def test_a_case_that_is_received_in_time_is_not_late(world: Any, procedure: str) -> None:
    case = str((await world.submit(procedure))["id"])
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(local("2026-01-06 12:00"))
    await world.fire()
    assert await late_steps(world, case) == []


async def test_what_is_to_be_received_first_comes_first_in_the_work_list(world: Any, procedure: str) -> None:
    undated = str((await world.submit(await world.publish()))["id"])
    dated = str((await world.submit(procedure))["id"])
    path = "/procedures/v1/work-list?limit=200"
    items = (await world.http.get(path, headers=world.official("desk"))).json()["items"]
    ids = [item["caseId"] for item in items]
    assert ids.index(dated) < ids.index(undated)


async def test_a_result_that_is_not_handed_over_in_time_is_late_at_the_desk(
    world: Any, procedure: str
) -> None:
    case = await decided(world, procedure)
    world.clock.set(local("2026-01-06 08:31"))
    await world.fire()
    assert await late_steps(world, case) == [("TRA_KET_QUA", "BP_MOT_CUA")]
    clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.official("desk"))
    assert [(step["step"], step["overdue"]) for step in clock.json()["steps"]] == [("TRA_KET_QUA", True)]
    closed = await world.act(case, "tasks/TRA_KET_QUA/completion", world.official("desk"), {})
    assert closed.json()["onTime"] is True  # the answer was given in time


async def test_silence_is_consent_after_the_decision_too_but_receives_no_case(
    world: Any, definition: Any
) -> None:
    received, worked, _, last = definition()["steps"]
    silent = {"allowance": A_DAY, "silenceConsents": True}
    asked = {**worked, "code": "XAC_NHAN", "transitions": [{"to": last["code"]}], **silent}
    worked = {**worked, "transitions": [{"to": "XAC_NHAN"}]}
    code = await world.publish(steps=[{**received, **silent}, worked, asked, last])
    waiting, granted = str((await world.submit(code))["id"]), await decided(world, code, outcome=False)
    world.clock.set(local("2026-01-06 08:31"))
    await world.fire()
    assert await late_steps(world, waiting) == [("TIEP_NHAN", "BP_MOT_CUA")]
    assert [task["step"] for task in (await world.read(granted)).json()["tasks"]] == [last["code"]]


async def test_a_closure_puts_off_what_is_to_be_received_and_handed_over(world: Any, procedure: str) -> None:
    cases = [str((await world.submit(procedure))["id"]), await decided(world, procedure)]
    await world.close_on(AGENCY, "2026-01-05", "2026-01-06")
    while await date_next(world.database, world.clock.now()):
        pass
    assert [await due_of_task(world, case) for case in cases] == ["2026-01-07T10:30:00Z"] * 2
    world.clock.set(local("2026-01-07 17:30"))
    await world.fire()
    assert [await late_steps(world, case) for case in cases] == [[], []]
    codes = [(await world.read(case)).json()["code"] for case in cases]
    async with world.database.transaction() as tx:
        found = [await verify_cases(tx, after=None, limit=1, code=code) for code in codes[:1]]
    assert [one.flaw for (one,) in found] == [None]


async def test_what_was_decided_in_time_is_not_overdue_in_the_work_list(world: Any) -> None:
    """Neither what was open when it was decided nor the handing over, which has no time of its own."""
    worked, handed = [str((await world.submit(await world.publish()))["id"]) for _ in range(2)]
    for case in (worked, handed):
        await world.act(case, "acceptance", world.official("desk"))
    granted = {"outcome": "granted", "reason": "Đủ điều kiện."}
    for case in (worked, handed):
        await world.act(case, "decision", world.official("justice"), granted)
    await world.act(handed, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    world.clock.set(local("2026-01-12 08:30"))
    late = "/procedures/v1/work-list?limit=200&overdue=true"
    listed = (await world.http.get(late, headers=world.official("desk"))).json()["items"]
    assert handed not in [item["caseId"] for item in listed]
    told = [(await world.read(case, world.official("desk"))).json() for case in (worked, handed)]
    assert [task["dueAt"] for case in told for task in case["tasks"]] == ["2026-01-07T01:30:00Z", None]
    for case in told:
        async with world.database.transaction() as tx:
            (verified,) = await verify_cases(tx, after=None, limit=1, code=case["code"])
        assert verified.flaw is None


@pytest.mark.parametrize("released", ["before", "now"])
def test_a_decision_leaves_what_an_earlier_release_has_dated_as_it_was(released: str) -> None:
    """So that the state which it stored still follows from the log."""
    now = local("2026-01-05 08:30")
    task = Task("TRA", "BP_MOT_CUA", None, AGENCY, now, due_at=now)
    stands = Standing((), now, (task,), dated_at=now if released == "now" else None)
    submitted = Submitted("MAU", 1, AGENCY, "", "", (), (task,), None)
    case = opened(UUID(int=1), Entry(1, now, SYSTEM, submitted))
    for number, act in enumerate((Accepted(NO_TERM, stands), Decided(Outcome.GRANTED, "", None)), 2):
        case = case.after(Entry(number, now, SYSTEM, act))
    assert [one.due_at for one in case.tasks] == [None if released == "now" else now]
