"""Whose delay it is: told to the manager, and to the applicant who asks why."""

from datetime import UTC, datetime
from typing import Any

ITEMS = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
DECISION = {"outcome": "granted", "reason": "Đủ điều kiện."}


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


def working_days(number: float) -> dict[str, Any]:
    return {"kind": "working_days", "amount": number}


def step(code: str, unit: str, to: Any, **more: Any) -> dict[str, Any]:
    title = {"vi": f"Bước {code}", "en": f"Step {code}"}
    return {"code": code, "title": title, "unit": unit, "transitions": [{"to": to}], **more}


async def clock_of(world: Any, case: str) -> Any:
    answer = await world.http.get(f"/procedures/v1/cases/{case}/clock", headers=world.citizen())
    assert answer.status_code == 200, answer.text
    return answer.json()


def shares(clock: Any) -> dict[str, tuple[str, str, str]]:
    return {
        share["holder"].get("unit") or share["holder"]["kind"]: (
            share["held"],
            share["late"],
            share["overran"],
        )
        for share in clock["shares"]
    }


async def test_unit_applicant_and_other_agency_each_answer_for_what_they_held(world: Any) -> None:
    case = await world.accepted()
    world.clock.set(local("2026-01-06 08:30"))
    await world.act(case, "supplement-request", world.official("justice"), ITEMS)
    world.clock.set(local("2026-01-08 08:30"))
    sent = await world.send(b"%PDF-1.7 sample")
    brought = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}]}
    await world.act(case, "supplement", world.citizen(), brought)
    world.clock.set(local("2026-01-12 08:30"))
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "ask_tax"})
    world.clock.set(local("2026-01-13 08:30"))
    clock = await clock_of(world, case)
    # Received with three days; the section had one, and two more after the supplement: by then it was due.
    assert shares(clock) == {
        "PHONG_TU_PHAP": ("P1D", "PT0S", "PT8H"),
        "applicant": ("PT16H", "PT0S", "PT0S"),
        "BP_THUE": ("PT8H", "PT8H", "PT0S"),
    }
    said = [share["text"]["vi"] for share in clock["shares"]]
    assert said == [
        "bộ phận PHONG_TU_PHAP: giữ 24 giờ làm việc, vượt thời gian của bước 8 giờ.",
        "người nộp: giữ 16 giờ làm việc.",
        "cơ quan H99.02, bộ phận BP_THUE: giữ 8 giờ làm việc, chậm 8 giờ.",
    ]
    assert [held["text"]["en"] for held in clock["held"]][-2:] == [
        "From 2026-01-08 08:30 to 2026-01-12 08:30 with the unit PHONG_TU_PHAP: 16 hours of working time.",
        "From 2026-01-12 08:30 to 2026-01-13 08:30 with the agency H99.02, unit BP_THUE: "
        "8 hours of working time, 8 hours of it after the case was due.",
    ]


async def test_units_side_by_side_share_the_delay_and_the_parts_add_up(world: Any) -> None:
    steps = [
        step("TIEP_NHAN", "BP_MOT_CUA", ["A", "B"]),
        step("A", "PHONG_TU_PHAP", "TRA"),
        step("B", "BP_THUE", "TRA", agency="H99.02"),
        step("TRA", "BP_MOT_CUA", None, join={"needed": None}),
    ]
    case = await world.accepted(steps=steps, term=working_days(1))
    world.clock.set(local("2026-01-07 08:30"))
    clock = await clock_of(world, case)
    assert shares(clock) == {
        "PHONG_TU_PHAP": ("PT8H", "PT4H", "PT0S"),
        "BP_THUE": ("PT8H", "PT4H", "PT0S"),
    }


async def test_the_time_before_receipt_is_the_receiving_units_and_never_late(world: Any) -> None:
    case = str((await world.submit(await world.publish()))["id"])
    world.clock.set(local("2026-01-06 08:30"))
    assert shares(await clock_of(world, case)) == {"BP_MOT_CUA": ("PT8H", "PT0S", "PT0S")}


async def test_what_follows_the_decision_is_nobodys_delay(world: Any) -> None:
    case = await world.accepted()
    world.clock.set(local("2026-01-07 08:30"))
    await world.act(case, "decision", world.official("justice"), DECISION)
    world.clock.set(local("2026-03-07 08:30"))
    assert shares(await clock_of(world, case)) == {"PHONG_TU_PHAP": ("PT16H", "PT0S", "PT0S")}


async def test_the_stages_show_their_deadlines(world: Any) -> None:
    steps = [
        step("TIEP_NHAN", "BP_MOT_CUA", "A"),
        step("A", "PHONG_TU_PHAP", "B", stage="1"),
        step("B", "PHONG_TU_PHAP", "C", stage="1"),
        step("C", "PHONG_TU_PHAP", None, stage="2"),
    ]
    stages = [
        {
            "code": code,
            "title": {"vi": f"Giai đoạn {code}", "en": f"Stage {code}"},
            "allowance": working_days(1),
        }
        for code in ("1", "2")
    ]
    case = await world.accepted(steps=steps, stages=stages, term=working_days(2))
    official = world.official("justice")
    world.clock.set(local("2026-01-05 10:30"))
    await world.act(case, "tasks/A/completion", official, {})
    world.clock.set(local("2026-01-06 09:30"))
    await world.act(case, "tasks/B/completion", official, {})
    clock = await clock_of(world, case)
    told = [
        (stage["stage"], stage["beganAt"], stage["endedAt"], stage["dueAt"], stage["overdue"])
        for stage in clock["stages"]
    ]
    assert told == [
        ("1", "2026-01-05T01:30:00Z", "2026-01-06T02:30:00Z", "2026-01-06T01:30:00Z", True),
        ("2", "2026-01-06T02:30:00Z", None, "2026-01-07T02:30:00Z", False),
    ]
    assert [(one["step"], one["dueAt"], one["overdue"]) for one in clock["steps"]] == [
        ("C", "2026-01-07T02:30:00Z", False)
    ]


async def test_another_agency_that_answers_late_overran_though_the_clock_stood_still(world: Any) -> None:
    exempt = {"agency": "H99.02", "exempt": True, "allowance": working_days(2)}
    steps = [
        step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
        step("HOI", "BP_THUE", "XET", **exempt),
        step("XET", "PHONG_TU_PHAP", None),
    ]
    case = await world.accepted(steps=steps)
    world.clock.set(local("2026-01-13 08:30"))
    late = (await clock_of(world, case))["shares"]
    await world.act(case, "tasks/HOI/completion", world.official("tax"), {})
    clock = await clock_of(world, case)
    # Two days until the 7th at 08:30; then Wednesday, Thursday, Friday and Monday.
    assert clock["shares"] == late
    assert shares(clock) == {"BP_THUE": ("P2D", "PT0S", "P1DT8H")}
    assert clock["shares"][0]["text"] == {
        "vi": "cơ quan H99.02, bộ phận BP_THUE: giữ 48 giờ làm việc, vượt thời gian của bước 32 giờ.",
        "en": "the agency H99.02, unit BP_THUE: held it for 48 hours of working time, "
        "32 hours over the allowance of the step.",
    }
    assert clock["dueAt"] == "2026-01-16T01:30:00Z"


async def test_while_a_part_is_awaited_its_agency_has_the_step_and_the_applicant_who_is_asked_there(
    world: Any,
) -> None:
    part = [step("TIEP_NHAN", "BP_THUE", "TRA"), step("TRA", "BP_THUE", None)]
    land = await world.publish(agency="H99.02", steps=part)
    opens = {"procedure": land, "form": {"fullName": "fullName"}}
    steps = [
        step("TIEP_NHAN", "BP_MOT_CUA", "HOI"),
        step("HOI", "PHONG_TU_PHAP", "TRA", opensCase=opens, allowance=working_days(1)),
        step("TRA", "BP_MOT_CUA", None),
    ]
    case, tax = await world.accepted(steps=steps), world.official("tax")
    (child,) = (await world.read(case)).json()["children"]
    for at, command, body in (
        ("2026-01-05 08:30", "acceptance", None),
        ("2026-01-07 08:30", "supplement-request", ITEMS),
    ):
        world.clock.set(local(at))
        headers = {**tax, "if-match": (await world.read(child["id"], tax)).headers["etag"]}
        path = f"/procedures/v1/cases/{child['id']}/{command}"
        assert (await world.http.post(path, json=body, headers=headers)).status_code == 201
    world.clock.set(local("2026-01-09 08:30"))
    clock = await clock_of(world, case)
    # Due on the 8th, the step on the 6th; until the 7th the land office had it, from then on the applicant.
    assert shares(clock) == {
        "other_agency": ("PT16H", "PT0S", "PT8H"),
        "applicant": ("PT16H", "PT8H", "PT16H"),
    }
    assert [share["text"]["vi"] for share in clock["shares"]] == [
        "cơ quan H99.02: giữ 16 giờ làm việc, vượt thời gian của bước 8 giờ.",
        "người nộp: giữ 16 giờ làm việc, chậm 8 giờ, vượt thời gian của bước 16 giờ.",
    ]
    assert clock["held"][0]["text"] == {
        "vi": "Từ 08:30 ngày 05/01/2026 đến 08:30 ngày 07/01/2026 ở cơ quan H99.02: 16 giờ làm việc.",
        "en": "From 2026-01-05 08:30 to 2026-01-07 08:30 with the agency H99.02: 16 hours of working time.",
    }
