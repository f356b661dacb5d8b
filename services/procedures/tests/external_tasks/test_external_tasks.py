"""Systems of agencies do steps of cases: each task is one system's at a time, and done once."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update

from procedures.external_tasks.operations import raise_incidents
from procedures.external_tasks.systems import learn_system
from procedures.officials.operations import learn_official
from procedures.tables import cases, external_tasks
from shared.events.identity import ClientChanged, OfficialAppointed, Post
from shared.ids import new_id
from shared.testing import eventually

TASKS = "/procedures/v1/external-tasks"


async def test_a_case_that_cannot_be_read_keeps_systems_from_no_other(world: Any, tax: Any) -> None:
    procedure, (broken, sound) = await tax.file(2)

    async def put(status: str) -> None:
        async with world.database.transaction() as tx:
            state = cases.c.state.concat({"status": status})
            await tx.execute(update(cases).where(cases.c.id == broken).values(state=state))

    await put("lost")
    claimed = await tax.claimed(tax.system(), procedure, max=2)
    await put("accepted")
    assert [task["caseId"] for task in claimed] == [sound]


async def test_a_system_claims_a_task_reads_the_case_and_completes_it_with_documents(
    world: Any, tax: Any
) -> None:
    sent = await world.send(b"%PDF-1.7 from the applicant")
    procedure = await world.publish(steps=tax.steps())
    enclosed = [{"document": "GIAY_TO", "id": sent["id"]}]
    case = str((await world.submit(procedure, documents=enclosed))["id"])
    await world.act(case, "acceptance", world.official("desk"))
    who = tax.system()
    (task,) = await tax.claimed(who, procedure, leaseSeconds=600)
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
    done = await tax.do(
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
        tax.agency,
        "Không nợ thuế.",
    )
    assert (last["by"]["kind"], last["by"]["subject"], log["sound"]) == ("client", "tax-system", True)
    assert (await tax.do(who, task, "completion")).json()["type"] == "/problems/lease-lost"


async def test_the_person_is_told_of_each_look_of_a_system_and_of_the_unit_that_it_works_for(
    world: Any, tax: Any
) -> None:
    procedure, (case,) = await tax.file()
    who = tax.system()
    (task,) = await tax.claimed(who, procedure)
    await world.http.get(f"{TASKS}/{case}/steps/HOI_THUE", params={"lease": task["lease"]}, headers=who)
    await tax.do(who, task, "completion")
    looks = [row.payload for row in await world.told("procedures.access.v1", "agency", tax.agency)]
    assert [(look["purpose"], look["readerKind"], look["units"]) for look in looks] == [
        ("handling", "client", ["BP_THUE"]),
        ("case", "client", ["BP_THUE"]),
        ("handling", "client", ["BP_THUE"]),
    ]
    assert {seen["caseId"] for look in looks for seen in look["cases"]} == {case}


async def test_a_system_sees_a_case_only_while_it_holds_a_task_of_it(world: Any, tax: Any) -> None:
    procedure, (case,) = await tax.file()
    who = tax.system()
    (task,) = await tax.claimed(who, procedure)
    path, held = f"{TASKS}/{case}/steps/HOI_THUE", {"lease": task["lease"]}
    assert (await world.http.get(path, params=held, headers=who)).status_code == 200
    for other in (tax.system("another"), tax.system(agency="H99.01")):
        assert (await world.http.get(path, params=held, headers=other)).status_code == 409
    world.clock.advance(timedelta(seconds=300))
    assert (await world.http.get(path, params=held, headers=who)).status_code == 409


async def test_one_that_dies_loses_its_task_to_another_and_cannot_answer_any_more(
    world: Any, tax: Any
) -> None:
    procedure, (case,) = await tax.file()
    dead, other = tax.system(), tax.system("another")
    (lost,) = await tax.claimed(dead, procedure, leaseSeconds=60)
    assert await tax.claimed(other, procedure) == []
    world.clock.advance(timedelta(seconds=60))
    (task,) = await tax.claimed(other, procedure)
    assert (await tax.do(dead, lost, "completion")).status_code == 409
    assert (await tax.do(other, task, "completion")).status_code == 201
    assert Counter(await tax.kinds(case))["task_completed"] == 1


async def test_a_system_does_not_pass_over_the_decision_that_the_leader_takes(world: Any, tax: Any) -> None:
    received, asked, processed = tax.steps()
    signs = {**asked, "code": "KY_DUYET", "unit": "LANH_DAO", "agency": None, "decides": True}
    procedure, (case,) = await tax.file(
        steps=[{**received, "transitions": [{"to": "KY_DUYET"}]}, signs, processed]
    )
    who = tax.system(agency="H99.01")
    (task,) = await tax.claimed(who, procedure)
    early = await tax.do(who, task, "completion")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/decision-missing")
    leader = world.bearer(
        "procedures:cases:read procedures:cases:process", kind="official", agency="H99.01", posts=[("LANH_DAO", "KY")]
    )  # fmt: skip
    await world.act(case, "decision", leader, {"outcome": "granted", "reason": "Đủ."})
    assert (await tax.do(who, task, "completion")).status_code == 201


async def test_a_lease_is_extended_and_given_back(world: Any, tax: Any) -> None:
    procedure, _ = await tax.file()
    who, other = tax.system(), tax.system("another")
    (task,) = await tax.claimed(who, procedure, leaseSeconds=60)
    extended = await tax.do(who, task, "extension", leaseSeconds=3600)
    assert (extended.status_code, extended.json()["freeAt"]) == (201, "2026-01-05T02:30:00Z")
    world.clock.advance(timedelta(minutes=30))
    assert await tax.claimed(other, procedure) == []
    assert (await tax.do(who, task, "release")).json()["attemptsLeft"] == 3
    assert (await tax.do(who, task, "extension")).status_code == 409
    assert len(await tax.claimed(other, procedure)) == 1


async def test_a_task_that_fails_rests_and_becomes_an_incident_that_an_official_resolves(
    world: Any, tax: Any
) -> None:
    procedure, (case,) = await tax.file()
    who, official = tax.system(), tax.official()
    for left, rest in ((2, 60), (1, 120)):
        (task,) = await tax.claimed(who, procedure)
        failed = await tax.do(who, task, "failure", message="Ông Nam không có mã số thuế.")
        assert failed.json() == {
            "attemptsLeft": left,
            "freeAt": (world.clock.now() + timedelta(seconds=rest)).isoformat().replace("+00:00", "Z"),
            "incident": None,
        }
        assert await tax.claimed(who, procedure) == []
        world.clock.advance(timedelta(seconds=rest))
    (task,) = await tax.claimed(who, procedure)
    failed = await tax.do(who, task, "failure", message="Ông Nam không có mã số thuế.")
    world.clock.advance(timedelta(days=2))
    assert await tax.claimed(who, procedure) == []
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
    (task,) = await tax.claimed(who, procedure)
    assert task["attemptsLeft"] == 2
    told = await world.told("procedures.task.v1", "caseId", case)
    assert [(row.type.split(".")[2], row.sequence) for row in told] == [
        ("opened", 1),
        ("incident_raised", 2),
        ("incident_resolved", 3),
    ]
    assert "Nam" not in str([row.payload for row in told])


async def test_a_task_whose_last_system_is_not_heard_of_again_becomes_an_incident_by_itself(
    world: Any, tax: Any
) -> None:
    procedure, (case,) = await tax.file(steps=tax.steps(attempts=1))
    await tax.claimed(tax.system(), procedure, leaseSeconds=60)
    world.clock.advance(timedelta(seconds=59))
    assert await raise_incidents(world.database, world.clock.now()) == 0
    world.clock.advance(timedelta(seconds=1))
    assert await tax.claimed(tax.system(), procedure) == []
    async with world.app.router.lifespan_context(world.app):

        async def stuck() -> bool:
            told = await world.told("procedures.task.v1", "caseId", case)
            return [row.payload.get("cause") for row in told] == [None, "expired"]

        await eventually(stuck, what="an incident")


class TestOfficialsAndSystems:
    async def test_an_official_waits_for_a_system_that_is_at_work_or_recalls_the_task(
        self, world: Any, tax: Any
    ) -> None:
        procedure, (case,) = await tax.file()
        who, official = tax.system(), tax.official()
        (task,) = await tax.claimed(who, procedure)
        refused = await world.act(case, "tasks/HOI_THUE/completion", official, {})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/task-leased")
        assert refused.json()["leasedUntil"].startswith("2026-01-05T01:35:00")
        recalled = await world.http.post(f"{TASKS}/{case}/steps/HOI_THUE/recall", headers=official)
        assert (recalled.status_code, recalled.json()["cause"]) == (201, "recalled")
        assert (await tax.do(who, task, "completion")).status_code == 409
        assert await tax.claimed(who, procedure) == []
        done = await world.act(case, "tasks/HOI_THUE/completion", official, {})
        assert done.status_code == 201
        assert await tax.told(case) == ["opened", "incident_raised", "closed"]

    async def test_what_an_official_has_done_no_system_is_given(self, world: Any, tax: Any) -> None:
        procedure, (case,) = await tax.file()
        await world.act(case, "tasks/HOI_THUE/completion", tax.official(), {})
        assert await tax.claimed(tax.system(), procedure) == []

    async def test_of_an_official_and_a_system_at_the_same_moment_one_does_it(
        self, world: Any, tax: Any
    ) -> None:
        procedure, filed = await tax.file(6)
        who, official = tax.system(), tax.official()

        async def by_system() -> None:
            for task in await tax.claimed(who, procedure, max=50):
                assert (await tax.do(who, task, "completion")).status_code == 201

        async def by_official(case: str) -> int:
            done = await world.act(case, "tasks/HOI_THUE/completion", official, {})
            return int(done.status_code)

        answers = await asyncio.gather(*(by_official(case) for case in filed), by_system())
        assert set(answers[:-1]) <= {201, 404, 409, 412}
        for case in filed:
            assert Counter(await tax.kinds(case))["task_completed"] == 1

    async def test_a_task_cannot_be_claimed_while_the_applicant_is_waited_for(
        self, world: Any, tax: Any
    ) -> None:
        procedure, (case,) = await tax.file()
        who = tax.system()
        (task,) = await tax.claimed(who, procedure, leaseSeconds=60)
        items = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
        asked = await world.act(case, "supplement-request", tax.official(), items)
        assert asked.status_code == 201, asked.text
        refused = await tax.do(who, task, "completion")
        assert refused.status_code == 409
        assert "supplement" in refused.json()["nextActions"]
        world.clock.advance(timedelta(seconds=60))
        assert await tax.claimed(who, procedure) == []
        sent = await world.send(b"%PDF-1.7 again")
        body = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}]}
        await world.act(case, "supplement", world.citizen(), body)
        (task,) = await tax.claimed(who, procedure)
        assert (await tax.do(who, task, "completion")).status_code == 201

    async def test_a_step_that_is_exempt_is_given_and_done_while_the_applicant_is_asked(
        self, world: Any, tax: Any
    ) -> None:
        steps = tax.steps()
        steps[1]["exempt"] = True
        procedure, (case,) = await tax.file(steps=steps)
        items = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
        await world.act(case, "supplement-request", tax.official(), items)
        (task,) = await tax.claimed(tax.system(), procedure)
        assert (await tax.do(tax.system(), task, "completion")).status_code == 201
        assert (await world.read(case)).json()["status"] == "supplement_requested"

    async def test_a_case_that_is_withdrawn_takes_its_task_along(self, world: Any, tax: Any) -> None:
        procedure, (case,) = await tax.file()
        who = tax.system()
        (task,) = await tax.claimed(who, procedure)
        await world.act(case, "withdrawal", world.citizen(), {})
        assert (await tax.do(who, task, "completion")).status_code == 409
        assert await tax.told(case) == ["opened", "closed"]


async def test_a_claim_names_a_procedure_or_a_step_of_a_unit(world: Any, tax: Any) -> None:
    procedure, _ = await tax.file(2)
    who = tax.system()
    for body in ({}, {"unit": "BP_THUE"}, {"step": "HOI_THUE"}):
        refused = await world.http.post(f"{TASKS}/claims", json=body, headers=who)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/procedure")
    by_step = {"unit": "BP_THUE", "step": "HOI_THUE"}
    assert len((await world.http.post(f"{TASKS}/claims", json=by_step, headers=who)).json()["items"]) == 1
    assert await tax.claimed(who, procedure, step="ANOTHER") == []
    assert await tax.claimed(tax.system(agency="H99.01"), procedure) == []
    assert len(await tax.claimed(who, procedure, max=50)) == 1


async def test_a_step_that_a_case_comes_back_to_is_a_task_of_its_own(world: Any, tax: Any) -> None:
    loop = tax.steps()
    loop[1]["transitions"] = [
        {"to": "HOI_THUE", "outcome": "again"},
        {"to": "THU_LY", "outcome": "clear"},
    ]
    procedure, _ = await tax.file(steps=loop)
    who = tax.system()
    (first,) = await tax.claimed(who, procedure)
    unknown = await tax.do(who, first, "completion", outcome="perhaps")
    assert (unknown.status_code, unknown.json()["outcomes"]) == (400, ["again", "clear"])
    assert (await tax.do(who, first, "completion", outcome="again")).status_code == 201
    assert (await tax.do(who, first, "completion", outcome="clear")).status_code == 409
    (second,) = await tax.claimed(who, procedure)
    assert (await tax.do(who, second, "completion", outcome="clear")).status_code == 201


async def test_a_document_that_is_not_the_systems_own_is_a_fault_and_the_task_stays_held(
    world: Any, tax: Any
) -> None:
    procedure, (case,) = await tax.file()
    who = tax.system()
    (task,) = await tax.claimed(who, procedure)
    theirs = await world.send(b"%PDF-1.7 of the citizen")
    refused = await tax.do(who, task, "completion", documents=[{"document": "GIAY_THUE", "id": theirs["id"]}])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/documents/0/id")
    assert (await tax.do(who, task, "completion")).status_code == 201
    assert Counter(await tax.kinds(case))["task_completed"] == 1


async def test_the_index_finds_what_is_free_without_reading_the_others(world: Any, tax: Any) -> None:
    await tax.file()
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


async def test_the_linter_knows_from_identity_which_agencies_have_a_system_for_it(
    world: Any, tax: Any
) -> None:
    async def warned() -> bool:
        body = {
            "code": f"MAU-{new_id().hex[-6:].upper()}",
            "title": {"vi": "Mẫu", "en": "Sample"},
            "agency": "H99.01",
            "term": {"kind": "none"},
            "first": "TIEP_NHAN",
            "steps": tax.steps(),
        }
        drafted = await world.http.post(
            "/procedures/v1/procedures", json=body, headers=world.official("desk")
        )
        assert drafted.status_code == 201, drafted.text
        return "external_without_system" in {one["code"] for one in drafted.json()["findings"]}

    async def tell(sequence: int, client: str, agency: str, *scopes: str, enabled: bool = True) -> None:
        event = ClientChanged(client=client, kind="client", agency=agency, scopes=scopes, enabled=enabled)
        async with world.database.transaction() as tx:
            await learn_system(tx, sequence, event)

    await tell(1, f"reader-{tax.agency}", tax.agency, "procedures:cases:read")
    assert await warned()
    await tell(2, f"worker-{tax.agency}", tax.agency, "procedures:tasks:work")
    assert not await warned()
    await tell(3, f"worker-{tax.agency}", tax.agency, "procedures:tasks:work", enabled=False)
    await tell(2, f"worker-{tax.agency}", tax.agency, "procedures:tasks:work")
    assert await warned()


async def test_the_task_that_is_due_next_is_given_first_also_when_a_case_was_dated_anew(
    world: Any, tax: Any
) -> None:
    procedure, (first,) = await tax.file()
    world.clock.advance(timedelta(hours=1))
    second = await tax.another(procedure)
    items = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
    await world.act(first, "supplement-request", tax.official(), items)
    world.clock.advance(timedelta(days=7))
    sent = await world.send(b"%PDF-1.7 again")
    body = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}]}
    await world.act(first, "supplement", world.citizen(), body)
    found = await tax.claimed(tax.system(), procedure, max=2)
    assert [task["caseId"] for task in found] == [second, first]
    due = {case: (await world.read(case)).json()["tasks"][0]["dueAt"] for case in (first, second)}
    assert {task["caseId"]: task["dueAt"] for task in found} == due


async def test_a_running_case_that_moves_to_a_version_with_such_a_step_has_a_task_for_systems(
    world: Any, tax: Any, definition: Any
) -> None:
    by_hand = [{**step, "external": None} for step in tax.steps()]
    procedure, (case,) = await tax.file(steps=by_hand)
    assert await tax.claimed(tax.system(), procedure) == []
    editor = world.official("desk")
    version = {**definition(code=procedure), "steps": tax.steps()}
    drafted = await world.http.post("/procedures/v1/procedures", json=version, headers=editor)
    published = f"{drafted.headers['location']}/publication"
    await world.http.post(published, headers={**editor, "if-match": "*"})
    planned = await world.http.post(
        f"{drafted.headers['location']}/migrations", json={"fromVersion": 1}, headers=editor
    )
    moved = await world.http.post(
        f"{planned.headers['location']}/execution", json={}, headers={**editor, "if-match": "*"}
    )
    assert moved.status_code == 201, moved.text
    (task,) = await tax.claimed(tax.system(), procedure)
    assert task["caseId"] == case
    assert await tax.told(case) == ["opened"]


async def test_what_was_claimed_under_a_delegation_that_has_ended_is_offered_to_systems_again(
    world: Any, tax: Any
) -> None:
    procedure, (case,) = await tax.file()
    posts = [("BP_THUE", "XU_LY")]
    boss, deputy, now = str(new_id()), str(new_id()), world.clock.now()
    held = tuple(Post(unit=unit, role=role) for unit, role in posts)
    async with world.database.transaction() as tx:
        for subject in (boss, deputy):
            await learn_official(tx, subject, 1, OfficialAppointed(agency=tax.agency, posts=held), now)
    scope = "procedures:cases:read procedures:cases:process"
    giving, taking = (
        world.bearer(scope, subject=subject, kind="official", agency=tax.agency, posts=posts)
        for subject in (boss, deputy)
    )
    lent = await world.http.post(
        "/procedures/v1/delegations",
        json={
            "delegate": deputy,
            "posts": [{"unit": unit, "role": role} for unit, role in posts],
            "beginsAt": now.isoformat(),
            "endsAt": (now + timedelta(days=1)).isoformat(),
            "reason": "Nghỉ phép năm.",
        },
        headers=giving,
    )
    place = f"/procedures/v1/cases/{case}/tasks/HOI_THUE/claim"
    claimed = await world.http.post(place, headers={**taking, "acting-for": lent.json()["id"]})
    assert claimed.status_code == 201, claimed.text
    assert not await tax.claimed(tax.system(), procedure)
    world.clock.advance(timedelta(days=1))
    assert [task["caseId"] for task in await tax.claimed(tax.system(), procedure)] == [case]
