"""Cases of which other agencies handle a part: opened, followed, counted once, never waiting in a ring."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from procedures.cases.soundness import verify_cases
from shared.ids import new_id

LAND = {
    "code": "GIAY",
    "title": {"vi": "Trích lục", "en": "Extract"},
    "symbol": "TL",
    "template": "Thửa đất.",
}


def step(code: str, unit: str, to: str | None, **more: Any) -> dict[str, Any]:
    ways = more.pop("transitions", [{"to": to}])
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": ways, **more}


LAND_STEPS = [step("TIEP_NHAN", "BP_THUE", "TRA"), step("TRA", "BP_THUE", None)]
LAND_FORM = {
    "type": "object",
    "properties": {"owner": {"type": "string", "minLength": 1}, "plot": {"type": "string"}},
    "required": ["owner"],
    "additionalProperties": False,
}


async def publish_land(world: Any, **changes: Any) -> str:
    """A procedure of the other agency (the tax office stands for it): received, decided, handed over."""
    code: str = await world.publish(
        **{"agency": "H99.02", "form": LAND_FORM, "steps": LAND_STEPS, "first": "TIEP_NHAN", **changes}
    )
    return code


def parent_steps(child: str, **more: Any) -> list[dict[str, Any]]:
    opens = {"procedure": child, "form": {"owner": "fullName"}}
    return [
        step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
        step("HOI", "PHONG_TU_PHAP", "TRA_KET_QUA", opensCase=opens, **more),
        step("TRA_KET_QUA", "BP_MOT_CUA", None),
    ]


async def accepted(world: Any, **changes: Any) -> str:
    """A case of which the land office handles a part; its id."""
    land = await publish_land(world)
    case: str = (await world.submit(await world.publish(steps=parent_steps(land, **changes))))["id"]
    answer = await world.act(case, "acceptance", world.official("desk"))
    assert answer.status_code == 201, answer.text
    return case


async def view(world: Any, case: str, headers: Any = None) -> Any:
    return (await world.read(case, headers)).json()


async def land_does(world: Any, child: str, command: str, body: Any = None) -> Any:
    tax = world.official("tax")
    etag = (await world.read(child, tax)).headers["etag"]
    answer = await world.http.post(
        f"/procedures/v1/cases/{child}/{command}", json=body, headers={**tax, "if-match": etag}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def end(world: Any, child: str, outcome: str = "granted") -> None:
    await land_does(world, child, "acceptance")
    body = {"outcome": outcome, "reason": "Đúng.", "legalGround": "Điều 19"}
    await land_does(world, child, "decision", body)
    await land_does(world, child, "tasks/TRA/completion", {})


async def test_a_step_opens_a_case_of_another_agency_with_what_the_applicant_said(world: Any) -> None:
    case = await accepted(world)
    (child,) = (await view(world, case))["children"]
    assert (child["agency"], child["step"], child["status"]) == ("H99.02", "HOI", "submitted")
    seen = await view(world, child["id"], world.official("tax"))
    assert seen["form"] == {"owner": "Trần Thị Mẫu"}
    assert seen["link"] == {
        "kind": "child",
        "id": case,
        "code": (await view(world, case))["code"],
    }


async def test_the_parent_follows_its_part_and_its_step_is_done_when_that_ends(world: Any) -> None:
    case = await accepted(world)
    (child,) = (await view(world, case))["children"]
    refused = await world.act(case, "tasks/HOI/completion", world.official("justice"), {})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/child-still-running")
    await land_does(world, child["id"], "acceptance")
    assert [one["status"] for one in (await view(world, case))["children"]] == ["accepted"]
    await land_does(world, child["id"], "decision", {"outcome": "granted", "reason": "Đúng."})
    await land_does(world, child["id"], "tasks/TRA/completion", {})
    after = await view(world, case)
    (child,) = after["children"]
    assert (child["status"], child["outcome"]) == ("closed", "granted")
    assert [task["step"] for task in after["tasks"]] == ["TRA_KET_QUA"]


async def test_to_the_citizen_it_stays_one_case_with_one_code(world: Any) -> None:
    case = await accepted(world)
    whole = await view(world, case)
    (child,) = whole["children"]
    await land_does(world, child["id"], "acceptance")
    listed = (await world.http.get("/procedures/v1/cases", headers=world.citizen())).json()["items"]
    assert [one["id"] for one in listed] == [case]
    (seen_by_agency,) = (await view(world, case, world.official("justice")))["children"]
    assert not any(part.get("code") for one in (whole, *listed) for part in one["children"])
    told = await world.told("procedures.case.v1", "code", seen_by_agency["code"])
    assert {row.payload["parent"] for row in told} == {whole["code"]}
    assert {
        row.payload["parent"] for row in await world.told("procedures.case.v1", "code", whole["code"])
    } == {None}
    refused = await world.act(child["id"], "withdrawal", world.citizen(), {})
    assert (refused.status_code, refused.json()["filedAs"]) == (409, whole["code"])


async def test_tracking_shows_how_far_the_part_is(world: Any) -> None:
    land = await publish_land(world)
    receipt = await world.submit(await world.publish(steps=parent_steps(land)))
    await world.act(receipt["id"], "acceptance", world.official("desk"))
    (child,) = (await view(world, receipt["id"]))["children"]
    await land_does(world, child["id"], "acceptance")
    body = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
    seen = (await world.http.post("/procedures/v1/tracking", json=body)).json()
    assert [(part["agency"], part["status"]) for part in seen["parts"]] == [("H99.02", "accepted")]
    assert [one["act"] for one in seen["steps"]][-2:] == ["child_opened", "child_progressed"]
    part = await view(world, child["id"], world.official("tax"))
    assert part["code"] not in str(seen)


@pytest.mark.parametrize("exempt", [False, True])
async def test_while_a_part_is_awaited_the_clock_runs_unless_the_step_is_exempt(
    world: Any, exempt: bool
) -> None:
    seen = await view(world, await accepted(world, exempt=exempt))
    assert (seen["dueAt"] is None, seen["stoppedAt"] is None) == (exempt, not exempt)


@pytest.mark.parametrize(("exempt", "steps"), [(False, ["HOI"]), (True, ["TRA_KET_QUA"])])
async def test_while_the_applicant_is_asked_the_end_of_a_part_does_a_step_that_is_exempt(
    world: Any, exempt: bool, steps: list[str]
) -> None:
    case = await accepted(world, exempt=exempt)
    (child,) = (await view(world, case))["children"]
    items = {"items": [{"document": "GIAY_TO", "reason": "Mờ."}]}
    await world.act(case, "supplement-request", world.official("justice"), items)
    await end(world, child["id"])
    seen = await view(world, case)
    assert (seen["status"], [task["step"] for task in seen["tasks"]]) == ("supplement_requested", steps)


async def test_a_step_goes_the_way_that_is_named_for_how_its_part_ended(world: Any) -> None:
    ways = [{"to": "TRA_KET_QUA", "outcome": "granted"}, {"to": "XEM_LAI", "outcome": "rejected"}]
    land = await publish_land(world)
    steps = [
        *parent_steps(land, transitions=ways),
        step("XEM_LAI", "PHONG_TU_PHAP", "TRA_KET_QUA"),
    ]
    case = (await world.submit(await world.publish(steps=steps)))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    (child,) = (await view(world, case))["children"]
    await end(world, child["id"], "rejected")
    assert [task["step"] for task in (await view(world, case))["tasks"]] == ["XEM_LAI"]


async def test_a_part_that_cannot_be_opened_is_named_and_left_to_the_unit(world: Any) -> None:
    land = await publish_land(world)
    steps = parent_steps(land)
    steps[1]["opensCase"]["form"] = {"plot": "fullName"}
    case = (await world.submit(await world.publish(steps=steps)))["id"]
    justice = world.official("justice")
    await world.act(case, "acceptance", world.official("desk"))
    (told,) = [
        row
        for row in await world.told("procedures.case.v1", "step", "HOI")
        if row.aggregateid.hex == case.replace("-", "")
    ]
    assert (told.type, told.payload["problem"]) == ("procedures.case.child_not_opened.v1", "invalid-input")
    opening = {"procedure": land, "step": "HOI", "form": {"owner": "Trần Thị Mẫu"}}
    opened = await world.act(case, "children", justice, opening)
    assert opened.status_code == 201, opened.text
    (child,) = opened.json()["children"]
    assert (await view(world, child["id"], world.official("tax")))["form"] == {
        "owner": "Trần Thị Mẫu",
        "plot": "Trần Thị Mẫu",
    }
    again = await world.act(case, "children", justice, opening)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/linked-too-far")


async def test_cases_are_not_opened_in_a_circle_nor_without_end(world: Any) -> None:
    own = await world.publish()
    case = (await world.submit(own))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    form = {"fullName": "Trần Thị Mẫu"}
    circle = await world.act(case, "children", world.official("justice"), {"procedure": own, "form": form})
    assert (circle.status_code, circle.json()["type"]) == (409, "/problems/linked-in-circle")
    for depth in range(4):
        deeper = await world.publish()
        answer = await world.act(
            case, "children", world.official("justice"), {"procedure": deeper, "form": form}
        )
        if depth == 3:
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems/linked-too-far")
            return
        assert answer.status_code == 201, answer.text
        case = answer.json()["children"][-1]["id"]
        await world.act(case, "acceptance", world.official("desk"))


async def test_what_is_withdrawn_is_withdrawn_with_its_parts(world: Any) -> None:
    case = await accepted(world)
    (child,) = (await view(world, case))["children"]
    await world.act(case, "withdrawal", world.citizen(), {})
    after = await view(world, case)
    assert [one["status"] for one in after["children"]] == ["withdrawn"]
    assert (await view(world, child["id"], world.official("tax")))["status"] == "withdrawn"


async def test_the_agency_of_the_whole_sees_the_part_and_strangers_do_not(world: Any) -> None:
    case = await accepted(world)
    (child,) = (await view(world, case))["children"]
    assert (await world.read(child["id"], world.official("justice"))).status_code == 200
    assert (await world.read(child["id"], world.official("elsewhere"))).status_code == 404
    assert (await world.read(case, world.official("tax"))).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM case_links WHERE case_id = :id",
        "UPDATE case_links SET to_agency = 'H99.03' WHERE case_id = :id",
        "UPDATE case_links SET kind = 'appeal' WHERE case_id = :id",
    ],
)
async def test_a_link_that_was_changed_is_found(world: Any, change: str) -> None:
    case = await accepted(world)
    (child,) = (await view(world, case, world.official("justice")))["children"]
    async with world.database.transaction() as tx:
        (sound,) = await verify_cases(tx, after=None, limit=1, code=child["code"])
    async with world.database.transaction() as tx:
        await tx.execute(text(change), {"id": child["id"]})
    async with world.database.transaction() as tx:
        (changed,) = await verify_cases(tx, after=None, limit=1, code=child["code"])
    assert sound.flaw is None
    assert "link" in changed.flaw.en


async def test_the_linter_finds_what_is_wrong_with_links(world: Any, definition: Any) -> None:
    land = await publish_land(
        world, documents=[{"code": "SO_DO", "title": {"vi": "Sổ đỏ", "en": "Land book"}}]
    )
    faulty = parent_steps(land)
    faulty[1]["opensCase"]["form"] = {"plot": "plotNumber", "shoe": "fullName"}
    faulty[2]["opensCase"] = {"procedure": "NOWHERE", "form": {}}
    body = definition(code=f"MAU-{new_id().hex[-6:]}", steps=faulty, appeal={"procedure": "NOBODY"})
    drafted = await world.http.post("/procedures/v1/procedures", json=body, headers=world.official("desk"))
    found = {(one["code"], one["pointer"]) for one in drafted.json()["findings"]}
    assert found >= {
        ("unknown_source_field", "/steps/1/opensCase/form/plot"),
        ("unknown_target_field", "/steps/1/opensCase/form/shoe"),
        ("required_field_not_filled", "/steps/1/opensCase/form"),
        ("required_document_not_sent", "/steps/1/opensCase"),
        ("unknown_procedure", "/steps/2/opensCase/procedure"),
        ("unknown_procedure", "/appeal/procedure"),
    }


async def test_procedures_that_open_each_others_cases_are_not_published(world: Any, definition: Any) -> None:
    first = await world.publish(form=LAND_FORM)
    second = await world.publish(steps=parent_steps(first))
    steps = parent_steps(second)
    steps[0]["opensCase"] = {"procedure": first, "form": {}}
    drafted = await world.http.post(
        "/procedures/v1/procedures", json=definition(code=first, steps=steps), headers=world.official("desk")
    )
    found = [
        (one["code"], one["pointer"]) for one in drafted.json()["findings"] if one["severity"] == "error"
    ]
    assert found == [
        ("opened_by_first_step", "/steps/0/opensCase"),
        ("linked_in_circle", "/steps/0/opensCase/procedure"),
        ("linked_in_circle", "/steps/1/opensCase/procedure"),
    ]


async def test_a_part_is_still_awaited_once_its_case_has_moved_to_another_version(
    world: Any, definition: Any
) -> None:
    land = await publish_land(world)
    code = await world.publish(steps=parent_steps(land))
    case = (await world.submit(code))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    (child,) = (await view(world, case))["children"]
    steps = parent_steps(land)
    steps[0]["transitions"], steps[1]["code"] = [{"to": "CHO"}], "CHO"
    desk = world.official("desk")
    drafted = await world.http.post(
        "/procedures/v1/procedures", json=definition(code=code, steps=steps), headers=desk
    )
    versions = f"/procedures/v1/procedures/{code}/versions/2"
    tag = {**desk, "if-match": drafted.headers["etag"]}
    assert (await world.http.post(f"{versions}/publication", headers=tag)).status_code == 201
    body = {"fromVersion": 1, "steps": {"HOI": "CHO"}}
    planned = await world.http.post(f"{versions}/migrations", json=body, headers=desk)
    tag = {**desk, "if-match": planned.headers["etag"]}
    moved = await world.http.post(f"{planned.headers['location']}/execution", json={}, headers=tag)
    assert moved.status_code == 201, moved.text
    assert [(one["id"], one["step"]) for one in (await view(world, case))["children"]] == [
        (child["id"], "CHO")
    ]
    await end(world, child["id"])
    assert [task["step"] for task in (await view(world, case))["tasks"]] == ["TRA_KET_QUA"]


async def test_what_a_part_takes_is_the_delay_of_the_agency_that_has_it(world: Any) -> None:
    case = await accepted(world)
    world.clock.advance(timedelta(days=14))
    clock = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
    late = {
        one["holder"].get("agency"): one["late"] for one in clock.json()["shares"] if one["late"] != "PT0S"
    }
    assert list(late) == ["H99.02"]


async def test_a_chain_of_parts_is_withdrawn_to_its_last_one_and_told_upwards(world: Any) -> None:
    last = await publish_land(world)
    opens = {"procedure": last, "form": {"owner": "owner"}}
    middle = await publish_land(
        world,
        steps=[
            step("TIEP_NHAN", "BP_THUE", "DO_DAC"),
            step("DO_DAC", "BP_THUE", "TRA", opensCase=opens),
            step("TRA", "BP_THUE", None),
        ],
    )
    case = (await world.submit(await world.publish(steps=parent_steps(middle))))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    (child,) = (await view(world, case))["children"]
    (grandchild,) = (await land_does(world, child["id"], "acceptance"))["children"]
    told = await world.told("procedures.case.v1", "code", grandchild["code"])
    assert {row.payload["parent"] for row in told} == {(await view(world, case))["code"]}
    await land_does(world, grandchild["id"], "acceptance")
    await world.act(case, "withdrawal", world.citizen(), {})
    for one in (child, grandchild):
        assert (await view(world, one["id"]))["status"] == "withdrawn"
    assert [one["status"] for one in (await view(world, child["id"]))["children"]] == ["withdrawn"]
    assert [one["status"] for one in (await view(world, case))["children"]] == ["withdrawn"]
