"""Systems of agencies do steps of cases: each task is one system's at a time, and done once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from procedures.external_tasks.operations import raise_incidents
from procedures.tables import external_tasks
from shared.ids import new_id
from shared.testing import eventually

TASKS = "/procedures/v1/external-tasks"
SCOPES = "procedures:tasks:work procedures:documents:write"


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


@pytest.fixture
def tax() -> str:
    """An agency that no other test has."""
    return f"H{new_id().hex[-5:].upper()}"


def steps(tax: str, attempts: int = 3) -> list[dict[str, Any]]:
    """Received; the tax agency's systems say what is owed; processed."""
    return [
        step("TIEP_NHAN", "BP_MOT_CUA", "HOI_THUE"),
        step("HOI_THUE", "BP_THUE", "THU_LY", agency=tax, external={"attempts": attempts}),
        step("THU_LY", "PHONG_TU_PHAP", None),
    ]


def system(world: Any, agency: str, name: str = "tax-system") -> dict[str, str]:
    token: dict[str, str] = world.bearer(SCOPES, kind="client", agency=agency, subject=name)
    return token


async def file(world: Any, tax: str, number: int = 1, **more: Any) -> tuple[str, list[str]]:
    """A procedure, and accepted cases of it that wait for the tax agency's systems."""
    procedure = await world.publish(steps=more.pop("steps", None) or steps(tax), **more)
    filed = []
    for _ in range(number):
        case = str((await world.submit(procedure))["id"])
        accepted = await world.act(case, "acceptance", world.official("desk"))
        assert accepted.status_code == 201, accepted.text
        filed.append(case)
    return procedure, filed


async def claim(world: Any, who: dict[str, str], procedure: str, **more: Any) -> Any:
    return await world.http.post(f"{TASKS}/claims", json={"procedure": procedure, **more}, headers=who)


async def claimed(world: Any, who: dict[str, str], procedure: str, **more: Any) -> Sequence[dict[str, Any]]:
    answer = await claim(world, who, procedure, **more)
    assert answer.status_code in (200, 201), answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def do(world: Any, who: dict[str, str], task: dict[str, Any], command: str, **body: Any) -> Any:
    path = f"{TASKS}/{task['caseId']}/steps/{task['step']}/{command}"
    return await world.http.post(path, json={"lease": task["lease"], **body}, headers=who)


async def kinds(world: Any, case: str) -> list[str]:
    log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
    assert log["sound"] is True
    return [entry["act"]["kind"] for entry in log["entries"]]


async def test_a_system_claims_a_task_reads_the_case_and_completes_it_with_documents(
    world: Any, tax: str
) -> None:
    sent = await world.send(b"%PDF-1.7 from the applicant")
    procedure = await world.publish(steps=steps(tax))
    enclosed = [{"document": "GIAY_TO", "id": sent["id"]}]
    case = str((await world.submit(procedure, documents=enclosed))["id"])
    await world.act(case, "acceptance", world.official("desk"))
    who = system(world, tax)
    (task,) = await claimed(world, who, procedure, leaseSeconds=600)
    assert (task["caseId"], task["step"], task["unit"], task["attemptsLeft"]) == (
        case,
        "HOI_THUE",
        "BP_THUE",
        2,
    )
    assert task["leaseEndsAt"] == "2026-01-05T01:40:00Z"
    assert task["case"]["form"] == {"fullName": "Trần Thị Mẫu"}
    path = f"{TASKS}/{case}/steps/HOI_THUE/documents/{sent['id']}/content"
    content = await world.http.get(path, params={"lease": task["lease"]}, headers=who)
    assert content.content == b"%PDF-1.7 from the applicant"
    answer = await world.send(b"%PDF-1.7 what is owed", headers=who)
    done = await do(
        world,
        who,
        task,
        "completion",
        note="Không nợ thuế.",
        documents=[{"document": "GIAY_THUE", "id": answer["id"]}],
    )
    assert done.status_code == 201, done.text
    assert [one["step"] for one in done.json()["tasks"]] == ["THU_LY"]
    assert [one["document"] for one in done.json()["attachments"]] == ["GIAY_TO", "GIAY_THUE"]
    log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
    last = log["entries"][-1]
    assert (last["act"]["kind"], last["act"]["unit_agency"], last["act"]["note"]) == (
        "task_completed",
        tax,
        "Không nợ thuế.",
    )
    assert (last["by"]["kind"], last["by"]["subject"], log["sound"]) == ("client", "tax-system", True)
    assert (await do(world, who, task, "completion")).json()["type"] == "/problems/lease-lost"


async def test_the_person_is_told_of_each_look_of_a_system_and_of_the_unit_that_it_works_for(
    world: Any, tax: str
) -> None:
    procedure, (case,) = await file(world, tax)
    who = system(world, tax)
    (task,) = await claimed(world, who, procedure)
    await world.http.get(f"{TASKS}/{case}/steps/HOI_THUE", params={"lease": task["lease"]}, headers=who)
    await do(world, who, task, "completion")
    looks = [row.payload for row in await world.told("procedures.access.v1", "agency", tax)]
    assert [(look["purpose"], look["readerKind"], look["units"]) for look in looks] == [
        ("handling", "client", ["BP_THUE"]),
        ("case", "client", ["BP_THUE"]),
        ("handling", "client", ["BP_THUE"]),
    ]
    assert {seen["caseId"] for look in looks for seen in look["cases"]} == {case}


async def test_a_system_sees_a_case_only_while_it_holds_a_task_of_it(world: Any, tax: str) -> None:
    procedure, (case,) = await file(world, tax)
    who = system(world, tax)
    (task,) = await claimed(world, who, procedure)
    path, held = f"{TASKS}/{case}/steps/HOI_THUE", {"lease": task["lease"]}
    assert (await world.http.get(path, params=held, headers=who)).status_code == 200
    for other in (system(world, tax, "another"), system(world, "H99.01")):
        assert (await world.http.get(path, params=held, headers=other)).status_code == 409
    world.clock.advance(timedelta(seconds=300))
    assert (await world.http.get(path, params=held, headers=who)).status_code == 409


async def test_one_that_dies_loses_its_task_to_another_and_cannot_answer_any_more(
    world: Any, tax: str
) -> None:
    procedure, (case,) = await file(world, tax)
    dead, other = system(world, tax), system(world, tax, "another")
    (lost,) = await claimed(world, dead, procedure, leaseSeconds=60)
    assert await claimed(world, other, procedure) == []
    world.clock.advance(timedelta(seconds=60))
    (task,) = await claimed(world, other, procedure)
    assert (await do(world, dead, lost, "completion")).status_code == 409
    assert (await do(world, other, task, "completion")).status_code == 201
    assert Counter(await kinds(world, case))["task_completed"] == 1


async def test_a_lease_is_extended_and_given_back(world: Any, tax: str) -> None:
    procedure, _ = await file(world, tax)
    who, other = system(world, tax), system(world, tax, "another")
    (task,) = await claimed(world, who, procedure, leaseSeconds=60)
    extended = await do(world, who, task, "extension", leaseSeconds=3600)
    assert (extended.status_code, extended.json()["freeAt"]) == (201, "2026-01-05T02:30:00Z")
    world.clock.advance(timedelta(minutes=30))
    assert await claimed(world, other, procedure) == []
    assert (await do(world, who, task, "release")).json()["attemptsLeft"] == 3
    assert (await do(world, who, task, "extension")).status_code == 409
    assert len(await claimed(world, other, procedure)) == 1


async def test_a_task_that_fails_rests_and_becomes_an_incident_that_an_official_resolves(
    world: Any, tax: str
) -> None:
    procedure, (case,) = await file(world, tax)
    who, official = system(world, tax), world.official("tax", tax)
    for left, rest in ((2, 60), (1, 120)):
        (task,) = await claimed(world, who, procedure)
        failed = await do(world, who, task, "failure", message="Ông Nam không có mã số thuế.")
        assert failed.json() == {
            "attemptsLeft": left,
            "freeAt": (world.clock.now() + timedelta(seconds=rest)).isoformat().replace("+00:00", "Z"),
            "incident": None,
        }
        assert await claimed(world, who, procedure) == []
        world.clock.advance(timedelta(seconds=rest))
    (task,) = await claimed(world, who, procedure)
    failed = await do(world, who, task, "failure", message="Ông Nam không có mã số thuế.")
    world.clock.advance(timedelta(days=2))
    assert await claimed(world, who, procedure) == []
    (listed,) = (await world.http.get(f"{TASKS}/incidents", headers=official)).json()["items"]
    assert (listed["incident"], listed["cause"], listed["message"]) == (
        failed.json()["incident"],
        "failed",
        "Ông Nam không có mã số thuế.",
    )
    async with world.database.reading() as tx:
        kept = (await tx.execute(select(external_tasks).where(external_tasks.c.case_id == case))).one()
    assert "Nam" not in kept.message
    path = f"{TASKS}/{case}/steps/HOI_THUE/resolution"
    body = {"incident": listed["incident"]}
    assert (await world.http.post(path, json=body, headers=official)).status_code == 201
    assert (await world.http.post(path, json=body, headers=official)).status_code == 409
    assert (await world.http.get(f"{TASKS}/incidents", headers=official)).json()["items"] == []
    (task,) = await claimed(world, who, procedure)
    assert task["attemptsLeft"] == 2
    told = await world.told("procedures.task.v1", "caseId", case)
    assert [(row.type.split(".")[2], row.sequence) for row in told] == [
        ("opened", 1),
        ("incident_raised", 2),
        ("incident_resolved", 3),
    ]
    assert "Nam" not in str([row.payload for row in told])


async def test_a_task_whose_last_system_is_not_heard_of_again_becomes_an_incident_by_itself(
    world: Any, tax: str
) -> None:
    procedure, (case,) = await file(world, tax, steps=steps(tax, attempts=1))
    await claimed(world, system(world, tax), procedure, leaseSeconds=60)
    world.clock.advance(timedelta(seconds=59))
    assert await raise_incidents(world.database, world.clock.now()) == 0
    world.clock.advance(timedelta(seconds=1))
    assert await claimed(world, system(world, tax), procedure) == []
    async with world.app.router.lifespan_context(world.app):

        async def stuck() -> bool:
            told = await world.told("procedures.task.v1", "caseId", case)
            return [row.payload.get("cause") for row in told] == [None, "expired"]

        await eventually(stuck, what="an incident")


class TestOfficialsAndSystems:
    async def test_an_official_waits_for_a_system_that_is_at_work_or_recalls_the_task(
        self, world: Any, tax: str
    ) -> None:
        procedure, (case,) = await file(world, tax)
        who, official = system(world, tax), world.official("tax", tax)
        (task,) = await claimed(world, who, procedure)
        refused = await world.act(case, "tasks/HOI_THUE/completion", official, {})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/task-leased")
        assert refused.json()["leasedUntil"].startswith("2026-01-05T01:35:00")
        recalled = await world.http.post(f"{TASKS}/{case}/steps/HOI_THUE/recall", headers=official)
        assert (recalled.status_code, recalled.json()["cause"]) == (201, "recalled")
        assert (await do(world, who, task, "completion")).status_code == 409
        assert await claimed(world, who, procedure) == []
        done = await world.act(case, "tasks/HOI_THUE/completion", official, {})
        assert done.status_code == 201
        told = await world.told("procedures.task.v1", "caseId", case)
        assert [row.type.split(".")[2] for row in told] == ["opened", "incident_raised", "closed"]

    async def test_what_an_official_has_done_no_system_is_given(self, world: Any, tax: str) -> None:
        procedure, (case,) = await file(world, tax)
        await world.act(case, "tasks/HOI_THUE/completion", world.official("tax", tax), {})
        assert await claimed(world, system(world, tax), procedure) == []

    async def test_of_an_official_and_a_system_at_the_same_moment_one_does_it(
        self, world: Any, tax: str
    ) -> None:
        procedure, filed = await file(world, tax, 6)
        who, official = system(world, tax), world.official("tax", tax)

        async def by_system() -> None:
            for task in await claimed(world, who, procedure, max=50):
                assert (await do(world, who, task, "completion")).status_code == 201

        async def by_official(case: str) -> int:
            done = await world.act(case, "tasks/HOI_THUE/completion", official, {})
            return int(done.status_code)

        answers = await asyncio.gather(*(by_official(case) for case in filed), by_system())
        assert set(answers[:-1]) <= {201, 404, 409, 412}
        for case in filed:
            assert Counter(await kinds(world, case))["task_completed"] == 1

    async def test_a_task_cannot_be_claimed_while_the_applicant_is_waited_for(
        self, world: Any, tax: str
    ) -> None:
        procedure, (case,) = await file(world, tax)
        who = system(world, tax)
        (task,) = await claimed(world, who, procedure, leaseSeconds=60)
        items = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
        asked = await world.act(case, "supplement-request", world.official("tax", tax), items)
        assert asked.status_code == 201, asked.text
        refused = await do(world, who, task, "completion")
        assert (refused.status_code, refused.json()["nextActions"]) == (
            409,
            ["apologise", "supplement", "withdraw"],
        )
        world.clock.advance(timedelta(seconds=60))
        assert await claimed(world, who, procedure) == []
        sent = await world.send(b"%PDF-1.7 again")
        body = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}]}
        await world.act(case, "supplement", world.citizen(), body)
        (task,) = await claimed(world, who, procedure)
        assert (await do(world, who, task, "completion")).status_code == 201

    async def test_a_case_that_is_withdrawn_takes_its_task_along(self, world: Any, tax: str) -> None:
        procedure, (case,) = await file(world, tax)
        who = system(world, tax)
        (task,) = await claimed(world, who, procedure)
        await world.act(case, "withdrawal", world.citizen(), {})
        assert (await do(world, who, task, "completion")).status_code == 409
        told = await world.told("procedures.task.v1", "caseId", case)
        assert [row.type.split(".")[2] for row in told] == ["opened", "closed"]


async def test_a_claim_names_a_procedure_or_a_step_of_a_unit(world: Any, tax: str) -> None:
    procedure, _ = await file(world, tax, 2)
    who = system(world, tax)
    for body in ({}, {"unit": "BP_THUE"}, {"step": "HOI_THUE"}):
        refused = await world.http.post(f"{TASKS}/claims", json=body, headers=who)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/procedure")
    by_step = {"unit": "BP_THUE", "step": "HOI_THUE"}
    assert len((await world.http.post(f"{TASKS}/claims", json=by_step, headers=who)).json()["items"]) == 1
    assert await claimed(world, who, procedure, step="ANOTHER") == []
    assert await claimed(world, system(world, "H99.01"), procedure) == []
    assert len(await claimed(world, who, procedure, max=50)) == 1


async def test_a_step_that_a_case_comes_back_to_is_a_task_of_its_own(world: Any, tax: str) -> None:
    loop = steps(tax)
    loop[1]["transitions"] = [
        {"to": "HOI_THUE", "outcome": "again"},
        {"to": "THU_LY", "outcome": "clear"},
    ]
    procedure, _ = await file(world, tax, steps=loop)
    who = system(world, tax)
    (first,) = await claimed(world, who, procedure)
    unknown = await do(world, who, first, "completion", outcome="perhaps")
    assert (unknown.status_code, unknown.json()["outcomes"]) == (400, ["again", "clear"])
    assert (await do(world, who, first, "completion", outcome="again")).status_code == 201
    assert (await do(world, who, first, "completion", outcome="clear")).status_code == 409
    (second,) = await claimed(world, who, procedure)
    assert (await do(world, who, second, "completion", outcome="clear")).status_code == 201


async def test_a_document_that_is_not_the_systems_own_is_a_fault_and_the_task_stays_held(
    world: Any, tax: str
) -> None:
    procedure, (case,) = await file(world, tax)
    who = system(world, tax)
    (task,) = await claimed(world, who, procedure)
    theirs = await world.send(b"%PDF-1.7 of the citizen")
    refused = await do(
        world, who, task, "completion", documents=[{"document": "GIAY_THUE", "id": theirs["id"]}]
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/documents/0/id")
    assert (await do(world, who, task, "completion")).status_code == 201
    assert Counter(await kinds(world, case))["task_completed"] == 1


async def test_the_index_finds_what_is_free_without_reading_the_others(world: Any, tax: str) -> None:
    await file(world, tax)
    async with world.database.transaction() as tx:
        await tx.execute(text("SET LOCAL enable_seqscan = off"))
        for condition, index in (
            ("procedure = 'X'", "external_tasks_by_procedure_idx"),
            ("unit = 'X' AND step = 'Y'", "external_tasks_by_unit_idx"),
        ):
            query = (
                f"EXPLAIN SELECT case_id FROM external_tasks WHERE agency = 'A' AND ready AND attempts_left > 0 "
                f"AND free_at <= now() AND {condition} ORDER BY sort_at, case_id, step LIMIT 5"
            )
            plan = "\n".join((await tx.execute(text(query))).scalars())
            assert index in plan
            assert "Sort" not in plan or "Incremental" in plan
