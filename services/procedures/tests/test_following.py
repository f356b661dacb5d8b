"""What follows by rule follows everywhere: in parts of cases, in the whole that goes on, once, and with its cause."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from procedures.cases.operations import Order, accept_case
from procedures.cases.record import record
from procedures.cases.sight import Viewer
from procedures.domain.acts import SYSTEM, Actor
from procedures.domain.decision_table import graph
from procedures.domain.handling import Official
from procedures.domain.link_acts import ChildNotOpened
from procedures.links.store import locked
from procedures.tables import case_log, cases, outbox


def always(name: str, output: str, answer: str) -> dict[str, Any]:
    """A rule that answers alike whatever it is asked."""
    column = {"id": "o", "name": output, "field": output}
    content = {"hitPolicy": "first", "inputs": [], "outputs": [column], "rules": [{"_id": "0", "o": answer}]}
    return {"name": name, "table": dict(graph(content))}


GRANT, FEE = always("CHAP_THUAN", "approve", "true"), always("PHI", "amount", "20000")
NEEDED, ON = always("GIAY_TO", "document", "'SO_DO'"), always("PHAN_TUYEN", "outcome", "'short'")
AT_ONCE: dict[str, Any] = {"rules": [GRANT], "automation": {"approval": {"rule": "CHAP_THUAN", "to": None}}}
BOOK = {"code": "SO_DO", "title": {"vi": "Sổ đỏ", "en": "Land book"}, "required": False}


def step(code: str, unit: str, *to: Any, **more: Any) -> dict[str, Any]:
    ways = [way if isinstance(way, dict) else {"to": way} for way in to]
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": ways, **more}


async def publish_part(world: Any, agency: str = "H99.02", **changes: Any) -> str:
    """A procedure of another agency: received, then handed over."""
    steps = [step("NHAN", "BP_THUE", "TRA"), step("TRA", "BP_THUE", None)]
    code: str = await world.publish(
        **{"agency": agency, "first": "NHAN", "steps": steps, "documents": [], **changes}
    )
    return code


def opens(part: str) -> dict[str, Any]:
    return {"procedure": part, "form": {"fullName": "fullName"}}


def whole(part: str, **changes: Any) -> dict[str, Any]:
    """Waits for a case of another procedure; a rule then leads on past the long way."""
    ways = [{"to": "TRA_KET_QUA", "outcome": "short"}, {"to": "THAM_TRA", "outcome": "long"}]
    return {
        "steps": [
            step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
            step("HOI", "PHONG_TU_PHAP", "PHAN_LOAI", opensCase=opens(part)),
            step("PHAN_LOAI", "PHONG_TU_PHAP", *ways),
            step("THAM_TRA", "PHONG_TU_PHAP", "TRA_KET_QUA"),
            step("TRA_KET_QUA", "BP_MOT_CUA", None),
        ],
        "rules": [ON],
        "automation": {"routing": [{"step": "PHAN_LOAI", "rule": "PHAN_TUYEN"}]},
        **changes,
    }


async def view(world: Any, case: str, who: Any = None) -> Any:
    return (await world.read(case, who)).json()


def steps(seen: Any) -> list[str]:
    return [task["step"] for task in seen["tasks"]]


async def part_of(world: Any, case: str) -> Any:
    (child,) = (await view(world, case))["children"]
    return await view(world, child["id"], world.official("tax"))


def kinds(acts: list[Any]) -> list[str]:
    return [act["kind"] for act in acts]


async def test_a_part_that_a_rule_grants_ends_in_the_same_breath_and_the_whole_goes_on(world: Any) -> None:
    case = await world.accepted(**whole(await publish_part(world, **AT_ONCE)))
    part = await part_of(world, case)
    assert (part["status"], part["outcome"]) == ("closed", "granted")
    seen = await view(world, case)
    assert (steps(seen), [one["status"] for one in seen["children"]]) == (["TRA_KET_QUA"], ["closed"])
    acts = await world.acts(case)
    assert kinds(acts) == [
        "submitted",
        "accepted",
        "child_opened",
        "child_progressed",
        "task_completed",
        "rule_applied",
        "task_completed",
    ]
    told = await world.told("procedures.case.v1", "code", seen["code"])
    assert [row.sequence for row in told] == list(range(1, len(acts) + 1))


async def test_a_part_is_asked_for_its_fee_and_granted_once_that_is_waived(world: Any) -> None:
    demand = {"at": "submission", "rule": "PHI", "stopsClock": True}
    part = await publish_part(world, **{**AT_ONCE, "rules": [GRANT, FEE]}, feeDemand=demand)
    case = await world.accepted(**whole(part))
    child = await part_of(world, case)
    assert (child["status"], [fee["amount"] for fee in child["fees"]]) == ("submitted", [20000])
    assert steps(await view(world, case)) == ["HOI"]
    waived = {"reason": "Hộ nghèo.", "legalGround": "Luật Phí và lệ phí, Điều 10"}
    answer = await world.act(child["id"], "fees/1/exemption", world.official("tax"), waived)
    assert answer.status_code == 201, answer.text
    assert steps(await view(world, case)) == ["TRA_KET_QUA"]
    asked = [applied["purpose"] for applied in (await part_of(world, case))["rulesApplied"]]
    assert asked == ["fee", "approval"]


@pytest.mark.parametrize("by", ["always", "rule"])
async def test_a_part_without_its_documents_is_not_granted_by_rule(world: Any, by: str) -> None:
    automation = {**AT_ONCE["automation"], "completeness": "GIAY_TO"}
    book = {**BOOK, "required": by == "always"}
    needed = NEEDED if by == "rule" else always("GIAY_TO", "document", "[]")
    part = await publish_part(world, documents=[book], rules=[GRANT, needed], automation=automation)
    case = await world.accepted(**whole(part))
    child = await part_of(world, case)
    assert child["status"] == "submitted"
    assert [(one["purpose"], one["failure"]) for one in child["rulesApplied"]] == [
        ("completeness", None),
        ("approval", "documents_missing"),
    ]
    await world.act(child["id"], "acceptance", world.official("tax"))
    assert len((await part_of(world, case))["rulesApplied"]) == 2


async def test_when_people_end_a_part_rules_lead_the_whole_on_from_its_next_step(world: Any) -> None:
    case, tax = await world.accepted(**whole(await publish_part(world))), world.official("tax")
    part = (await part_of(world, case))["id"]
    await world.act(part, "acceptance", tax)
    await world.act(part, "decision", tax, {"outcome": "granted", "reason": "Đúng."})
    assert steps(await view(world, case)) == ["HOI"]
    await world.act(part, "tasks/TRA/completion", tax, {})
    seen = await view(world, case)
    assert (steps(seen), len(seen["rulesApplied"])) == (["TRA_KET_QUA"], 1)
    justice = world.official("justice")
    await world.act(case, "decision", justice, {"outcome": "granted", "reason": "Đúng."})
    assert kinds(await world.acts(case)).count("rule_applied") == 1


async def test_a_rule_leads_on_from_a_step_that_waits_for_a_part_only_once_that_has_ended(world: Any) -> None:
    part, tax = await publish_part(world), world.official("tax")
    body = whole(part, rules=[ON, always("HOI", "outcome", "'on'")])
    to = [{"to": "PHAN_LOAI", "outcome": "on"}, {"to": "TRA_KET_QUA", "outcome": "off"}]
    body["steps"][1]["transitions"] = to
    body["automation"]["routing"].append({"step": "HOI", "rule": "HOI"})
    case = await world.accepted(**body)
    seen = await view(world, case)
    assert (steps(seen), seen["rulesApplied"]) == (["HOI"], [])
    (child,) = seen["children"]
    refusal = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
    await world.act(child["id"], "refusal", tax, refusal)
    seen = await view(world, case)
    assert [one["step"] for one in seen["rulesApplied"]] == ["HOI", "PHAN_LOAI"]
    assert (steps(seen), [one["status"] for one in seen["children"]]) == (["TRA_KET_QUA"], ["refused"])


async def test_an_appeal_must_bring_the_documents_that_the_rule_calls_for(world: Any) -> None:
    complaints = await publish_part(
        world, documents=[BOOK], rules=[NEEDED], automation={"completeness": "GIAY_TO"}
    )
    case = await world.accepted(appeal={"procedure": complaints})
    rejected = {"outcome": "rejected", "reason": "Thiếu điều kiện.", "legalGround": "Điều 17"}
    await world.act(case, "decision", world.official("justice"), rejected)
    body: dict[str, Any] = {"form": {"fullName": "Trần Thị Mẫu"}}
    refused = await world.act(case, "appeals", world.citizen(), body)
    faults = [(fault["pointer"], fault["code"]) for fault in refused.json()["errors"]]
    assert (refused.status_code, faults) == (400, [("/documents", "document_missing")])
    body["documents"] = [{"document": "SO_DO", "id": (await world.send(b"%PDF-1.7 sample"))["id"]}]
    filed = await world.act(case, "appeals", world.citizen(), body)
    assert filed.status_code == 201, filed.text
    assert kinds(await world.acts(filed.json()["id"])) == ["submitted", "rule_applied"]


async def test_cases_that_move_to_a_version_whose_rules_know_the_way_are_led_on(
    world: Any, definition: Any
) -> None:
    desk, code = world.official("desk"), await world.publish()
    filed = [(await world.submit(code))["id"] for _ in range(2)]
    await world.act(filed[0], "acceptance", desk)
    way = always("PHAN_TUYEN", "outcome", "'done'")
    routing = {"routing": [{"step": "THU_LY", "rule": "PHAN_TUYEN"}]}
    body = definition(code=code, rules=[way], automation=routing)
    await world.http.post("/procedures/v1/procedures", json=body, headers=desk)
    version, tag = f"/procedures/v1/procedures/{code}/versions/2", {**desk, "if-match": "*"}
    await world.http.post(f"{version}/publication", headers=tag)
    planned = await world.http.post(f"{version}/migrations", json={"fromVersion": 1}, headers=desk)
    tag["if-match"] = planned.headers["etag"]
    moved = await world.http.post(f"{planned.headers['location']}/execution", json={}, headers=tag)
    assert moved.status_code == 201, moved.text
    assert [steps(await view(world, case)) for case in filed] == [["TRA_KET_QUA"], ["TIEP_NHAN"]]
    assert kinds(await world.acts(filed[0]))[-3:] == ["migrated", "rule_applied", "task_completed"]


async def number_of(world: Any, table: Any) -> int:
    async with world.database.reading() as tx:
        return int((await tx.execute(select(func.count()).select_from(table))).scalar_one())


async def test_what_follows_is_undone_with_what_it_follows_from(world: Any) -> None:
    part = await publish_part(world, **AT_ONCE)
    case = (await world.submit(await world.publish(**whole(part))))["id"]
    before = [await number_of(world, table) for table in (cases, case_log, outbox)]
    desk, who = world.app.state.desk, Official("H99.01", frozenset({("BP_MOT_CUA", "TIEP_NHAN")}))
    order = Order(
        UUID(case),
        Actor("desk", "official", "H99.01"),
        Viewer("desk", "H99.01"),
        desk.versions,
        world.clock.now(),
        "*",
        who,
    )
    async with world.database.transaction() as tx:
        after = await accept_case(tx, order, who)
        assert [task.step for task in after.case.tasks] == ["TRA_KET_QUA"]
        await tx.rollback()
    assert [await number_of(world, table) for table in (cases, case_log, outbox)] == before
    assert (await view(world, case))["status"] == "submitted"


async def test_cases_that_open_parts_by_turns_do_not_wait_for_each_others_numbers(world: Any) -> None:
    tax, land = [await publish_part(world, agency, **AT_ONCE) for agency in ("H99.02", "H99.03")]

    def one_after_the_other(first: str, second: str) -> dict[str, Any]:
        asked = step("HOI_NUA", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens(second))
        reception, ask, *_, last = whole(first)["steps"]
        ask["transitions"] = [{"to": "HOI_NUA"}]
        return {"steps": [reception, ask, asked, last]}

    codes = [await world.publish(**one_after_the_other(*pair)) for pair in ((tax, land), (land, tax))]
    filed = [(await world.submit(code))["id"] for code in codes * 4]
    answers = await asyncio.gather(*(world.act(case, "acceptance", world.official("desk")) for case in filed))
    assert [answer.status_code for answer in answers] == [201] * len(filed)
    for answer in answers:
        seen = answer.json()
        assert (steps(seen), len(seen["children"])) == (["TRA_KET_QUA"], 2)


async def test_many_cases_in_which_nothing_follows_are_recorded_without_a_query_for_each(world: Any) -> None:
    code = await world.publish(**{**whole(await publish_part(world)), "documents": [BOOK]})
    ids = [(await world.submit(code))["id"] for _ in range(12)]

    async def statements(of: list[str]) -> int:
        counted: list[str] = []
        async with world.database.transaction() as tx:
            found = await locked(tx, of)
            driver = tx.sync_connection

            def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
                counted.append(statement)

            event.listen(driver, "before_cursor_execute", count)
            act = ChildNotOpened("HOI", code, "procedure-not-in-force")
            await record(tx, SYSTEM, world.clock.now(), [(stored, [act]) for stored in found])
            event.remove(driver, "before_cursor_execute", count)
        return len(counted)

    assert await statements(ids[:2]) == await statements(ids[2:])
