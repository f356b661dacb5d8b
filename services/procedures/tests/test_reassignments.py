"""Open tasks go over in bulk: planned without effect, then done in batches, with one report."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from procedures.officials.operations import learn_official
from procedures.reassignments.operations import reassign_next
from procedures.reassignments.store import forget_planned
from procedures.tables import cases, claims, tasks
from shared.events.identity import OfficialAppointed, Post
from shared.ids import new_id

PATH = "/procedures/v1/reassignments"
SCOPE = "procedures:cases:read procedures:cases:process"


class Office:
    """An agency of its own with two units, whose procedure waits at the first; and who manages its work."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.agency = f"H99.{new_id().hex[-6:]}"
        self.manager = self.official([], manages=True)[1]

    def official(self, posts: Any, *, manages: bool = False) -> tuple[str, dict[str, str]]:
        subject = str(new_id())
        scope = f"{SCOPE} procedures:work:manage" if manages else SCOPE
        token = self.world.bearer(scope, subject=subject, kind="official", agency=self.agency, posts=posts)
        return subject, token

    async def appoint(self, *posts: tuple[str, str]) -> tuple[str, dict[str, str]]:
        subject, token = self.official(posts)
        held = tuple(Post(unit=unit, role=role) for unit, role in posts)
        async with self.world.database.transaction() as tx:
            appointed = OfficialAppointed(agency=self.agency, posts=held)
            await learn_official(tx, subject, 1, appointed, self.world.clock.now())
        return subject, token

    async def accepted(self) -> str:
        case = str((await self.world.submit(self.procedure))["id"])
        answer = await self.world.act(case, "acceptance", self.world.official("desk", self.agency))
        assert answer.status_code == 201, answer.text
        return case

    async def plan(self, **body: Any) -> Any:
        told = {"reason": "Sáp nhập hai phòng.", **body}
        return await self.world.http.post(PATH, json=told, headers=self.manager)

    async def execute(self, planned: Any) -> dict[str, Any]:
        """The report once it is done."""
        headers = {**self.manager, "if-match": planned.headers["etag"]}
        answer = await self.world.http.post(f"{planned.headers['location']}/execution", headers=headers)
        assert answer.status_code == 201, answer.text
        await run(self.world)
        return await self.report(planned)

    async def report(self, planned: Any) -> dict[str, Any]:
        answer = await self.world.http.get(planned.headers["location"], headers=self.manager)
        told: dict[str, Any] = answer.json()
        return told

    async def units(self, *cases: str) -> list[str]:
        """Where the cases wait."""
        async with self.world.database.reading() as tx:
            rows = await tx.execute(select(tasks.c.case_id, tasks.c.unit).where(tasks.c.case_id.in_(cases)))
            found = {str(row.case_id): row.unit for row in rows}
        return [found[case] for case in cases]


async def run(world: Any, database: Any = None, at_once: int = 2) -> None:
    while await reassign_next(database or world.database, world.clock.now(), at_once):
        pass


@pytest.fixture
async def office(world: Any) -> Office:
    office = Office(world)
    await world.learn_agency(office.agency, "BP_MOT_CUA", "PHONG_A", "PHONG_B")
    steps = [
        {"code": "TIEP_NHAN", "unit": "BP_MOT_CUA", "transitions": [{"to": "THU_LY"}]},
        {"code": "THU_LY", "unit": "PHONG_A", "role": "XU_LY", "transitions": [{"to": None}]},
    ]
    titled = [{**step, "title": {"vi": step["code"], "en": step["code"]}} for step in steps]
    office.procedure = await world.publish(agency=office.agency, steps=titled)
    return office


TO_B = {"fromUnit": "PHONG_A", "toUnit": "PHONG_B"}


async def test_a_plan_changes_nothing_and_its_execution_moves_each_case_with_one_act_and_one_event(
    world: Any, office: Office
) -> None:
    cases = [await office.accepted() for _ in range(5)]
    before = [(await world.read(case)).json() for case in cases]
    planned = await office.plan(**TO_B)
    assert planned.status_code == 201, planned.text
    told = planned.json()
    assert (told["status"], told["cases"], told["moved"], told["staying"]) == ("planned", 5, 0, [])
    await run(world)
    assert await office.units(*cases) == ["PHONG_A"] * 5
    report = await office.execute(planned)
    assert (report["status"], report["moved"], report["stayed"]) == ("finished", 5, 0)
    assert await office.units(*cases) == ["PHONG_B"] * 5
    for case, was in zip(cases, before, strict=True):
        now = (await world.read(case)).json()
        assert [task["unit"] for task in now["tasks"]] == ["PHONG_B"]
        assert now["tasks"][0]["dueAt"] == was["tasks"][0]["dueAt"]
        log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
        assert (log["sound"], log["entries"][-1]["act"]["kind"]) == (True, "reassigned")
        (event,) = [
            one
            for one in await world.told("procedures.case.v1", "code", was["code"])
            if one.type.endswith("reassigned.v1")
        ]
        assert event.payload["units"] == {"THU_LY": "PHONG_B"}
        assert event.payload["reassignment"] == report["id"]
    posts = [("PHONG_B", "XU_LY")]
    answer = await world.act(
        cases[0], "decision", office.official(posts)[1], {"outcome": "granted", "reason": "Đủ."}
    )
    assert answer.status_code == 201, answer.text


async def test_a_case_that_cannot_be_read_stays_and_the_others_go_over(world: Any, office: Office) -> None:
    filed = [await office.accepted() for _ in range(3)]
    planned = await office.plan(**TO_B)

    async def put(status: str) -> None:
        async with world.database.transaction() as tx:
            state = cases.c.state.concat({"status": status})
            await tx.execute(update(cases).where(cases.c.id.in_(filed[:2])).values(state=state))

    await put("lost")
    report = await office.execute(planned)
    await put("accepted")
    assert (report["status"], report["moved"], report["stayed"]) == ("finished", 1, 2)
    assert await office.units(*filed) == ["PHONG_A", "PHONG_A", "PHONG_B"]


async def test_what_officials_have_claimed_stays_with_them_unless_it_is_to_go_too(
    world: Any, office: Office
) -> None:
    cases = [await office.accepted() for _ in range(3)]
    _, mine = office.official([("PHONG_A", "XU_LY")])
    place = f"/procedures/v1/cases/{cases[1]}/tasks/THU_LY/claim"
    assert (await world.http.post(place, headers=mine)).status_code == 201
    planned = await office.plan(**TO_B)
    (why,) = planned.json()["staying"]
    assert (why["code"], why["tasks"]) == ("claimed", 1)
    report = await office.execute(planned)
    assert (report["moved"], report["stayed"]) == (2, 1)
    assert await office.units(*cases) == ["PHONG_B", "PHONG_A", "PHONG_B"]
    path = f"{planned.headers['location']}/cases"
    staying = await world.http.get(path, params={"state": "stayed"}, headers=office.manager)
    (one,) = staying.json()["items"]
    assert (one["id"], one["staying"][0]["step"]) == (cases[1], "THU_LY")
    report = await office.execute(await office.plan(**TO_B, claimedToo=True))
    assert (report["cases"], report["moved"]) == (1, 1)
    async with world.database.reading() as tx:
        assert (await tx.execute(select(claims).where(claims.c.case_id == cases[1]))).all() == []


async def test_what_one_official_has_claimed_goes_to_another_who_has_the_post(
    world: Any, office: Office
) -> None:
    cases = [await office.accepted() for _ in range(2)]
    post = ("PHONG_A", "XU_LY")
    (me, mine), (other, theirs), (desk, _) = [
        await office.appoint(*posts) for posts in ([post], [post], [("BP_MOT_CUA", "TIEP_NHAN")])
    ]
    for _ in cases:
        await world.http.post("/procedures/v1/work-list/claims", json={}, headers=mine)
    report = await office.execute(await office.plan(fromOfficial=me, toOfficial=desk))
    assert (report["moved"], report["stayed"]) == (0, 2)
    assert [(why["code"], why["tasks"]) for why in report["staying"]] == [("post_not_held", 2)]
    report = await office.execute(await office.plan(fromOfficial=me, toOfficial=other))
    assert (report["moved"], report["stayed"]) == (2, 0)
    answer = await world.http.get("/procedures/v1/work-list", params={"claim": "mine"}, headers=theirs)
    assert [item["caseId"] for item in answer.json()["items"]] == cases
    log = await world.http.get(f"/procedures/v1/cases/{cases[0]}/log", headers=world.citizen())
    act = log.json()["entries"][-1]["act"]
    assert (act["kind"], act["from_official"], act["official"]) == ("reassigned", me, other)


async def test_what_is_done_between_plan_and_execution_stays_and_the_report_says_why(
    world: Any, office: Office
) -> None:
    done, waiting = [await office.accepted() for _ in range(2)]
    planned = await office.plan(**TO_B)
    _, mine = office.official([("PHONG_A", "XU_LY")])
    await world.act(done, "decision", mine, {"outcome": "granted", "reason": "Đủ."})
    assert (await world.act(done, "tasks/THU_LY/completion", mine, {})).status_code == 201
    late = await office.accepted()
    report = await office.execute(planned)
    assert (report["moved"], report["stayed"]) == (1, 1)
    assert [(why["code"], why["tasks"]) for why in report["staying"]] == [("not_open", 1)]
    assert await office.units(waiting, late) == ["PHONG_B", "PHONG_A"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"fromUnit": "PHONG_A", "toUnit": "PHONG_KHAC"}, "unknown_unit"),
        ({"fromUnit": "PHONG_A", "toUnit": "PHONG_A"}, "same_unit"),
        ({"fromOfficial": "a", "toOfficial": "nobody"}, "unknown_official"),
        ({"fromUnit": "PHONG_A", "toOfficial": "a"}, "way_unclear"),
        ({}, "way_unclear"),
    ],
)
async def test_a_plan_that_leads_nowhere_is_refused(office: Office, body: dict[str, str], code: str) -> None:
    refused = await office.plan(**body)
    assert refused.status_code == 400, refused.text
    assert [fault["code"] for fault in refused.json()["errors"]] == [code]


async def test_only_the_state_that_was_seen_is_executed_once_and_by_the_agency_itself(
    world: Any, office: Office
) -> None:
    await office.accepted()
    planned = await office.plan(**TO_B, procedure=office.procedure, step="THU_LY")
    path, etag = f"{planned.headers['location']}/execution", {"if-match": planned.headers["etag"]}
    assert (await world.http.post(path, headers=office.manager)).status_code == 428
    stranger = Office(world).manager
    assert (await world.http.post(path, headers={**stranger, **etag})).status_code == 404
    assert (await office.execute(planned))["moved"] == 1
    assert (await world.http.post(path, headers={**office.manager, **etag})).status_code == 412
    twice = await world.http.post(path, headers={**office.manager, "if-match": "*"})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/reassignment-ordered")
    listed = await world.http.get(PATH, headers=office.manager)
    assert [one["id"] for one in listed.json()["items"]] == [planned.json()["id"]]


async def test_several_processes_move_each_case_once_and_one_that_dies_is_gone_on_from(
    world: Any, office: Office, other_process: Any
) -> None:
    cases = [await office.accepted() for _ in range(9)]
    planned = await office.plan(**TO_B)
    headers = {**office.manager, "if-match": planned.headers["etag"]}
    await world.http.post(f"{planned.headers['location']}/execution", headers=headers)
    assert await reassign_next(world.database, world.clock.now(), 2)
    assert (await office.report(planned))["moved"] == 2  # and here its process dies
    await asyncio.gather(run(world), run(world, other_process()), run(world, other_process()))
    await run(world)
    report = await office.report(planned)
    assert (report["status"], report["moved"]) == ("finished", 9)
    for case in cases:
        log = await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())
        kinds = [entry["act"]["kind"] for entry in log.json()["entries"]]
        assert kinds == ["submitted", "accepted", "reassigned"]


async def test_a_plan_that_is_not_executed_is_forgotten(world: Any, office: Office) -> None:
    await office.accepted()
    kept, executed = await office.plan(**TO_B), await office.plan(**TO_B)
    await office.execute(executed)
    async with world.database.transaction() as tx:
        await forget_planned(tx, before=world.clock.now())
    assert (await office.report(kept))["status"] == "planned"
    world.clock.advance(timedelta(days=1))
    async with world.database.transaction() as tx:
        await forget_planned(tx, before=world.clock.now())
    gone = await world.http.get(kept.headers["location"], headers=office.manager)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/reassignment-not-found")
    assert (await office.report(executed))["status"] == "finished"
