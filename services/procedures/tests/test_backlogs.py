"""Where cases wait, now and day by day, and which are late, as those who lead the agency see it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from procedures.backlogs.operations import COUNTED_EVERY, count_backlogs
from procedures.tables import backlog_days
from shared.events.procedures import ACCESS_TOPIC
from shared.ids import new_id

TODAY, TOMORROW = "2026-01-05", "2026-01-06"


def leader(world: Any, agency: str) -> dict[str, str]:
    posts = [("LANH_DAO", "KY_DUYET")]
    held: dict[str, str] = world.bearer("procedures:work:manage", kind="official", agency=agency, posts=posts)
    return held


async def ask(world: Any, agency: str, path: str, **query: str) -> dict[str, Any]:
    answer = await world.http.get(f"/procedures/v1/{path}", params=query, headers=leader(world, agency))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
async def office(world: Any) -> tuple[str, str, list[str]]:
    """An agency of its own: one case at the desk, one at the section, one of which something is missing.

    Nothing was counted yet, though other tests have the same database.
    """
    async with world.database.transaction() as tx:
        await tx.execute(delete(backlog_days))
    agency = f"H99.{new_id().hex[-6:]}"
    code = await world.publish(agency=agency)
    cases = [(await world.submit(code))["id"] for _ in range(3)]
    for case in cases[1:]:
        await world.act(case, "acceptance", world.official("desk", agency))
    items = [{"document": "GIAY_TO", "reason": "Bị mờ."}]
    justice = world.official("justice", agency)
    await world.act(cases[2], "supplement-request", justice, {"items": items})
    return agency, code, cases


async def test_a_leader_sees_where_cases_wait_for_whom_and_since_when(
    world: Any, office: tuple[str, str, list[str]]
) -> None:
    agency, code, _ = office
    assert await count_backlogs(world.database, world.clock.now())
    found = await ask(world, agency, "backlogs")
    places = {item["step"]: item for item in found["items"]}
    assert (found["waiting"], found["forApplicant"], found["overdue"]) == (3, 1, 0)
    assert (places["TIEP_NHAN"]["unit"], places["TIEP_NHAN"]["waiting"]) == ("BP_MOT_CUA", 1)
    assert (places["THU_LY"]["waiting"], places["THU_LY"]["forApplicant"]) == (2, 1)
    assert places["THU_LY"]["oldestAt"] == "2026-01-05T01:30:00Z"
    assert (await ask(world, agency, "backlogs", unit="BP_MOT_CUA"))["waiting"] == 1
    assert (await ask(world, agency, "backlogs", procedure="KHAC"))["items"] == []
    assert (await ask(world, "H99.03", "backlogs", procedure=code))["items"] == []


async def test_it_is_counted_now_and_then_and_the_last_count_of_a_day_stays(
    world: Any, office: tuple[str, str, list[str]]
) -> None:
    agency, _, cases = office
    assert await count_backlogs(world.database, world.clock.now())
    world.clock.advance(COUNTED_EVERY - timedelta(seconds=1))
    assert not await count_backlogs(world.database, world.clock.now())
    await world.act(cases[0], "withdrawal", world.citizen(), {})
    world.clock.advance(timedelta(seconds=1))
    assert await count_backlogs(world.database, world.clock.now())
    world.clock.set(datetime(2026, 1, 6, 9, 0, tzinfo=UTC))
    await world.act(cases[1], "withdrawal", world.citizen(), {})
    assert await count_backlogs(world.database, world.clock.now())
    days = await ask(world, agency, "daily-backlogs", firstDay=TODAY, lastDay=TOMORROW)
    assert [(day["day"], day["waiting"], day["forApplicant"]) for day in days["items"]] == [
        (TODAY, 2, 1),
        (TOMORROW, 1, 1),
    ]


async def test_the_day_of_a_count_is_that_of_viet_nam(world: Any, office: tuple[str, str, list[str]]) -> None:
    agency, _, _ = office
    await count_backlogs(world.database, datetime(2026, 2, 28, 17, 0, tzinfo=UTC))
    days = await ask(world, agency, "daily-backlogs", firstDay="2026-02-28", lastDay="2026-03-01")
    assert [day["day"] for day in days["items"]] == [date(2026, 3, 1).isoformat()]


async def test_a_case_that_nobody_receives_in_time_is_overdue_at_the_desk(
    world: Any, definition: Any
) -> None:
    received, *others = definition()["steps"]
    received = {**received, "allowance": {"kind": "working_days", "amount": 1}}
    agency = f"H99.{new_id().hex[-6:]}"
    async with world.database.transaction() as tx:
        await tx.execute(delete(backlog_days))
    await world.submit(await world.publish(agency=agency, steps=[received, *others]))
    world.clock.set(datetime(2026, 1, 6, 1, 31, tzinfo=UTC))
    await count_backlogs(world.database, world.clock.now())
    (item,) = (await ask(world, agency, "backlogs"))["items"]
    assert (item["step"], item["waiting"], item["overdue"]) == ("TIEP_NHAN", 1, 1)


@pytest.mark.parametrize("last", ["2026-01-04", "2029-01-01"])
async def test_days_in_the_wrong_order_or_too_many_are_refused(world: Any, last: str) -> None:
    query = {"firstDay": TODAY, "lastDay": last}
    headers = leader(world, "H99.01")
    answer = await world.http.get("/procedures/v1/daily-backlogs", params=query, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "wrong_days")


async def test_late_cases_are_told_longest_overdue_first_with_who_has_them_and_each_look_is_recorded(
    world: Any, office: tuple[str, str, list[str]]
) -> None:
    agency, code, cases = office
    world.clock.advance(timedelta(days=1))
    another = (await world.submit(code))["id"]
    await world.act(another, "acceptance", world.official("desk", agency))
    assert (await ask(world, agency, "late-cases"))["items"] == []
    world.clock.set(datetime(2026, 1, 12, 2, 30, tzinfo=UTC))
    first = await ask(world, agency, "late-cases", limit="1")
    (late,) = first["items"]
    assert late["caseId"] == cases[1]
    assert (late["dueAt"], late["overdueFor"]) == ("2026-01-08T01:30:00Z", "PT17H")
    (held,) = late["heldBy"]
    assert (held["step"], held["unit"], held["unitAgency"]) == ("THU_LY", "PHONG_TU_PHAP", agency)
    second = await ask(world, agency, "late-cases", limit="1", cursor=first["next"])
    assert [item["caseId"] for item in second["items"]] == [another]
    assert second["next"] is None
    assert (await ask(world, agency, "late-cases", unit="BP_MOT_CUA"))["items"] == []
    looks = await world.told(ACCESS_TOPIC.name, "agency", agency)
    seen = [[case["caseId"] for case in look.payload["cases"]] for look in looks]
    assert seen[-2:] == [[cases[1]], [another]]


async def test_late_cases_name_who_has_claimed_what_of_them(
    world: Any, office: tuple[str, str, list[str]]
) -> None:
    agency, code, cases = office
    other = (await world.submit(code))["id"]
    await world.act(other, "acceptance", world.official("desk", agency))
    subject, posts = str(new_id()), [("PHONG_TU_PHAP", "XU_LY")]
    scope = "procedures:cases:read procedures:cases:process"
    world.clock.set(datetime(2026, 1, 12, 2, 30, tzinfo=UTC))
    who = world.bearer(scope, subject=subject, kind="official", agency=agency, posts=posts)
    place = f"/procedures/v1/cases/{cases[1]}/tasks/THU_LY/claim"

    async def claimants() -> dict[str, tuple[str | None, str | None]]:
        items = (await ask(world, agency, "late-cases"))["items"]
        held = {item["caseId"]: item["heldBy"][0] for item in items}
        return {case: (one["claimedBy"], one["claimedAt"]) for case, one in held.items()}

    assert await claimants() == {cases[1]: (None, None), other: (None, None)}
    assert (await world.http.post(place, headers=who)).status_code == 201
    assert await claimants() == {cases[1]: (subject, "2026-01-12T02:30:00Z"), other: (None, None)}
    assert (await world.http.delete(place, headers=who)).status_code == 204
    assert await claimants() == {cases[1]: (None, None), other: (None, None)}


async def test_officials_without_the_scope_are_refused(world: Any) -> None:
    answer = await world.http.get("/procedures/v1/backlogs", headers=world.official("desk"))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scope-missing")
