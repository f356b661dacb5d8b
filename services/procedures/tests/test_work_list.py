"""The work list of a unit: what waits, in what order, and who has taken what of it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from procedures.officials.operations import learn_official
from procedures.tables import claims, tasks
from procedures.work_list.schemas import WorkItem
from shared.events.identity import OfficialPostsChanged, OfficialRemoved, Post
from shared.ids import new_id
from shared.pagination import Page

PATH = "/procedures/v1/work-list"
JUSTICE = [("PHONG_TU_PHAP", "XU_LY")]
SCOPE = "procedures:cases:read procedures:cases:process"
AGENCY = "H99.01"


def official(
    world: Any, *, agency: str = AGENCY, posts: Any = JUSTICE, manages: bool = False
) -> tuple[str, dict[str, str]]:
    """Somebody of the judicial section: subject and token."""
    subject = str(new_id())
    scope = f"{SCOPE} procedures:work:manage" if manages else SCOPE
    return subject, world.bearer(scope, subject=subject, kind="official", agency=agency, posts=posts)


async def accepted(world: Any, procedure: str, unit: str = "PHONG_TU_PHAP") -> str:
    case = str((await world.submit(procedure))["id"])
    answer = await world.act(case, "acceptance", world.official("desk"))
    assert answer.status_code == 201, answer.text
    return case


async def listed(world: Any, who: dict[str, str], **wanted: Any) -> list[dict[str, Any]]:
    answer = await world.http.get(PATH, params={"limit": 200, **wanted}, headers=who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def place(case: str, step: str = "THU_LY") -> str:
    return f"/procedures/v1/cases/{case}/tasks/{step}/claim"


@pytest.fixture
async def unit(world: Any) -> tuple[str, list[tuple[str, str]]]:
    """A procedure whose second step waits at a unit of its own, with the posts there."""
    name = f"PHONG_{new_id().hex[-8:].upper()}"
    steps = [
        {"code": "TIEP_NHAN", "unit": "BP_MOT_CUA", "transitions": [{"to": "THU_LY"}]},
        {
            "code": "THU_LY",
            "unit": name,
            "transitions": [{"to": None}],
            "allowance": {"kind": "working_days", "amount": 2},
        },
    ]
    titled = [{**step, "title": {"vi": step["code"], "en": step["code"]}} for step in steps]
    return await world.publish(steps=titled), [(name, "XU_LY")]


async def test_the_filters_of_a_work_list_choose_and_its_order_is_what_is_due_next(
    world: Any, unit: Any
) -> None:
    procedure, posts = unit
    me, mine = official(world, posts=posts)
    cases = [await accepted(world, procedure) for _ in range(3)]
    await world.http.post(place(cases[1]), headers=mine)
    assert [item["caseId"] for item in await listed(world, mine)] == cases
    assert [item["caseId"] for item in await listed(world, mine, claim="mine")] == [cases[1]]
    assert [item["caseId"] for item in await listed(world, mine, claim="unclaimed")] == [cases[0], cases[2]]
    for name, right, wrong in [
        ("procedure", procedure, "KHAC"),
        ("step", "THU_LY", "TRA"),
        ("status", "accepted", "decided"),
        ("unit", posts[0][0], "PHONG_KHAC"),
    ]:
        assert len(await listed(world, mine, **{name: right})) == 3
        assert await listed(world, mine, **{name: wrong}) == []
    assert await listed(world, mine, overdue=True) == []
    assert me == (await listed(world, mine, claim="mine"))[0]["claimedBy"]


async def test_a_work_list_is_written_as_its_contract_says(world: Any, unit: Any) -> None:
    procedure, posts = unit
    _, mine = official(world, posts=posts)
    claimed, _ = [await accepted(world, procedure) for _ in range(2)]
    await world.http.post(place(claimed), headers=mine)
    answer = await world.http.get(PATH, headers=mine)
    assert Page[WorkItem].model_validate_json(answer.text).model_dump_json(by_alias=True) == answer.text


async def test_what_is_overdue_can_be_asked_for_alone(world: Any, unit: Any) -> None:
    procedure, posts = unit
    _, mine = official(world, posts=posts)
    late = await accepted(world, procedure)
    world.clock.advance(timedelta(days=7))
    await accepted(world, procedure)
    assert [item["caseId"] for item in await listed(world, mine, overdue=True)] == [late]


async def test_pages_of_several_units_follow_one_another_without_a_gap(world: Any, unit: Any) -> None:
    procedure, posts = unit
    _, both = official(world, posts=[*posts, ("PHONG_KHAC", "XU_LY")])
    cases = [await accepted(world, procedure) for _ in range(5)]
    seen, answer = [], await world.http.get(PATH, params={"limit": 2}, headers=both)
    while True:
        seen += [item["caseId"] for item in answer.json()["items"]]
        if "next" not in answer.links:
            break
        answer = await world.http.get(answer.links["next"]["url"], headers=both)
    assert seen == cases


async def test_a_claim_keeps_colleagues_from_the_task_and_leaves_the_case_as_it_was(
    world: Any, unit: Any
) -> None:
    procedure, posts = unit
    case = await accepted(world, procedure)
    (me, mine), (_, theirs) = official(world, posts=posts), official(world, posts=posts)
    before = (await world.read(case)).headers["etag"]
    answer = await world.http.post(place(case), headers=mine)
    assert (answer.status_code, answer.json()["claimedBy"]) == (201, me)
    assert (await world.read(case)).headers["etag"] == before
    again = await world.http.post(place(case), headers=mine)
    assert (again.status_code, again.json()["claimedAt"]) == (201, answer.json()["claimedAt"])
    decision = {"outcome": "granted", "reason": "Đủ."}
    for refused in (
        await world.http.post(place(case), headers=theirs),
        await world.act(case, "decision", theirs, decision),
        await world.http.delete(place(case), headers=theirs),
    ):
        assert refused.status_code == 409, refused.text
        told = refused.json()
        assert (told["type"], told["claimedBy"]) == ("/problems/task-claimed", me)
        since = answer.json()["claimedAt"]
        assert datetime.fromisoformat(told["claimedAt"]) == datetime.fromisoformat(since)
    assert (await world.act(case, "decision", mine, decision)).status_code == 201
    refused = await world.act(case, "tasks/THU_LY/completion", theirs, {})
    assert (refused.status_code, refused.json()["claimedBy"]) == (409, me)
    assert (await world.act(case, "tasks/THU_LY/completion", mine, {})).status_code == 201
    async with world.database.reading() as tx:
        left = select(func.count()).where(claims.c.case_id == case)
        assert (await tx.execute(left)).scalar_one() == 0


async def test_a_claim_ends_when_it_is_released_by_who_made_it_or_who_manages_the_work(
    world: Any, unit: Any
) -> None:
    procedure, posts = unit
    case = await accepted(world, procedure)
    (_, mine), (_, manager) = official(world, posts=posts), official(world, posts=[], manages=True)
    for releasing in (mine, manager):
        assert (await world.http.post(place(case), headers=mine)).status_code == 201
        assert (await world.http.delete(place(case), headers=releasing)).status_code == 204
        assert await listed(world, mine, claim="mine") == []
    missing = await world.http.delete(place(case), headers=mine)
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/task-not-claimed")


async def test_a_task_of_another_unit_or_agency_cannot_be_claimed(world: Any, unit: Any) -> None:
    case = await accepted(world, unit[0])
    _, elsewhere = official(world, posts=[("BP_MOT_CUA", "TIEP_NHAN")])
    _, foreign = official(world, agency="H99.03", posts=unit[1])
    assert (await world.http.post(place(case), headers=elsewhere)).status_code == 403
    assert (await world.http.post(place(case), headers=foreign)).status_code == 404
    assert (await world.http.post(place(case, "TRA"), headers=elsewhere)).status_code == 404


async def test_a_step_that_opens_again_is_free_again(world: Any) -> None:
    steps = [
        {"code": "TIEP_NHAN", "unit": "BP_MOT_CUA", "transitions": [{"to": "THU_LY"}]},
        {
            "code": "THU_LY",
            "unit": "PHONG_TU_PHAP",
            "transitions": [{"to": "THU_LY", "outcome": "again"}, {"to": None, "outcome": "done"}],
        },
    ]
    titled = [{**step, "title": {"vi": step["code"], "en": step["code"]}} for step in steps]
    case = await accepted(world, await world.publish(steps=titled))
    (_, mine), (other, theirs) = official(world), official(world)
    await world.http.post(place(case), headers=mine)
    world.clock.advance(timedelta(minutes=1))
    answer = await world.act(case, "tasks/THU_LY/completion", mine, {"outcome": "again"})
    assert answer.status_code == 201, answer.text
    answer = await world.http.post(place(case), headers=theirs)
    assert (answer.status_code, answer.json()["claimedBy"]) == (201, other)


@pytest.mark.parametrize("officials", [50])
async def test_of_many_who_claim_the_next_task_at_once_each_gets_one_and_no_task_goes_to_two(
    world: Any, unit: Any, officials: int
) -> None:
    _, posts = unit
    title = {"vi": "Nhận", "en": "Receive"}
    step = {"code": "NHAN", "title": title, "unit": posts[0][0], "transitions": [{"to": None}]}
    procedure = await world.publish(first="NHAN", steps=[step])
    cases = [(await world.submit(procedure))["id"] for _ in range(officials - 3)]
    team = [official(world, posts=posts) for _ in range(officials)]
    answers = await asyncio.gather(
        *(world.http.post(f"{PATH}/claims", json={}, headers=who) for _, who in team)
    )
    got = [answer.json()["caseId"] for answer in answers if answer.status_code == 201]
    assert sorted(got) == sorted(cases)
    refused = [answer.json()["type"] for answer in answers if answer.status_code != 201]
    assert refused == ["/problems/nothing-to-claim"] * 3
    async with world.database.reading() as tx:
        query = select(claims.c.case_id, claims.c.official).join(
            tasks, (tasks.c.case_id == claims.c.case_id) & (tasks.c.step == claims.c.step)
        )
        held = {str(row.case_id): row.official for row in await tx.execute(query)}
    assert {held[case] for case in cases} == {
        who for (who, _), answer in zip(team, answers, strict=True) if answer.status_code == 201
    }


async def test_only_tasks_of_ones_own_role_are_given_as_the_next(world: Any, unit: Any) -> None:
    procedure, posts = unit
    first, second = [await accepted(world, procedure) for _ in range(2)]
    _, stranger = official(world, posts=[("PHONG_KHAC", "XU_LY")])
    nothing = await world.http.post(f"{PATH}/claims", json={}, headers=stranger)
    assert (nothing.status_code, nothing.json()["type"]) == (404, "/problems/nothing-to-claim")
    _, mine = official(world, posts=posts)
    key = {**mine, "idempotency-key": str(new_id())}
    taken = [(await world.http.post(f"{PATH}/claims", json={}, headers=key)).json()["caseId"] for _ in "12"]
    assert taken == [first, first]
    body = {"procedure": procedure, "step": "THU_LY", "unit": posts[0][0]}
    assert (await world.http.post(f"{PATH}/claims", json=body, headers=mine)).json()["caseId"] == second


async def test_what_an_official_has_claimed_goes_back_when_they_leave_the_post(world: Any, unit: Any) -> None:
    procedure, posts = unit
    case = await accepted(world, procedure)
    me, mine = official(world, posts=posts)
    held = tuple(Post(unit=unit, role=role) for unit, role in posts)
    changed = OfficialPostsChanged(agency=AGENCY, posts=held)
    for sequence, event, left in (
        (2, changed, [case]),
        (1, OfficialRemoved(agency=AGENCY), [case]),  # an older word
        (3, OfficialRemoved(agency=AGENCY), []),
    ):
        await world.http.post(place(case), headers=mine)
        async with world.database.transaction() as tx:
            await learn_official(tx, me, sequence, event, world.clock.now())
        assert [item["caseId"] for item in await listed(world, mine, claim="mine")] == left


async def test_who_is_shown_a_work_list_is_recorded(world: Any, unit: Any) -> None:
    procedure, posts = unit
    await accepted(world, procedure)
    me, mine = official(world, posts=posts)
    await world.http.post(f"{PATH}/claims", json={}, headers=mine)
    await listed(world, mine)
    looks = await world.told("procedures.access.v1", "reader", me)
    assert [look.payload["purpose"] for look in looks] == ["work_list", "work_list"]
