"""Migrations through the API: planned without effect, executed for all cases or none, what came between noticed."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select, text

from procedures.cases.soundness import verify_cases
from procedures.cases.store import act_json, entry_of
from procedures.domain.case import Standing
from procedures.domain.log import Link
from procedures.domain.migration_acts import Migrated
from procedures.domain.status import Status
from procedures.tables import outbox
from procedures.upkeep import sweep
from shared.ids import new_id

BASE = "/procedures/v1"


async def next_version(world: Any, definition: Any, code: str, **changes: Any) -> None:
    """The next version of the procedure, in force."""
    editor = world.official("desk")
    drafted = await world.http.post(
        f"{BASE}/procedures", json=definition(code=code, **changes), headers=editor
    )
    assert drafted.status_code == 201, drafted.text
    published = await world.http.post(
        f"{drafted.headers['location']}/publication", headers={**editor, "if-match": "*"}
    )
    assert published.status_code == 201, published.text


def renamed(definition: Any) -> list[dict[str, Any]]:
    """The steps of the procedure, in which THU_LY is called THAM_TRA."""
    steps = [dict(each) for each in definition()["steps"]]
    steps[0]["transitions"] = [{"to": "THAM_TRA"}]
    steps[1] = {**steps[1], "code": "THAM_TRA", "unit": "PHONG_MOI"}
    return steps


def staged(steps: list[dict[str, Any]], stage: str | None, days: int) -> dict[str, Any]:
    """The parts of a procedure in which the second step is in a stage of so many days."""
    named = {"code": stage, "title": {"vi": "Giai đoạn", "en": "Stage"}}
    stages = [{**named, "allowance": {"kind": "working_days", "amount": days}}] if stage else []
    first, worked, *rest = steps
    return {
        "stages": stages,
        "steps": [first, {**worked, "stage": stage, "allowance": {"kind": "none"}}, *rest],
    }


async def plan(world: Any, code: str, version: int = 2, who: str = "desk", **body: Any) -> Response:
    answer: Response = await world.http.post(
        f"{BASE}/procedures/{code}/versions/{version}/migrations",
        json={"fromVersion": 1, **body},
        headers=world.official(who),
    )
    return answer


async def execute(world: Any, planned: Response, who: str = "desk", **body: Any) -> Response:
    answer: Response = await world.http.post(
        f"{planned.headers['location']}/execution",
        json=body,
        headers={**world.official(who), "if-match": planned.headers["etag"]},
    )
    return answer


async def looks(world: Any) -> list[list[str]]:
    """The cases of this world that others than those who act on them were shown, look by look."""
    query = select(outbox.c.payload).where(outbox.c.type == "procedures.access.recorded.v1")
    async with world.database.reading() as tx:
        found = (await tx.execute(query.order_by(outbox.c.position))).scalars()
        return [
            [case["caseId"] for case in look["cases"]]
            for look in found
            if look["purpose"] == "case_list" and look["cases"][0]["person"] == world.citizen_id
        ]


async def versions(world: Any, *cases: str) -> list[int]:
    return [(await world.read(case)).json()["version"] for case in cases]


@pytest.fixture
async def procedure(world: Any) -> str:
    code: str = await world.publish()
    return code


@pytest.fixture
async def cases(world: Any, procedure: str) -> list[str]:
    """One that waits to be received, one that is examined, one that was withdrawn."""
    ids = [str((await world.submit(procedure))["id"]) for _ in range(3)]
    await world.act(ids[1], "acceptance", world.official("desk"))
    await world.act(ids[2], "withdrawal", world.citizen(), {})
    return ids


class TestPlan:
    async def test_a_plan_reports_what_would_become_of_every_case_and_moves_none(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure, steps=renamed(definition))
        planned = await plan(world, procedure, steps={"THU_LY": "THAM_TRA"})
        assert planned.status_code == 201, planned.text
        report = planned.json()["report"]
        assert (report["cases"], report["inTheWay"]) == (2, 0)
        assert report["moves"] == [
            {"before": "THU_LY", "after": "THAM_TRA", "cases": 1},
            {"before": "TIEP_NHAN", "after": "TIEP_NHAN", "cases": 1},
        ]
        assert await versions(world, *cases) == [1, 1, 1]
        read = await world.http.get(planned.headers["location"], headers=world.official("desk"))
        assert (read.json(), read.headers["etag"]) == (planned.json(), planned.headers["etag"])

    async def test_what_keeps_cases_from_moving_is_named_case_by_case(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure, steps=renamed(definition))
        planned = await plan(world, procedure)
        report = planned.json()["report"]
        assert (report["cases"], report["inTheWay"]) == (2, 1)
        assert [(each["code"], each["step"], each["cases"]) for each in report["obstacles"]] == [
            ("step_gone", "THU_LY", 1)
        ]
        listed = await world.http.get(
            f"{planned.headers['location']}/obstacles", headers=world.official("desk")
        )
        (stuck,) = listed.json()["items"]
        assert stuck["id"] == cases[1]
        assert "THU_LY" in stuck["obstacles"][0]["text"]["vi"]
        refused = await execute(world, planned)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/cases-cannot-move")
        assert [case["id"] for case in refused.json()["cases"]] == [cases[1]]
        assert await versions(world, *cases) == [1, 1, 1]
        assert await looks(world) == [[cases[1]]] * 2

    async def test_a_new_term_is_announced_by_how_many_answers_become_due_earlier_or_later(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure, term={"kind": "working_days", "amount": 9})
        kept, new = await plan(world, procedure), await plan(world, procedure, term="new")
        assert (kept.json()["report"]["dueLater"], new.json()["report"]["dueLater"]) == (0, 1)
        due = (await world.read(cases[1])).json()["dueAt"]
        await execute(world, new)
        assert (await world.read(cases[1])).json()["dueAt"] > due

    async def test_cases_move_only_to_the_version_in_force(
        self, world: Any, definition: Any, procedure: str
    ) -> None:
        draft = await world.http.post(
            f"{BASE}/procedures", json=definition(code=procedure), headers=world.official("desk")
        )
        assert draft.status_code == 201
        refused = await plan(world, procedure)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/procedure-not-in-force")
        assert (await plan(world, procedure, version=7)).status_code == 404

    async def test_a_plan_of_steps_that_there_are_not_is_refused(
        self, world: Any, definition: Any, procedure: str
    ) -> None:
        await next_version(world, definition, procedure)
        refused = await plan(world, procedure, steps={"X": "THU_LY", "THU_LY": "Y"})
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/steps/X", "/steps/THU_LY"]

    async def test_another_agencys_procedure_and_plan_are_absent(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure)
        assert (await plan(world, procedure, who="elsewhere")).status_code == 404
        planned = await plan(world, procedure)
        theirs = world.official("elsewhere")
        for path in ("", "/obstacles"):
            answer = await world.http.get(f"{planned.headers['location']}{path}", headers=theirs)
            assert answer.status_code == 404
        assert (await execute(world, planned, "elsewhere")).status_code == 404
        assert await versions(world, *cases) == [1, 1, 1]

    async def test_plans_are_listed_and_those_not_executed_are_forgotten(
        self, world: Any, definition: Any
    ) -> None:
        agency = f"H{new_id().hex[-8:]}"
        code = await world.publish(agency=agency)
        editor = world.official("desk", agency)
        drafted = await world.http.post(
            f"{BASE}/procedures", json=definition(code=code, agency=agency), headers=editor
        )
        await world.http.post(
            f"{drafted.headers['location']}/publication", headers={**editor, "if-match": "*"}
        )
        made = []
        for _ in range(3):
            answer = await world.http.post(
                f"{BASE}/procedures/{code}/versions/2/migrations", json={"fromVersion": 1}, headers=editor
            )
            made.append(answer.json()["id"])
        done = await world.http.post(
            f"{BASE}/migrations/{made[0]}/execution", json={}, headers={**editor, "if-match": "*"}
        )
        assert done.status_code == 201, done.text
        listed = await world.http.get(f"{BASE}/migrations?limit=2", headers=editor)
        assert [each["id"] for each in listed.json()["items"]] == made[:0:-1]
        following = listed.headers["link"].partition(">")[0].removeprefix("<")
        rest = await world.http.get(following, headers=editor)
        assert [each["id"] for each in rest.json()["items"]] == made[:1]
        world.clock.advance(timedelta(days=8))
        await sweep(world.app.state.desk)
        left = await world.http.get(f"{BASE}/migrations", headers=world.official("desk", agency))
        assert [each["id"] for each in left.json()["items"]] == made[:1]

    async def test_cases_do_not_move_to_their_own_version(self, world: Any, procedure: str) -> None:
        """Or a step of it could be named in place of another, and work be passed over."""
        refused = await plan(world, procedure, version=1, steps={"THU_LY": "TRA_KET_QUA"})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "not_an_earlier_version")

    async def test_cases_that_rules_may_lead_on_are_counted(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(
            world,
            definition,
            procedure,
            fee={"amount": 5000, "currency": "VND"},
            feeDemand={"at": "step", "step": "THU_LY", "rule": None, "stopsClock": False},
        )
        planned = await plan(world, procedure)
        assert (planned.json()["report"]["cases"], planned.json()["report"]["ledOn"]) == (2, 1)
        assert (await execute(world, planned)).json()["report"]["ledOn"] == 1
        assert [fee["amount"] for fee in (await world.read(cases[1])).json()["fees"]] == [5000]


class TestExecution:
    async def test_all_cases_move_with_an_entry_in_their_log_and_an_event(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure, steps=renamed(definition))
        planned = await plan(world, procedure, steps={"THU_LY": "THAM_TRA"})
        done = await execute(world, planned)
        assert (done.status_code, done.json()["status"]) == (201, "executed")
        assert await versions(world, *cases) == [2, 2, 1]
        case = (await world.read(cases[1])).json()
        assert [(task["step"], task["unit"]) for task in case["tasks"]] == [("THAM_TRA", "PHONG_MOI")]
        log = (await world.http.get(f"{BASE}/cases/{cases[1]}/log", headers=world.citizen())).json()
        assert log["sound"] is True
        act = log["entries"][-1]["act"]
        assert (act["kind"], act["from_version"], act["version"]) == ("migrated", 1, 2)
        assert act["migration"] == planned.json()["id"]
        told = await world.told("procedures.case.v1", "code", case["code"])
        assert (told[-1].type.rpartition("case.")[2], told[-1].sequence) == ("migrated.v1", 3)
        assert (told[-1].payload["fromVersion"], told[-1].payload["version"]) == (1, 2)
        again = await execute(world, planned)
        assert again.status_code == 412

    async def test_a_case_goes_on_by_the_new_version(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure, steps=renamed(definition))
        assert (
            await execute(world, await plan(world, procedure, steps={"THU_LY": "THAM_TRA"}))
        ).status_code == 201
        newcomer = world.bearer(
            "procedures:cases:read procedures:cases:process", kind="official", agency="H99.01", posts=[("PHONG_MOI", "X")]
        )  # fmt: skip
        await world.act(cases[1], "decision", newcomer, {"outcome": "granted", "reason": "Đủ."})
        done = await world.act(cases[1], "tasks/THAM_TRA/completion", newcomer, {"outcome": "done"})
        assert [task["step"] for task in done.json()["tasks"]] == ["TRA_KET_QUA"]
        received = await world.act(cases[0], "acceptance", world.official("desk"))
        assert [task["step"] for task in received.json()["tasks"]] == ["THAM_TRA"]

    @pytest.mark.parametrize(
        ("stage", "told"),
        [
            ("XU_LY", [("XU_LY", None, "2026-01-08T01:30:00Z")]),
            (
                "THAM_DINH",
                [
                    ("XU_LY", "2026-01-05T02:30:00Z", "2026-01-06T01:30:00Z"),
                    ("THAM_DINH", None, "2026-01-08T01:30:00Z"),
                ],
            ),
            (None, [("XU_LY", "2026-01-05T02:30:00Z", "2026-01-06T01:30:00Z")]),
        ],
    )
    async def test_the_clock_of_a_case_tells_each_stage_by_the_version_of_its_time(
        self, world: Any, definition: Any, stage: str | None, told: list[Any]
    ) -> None:
        """The step is renamed; its stage has more time, or is another one, or none."""
        code = await world.publish(**staged(definition()["steps"], "XU_LY", 1))
        case = str((await world.submit(code))["id"])
        await world.act(case, "acceptance", world.official("desk"))
        world.clock.advance(timedelta(hours=1))
        await next_version(world, definition, code, **staged(renamed(definition), stage, 3))
        moved = await execute(world, await plan(world, code, steps={"THU_LY": "THAM_TRA"}))
        assert moved.status_code == 201, moved.text
        clock = await world.http.get(f"{BASE}/cases/{case}/clock", headers=world.citizen())
        assert clock.status_code == 200, clock.text
        shown = [(each["stage"], each["endedAt"], each["dueAt"]) for each in clock.json()["stages"]]
        assert shown == told

    async def test_cases_that_were_touched_since_are_noticed_and_nothing_moves(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure)
        planned = await plan(world, procedure)
        await world.act(cases[0], "acceptance", world.official("desk"))
        await world.act(cases[1], "withdrawal", world.citizen(), {})
        refused = await execute(world, planned)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/cases-touched")
        assert {case["id"] for case in refused.json()["cases"]} == set(cases[:2])
        assert sorted((await looks(world))[-1]) == sorted(cases[:2])
        assert await versions(world, *cases) == [1, 1, 1]
        accepted = await execute(world, planned, acceptTouched=True)
        assert (accepted.status_code, accepted.json()["report"]["touched"]) == (201, 2)
        assert await versions(world, *cases) == [2, 1, 1]

    async def test_a_touched_case_that_cannot_move_keeps_all_from_moving(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure, steps=renamed(definition))
        planned = await plan(world, procedure, steps={"THU_LY": "THAM_TRA"})
        justice = world.official("justice")
        await world.act(cases[1], "decision", justice, {"outcome": "granted", "reason": "Đủ."})
        steps = [each for each in renamed(definition) if each["code"] != "HOI_THUE"]
        steps[1]["transitions"] = [{"to": "TRA_KET_QUA"}]
        await world.act(cases[1], "tasks/THU_LY/completion", justice, {"outcome": "ask_tax"})
        await next_version(world, definition, procedure, steps=steps)
        stale = await execute(world, planned, acceptTouched=True)
        assert stale.json()["type"] == "/problems/procedure-not-in-force"
        planned = await plan(world, procedure, version=3, steps={"THU_LY": "THAM_TRA"})
        refused = await execute(world, planned, acceptTouched=True)
        assert refused.json()["type"] == "/problems/cases-cannot-move"
        assert await versions(world, *cases) == [1, 1, 1]

    async def test_of_two_executions_at_once_one_moves_the_cases(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        await next_version(world, definition, procedure)
        planned = await plan(world, procedure)
        answers = await asyncio.gather(*(execute(world, planned) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [201, 412, 412]
        assert (await world.read(cases[0])).headers["etag"].startswith('"2-')

    async def test_a_command_and_a_migration_at_once_take_their_turns(
        self, world: Any, definition: Any, procedure: str
    ) -> None:
        ids = [str((await world.submit(procedure))["id"]) for _ in range(20)]
        await next_version(world, definition, procedure)
        planned = await plan(world, procedure)
        moved, *accepted = await asyncio.gather(
            execute(world, planned, acceptTouched=True),
            *(world.act(case, "acceptance", world.official("desk")) for case in ids),
        )
        assert moved.status_code == 201, moved.text
        assert {answer.status_code for answer in accepted} <= {201, 412}
        assert set(await versions(world, *ids)) == {2}


class TestFees:
    """A fee that comes with a version is asked for by what is done under it."""

    async def test_who_filed_before_is_not_asked_for_what_submission_costs_now(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        decided = str((await world.submit(procedure))["id"])
        await world.act(decided, "acceptance", world.official("desk"))
        decision = {"outcome": "granted", "reason": "Đủ."}
        await world.act(decided, "decision", world.official("justice"), decision)
        await next_version(world, definition, procedure, **costs("submission"))
        assert (await execute(world, await plan(world, procedure))).status_code == 201
        for case in (*cases[:2], decided):
            assert (await world.read(case)).json()["fees"] == []
            assert (await world.acts(case))[-1]["kind"] == "migrated"
        await world.act(cases[0], "acceptance", world.official("desk"))
        later = str((await world.submit(procedure))["id"])
        assert [await fees(world, case) for case in (cases[0], later)] == [[], ["due"]]

    async def test_who_is_accepted_under_it_is_asked_and_who_was_before_is_not(
        self, world: Any, definition: Any, procedure: str, cases: list[str]
    ) -> None:
        desk = world.official("desk")
        for version, expected in ((2, []), (3, []), (4, ["due"])):
            await next_version(world, definition, procedure, **costs("acceptance"))
            planned = await plan(world, procedure, version, fromVersion=version - 1)
            assert (await execute(world, planned)).status_code == 201
            assert [await fees(world, case) for case in cases[:2]] == [expected, []]
            if version == 3:
                await world.act(cases[0], "acceptance", desk)
                assert await fees(world, cases[0]) == ["due"]
        async with world.database.transaction() as tx:
            for case in cases[:2]:
                code = (await world.read(case)).json()["code"]
                (verified,) = await verify_cases(tx, after=None, limit=1, code=code)
                assert verified.flaw is None

    def test_a_move_of_before_is_read_and_says_nothing_of_where_the_case_stood(self) -> None:
        act = Migrated(new_id(), 1, 2, (), None, Standing((), None, ()), status=Status.DECIDED)
        written = act_json(act)
        del written["status"]
        entry = Link(2, datetime(2026, 1, 5, tzinfo=UTC), {"subject": "x", "kind": "official"}, written, b"")
        assert entry_of(entry).act == replace(act, status=None)


def costs(at: str) -> dict[str, Any]:
    demand = {"at": at, "stopsClock": True, "payWithin": {"kind": "working_days", "amount": 5}}
    return {"fee": {"amount": 150000, "currency": "VND"}, "feeDemand": demand}


async def fees(world: Any, case: str) -> list[str]:
    return [fee["state"] for fee in (await world.read(case)).json()["fees"]]


MANY = int(os.environ.get("MOTCUA_MIGRATED_CASES", "1000"))
"""How many cases move in the test of size. Of 10,000, for which 30 seconds are allowed, also the time is judged."""


async def test_many_cases_move_within_their_time(world: Any, definition: Any, procedure: str) -> None:
    """Made by copying one: their logs are those of the first, so only what the move adds to them is looked at."""
    first = str((await world.submit(procedure))["id"])
    await world.act(first, "acceptance", world.official("desk"))
    copies = {"first": first, "number": MANY - 1}
    async with world.database.transaction() as tx:
        await tx.execute(_COPIES, copies)
        await tx.execute(_COPIED_TASKS, copies)
    await next_version(world, definition, procedure, steps=renamed(definition))
    began = perf_counter()
    planned = await plan(world, procedure, steps={"THU_LY": "THAM_TRA"})
    between = perf_counter()
    done = await execute(world, planned)
    ended = perf_counter()
    assert done.status_code == 201, done.text
    assert done.json()["report"]["cases"] == MANY
    print(f"{MANY} cases: planned in {between - began:.1f} s, moved in {ended - between:.1f} s")
    async with world.database.reading() as tx:
        counted = await tx.execute(_COUNT, {"code": procedure})
        assert counted.one() == (MANY, MANY, MANY)
    if MANY >= 10_000:
        assert ended - between < 30 * MANY / 10_000
    async with world.database.transaction() as tx:
        (verified,) = await verify_cases(
            tx, after=None, limit=1, code=(await world.read(first)).json()["code"]
        )
    assert verified.flaw is None


_COPIES = text("""
    INSERT INTO cases (id, code, procedure, version, agency, applicant, status, submitted_at, due_at, sequence,
                       head, state)
    SELECT copied, code || '-' || number, procedure, version, agency, applicant, status, submitted_at, due_at,
           sequence, head, jsonb_set(state, '{id}', to_jsonb(copied::text))
    FROM (SELECT c.*, number, uuidv7() AS copied FROM cases c, generate_series(1, :number) AS number
          WHERE c.id = :first) AS copies
""")
_COPIED_TASKS = text("""
    INSERT INTO tasks (case_id, step, agency, unit, role, opened_at, due_at, sort_at, procedure, status)
    SELECT copy.id, t.step, t.agency, t.unit, t.role, t.opened_at, t.due_at, t.sort_at, t.procedure, t.status
    FROM cases AS original JOIN tasks t ON t.case_id = original.id
    JOIN cases AS copy ON copy.code LIKE original.code || '-%' WHERE original.id = :first
""")
_COUNT = text("""
    SELECT (SELECT count(*) FROM cases WHERE procedure = :code AND version = 2),
           (SELECT count(*) FROM tasks JOIN cases ON id = case_id WHERE cases.procedure = :code AND unit = 'PHONG_MOI'),
           (SELECT count(*) FROM outbox WHERE payload->>'procedure' = :code AND type LIKE '%migrated.v1')
""")
