"""A case can be seen as it stood at any instant."""

from datetime import datetime, timedelta
from typing import Any

import pytest

CASES = "/procedures/v1/cases"
HOUR = timedelta(hours=1)


@pytest.fixture
async def lived(world: Any) -> tuple[str, list[tuple[datetime, dict[str, Any]]]]:
    """A case that went through an act an hour, and how it was seen right after each of them."""
    procedure = await world.publish()
    case = (await world.submit(procedure))["id"]
    seen = [(world.clock.now(), (await world.read(case)).json())]
    for command, who, body in (
        ("acceptance", "desk", None),
        ("supplement-request", "justice", {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}),
        ("supplement", "", {"documents": [{"document": "GIAY_TO", "id": ""}], "note": "Gửi lại."}),
        ("tasks/THU_LY/completion", "justice", {"outcome": "done", "note": "Đã đối chiếu."}),
        ("decision", "desk", {"outcome": "granted", "reason": "Đủ điều kiện."}),
        ("tasks/TRA_KET_QUA/completion", "desk", {}),
    ):
        world.clock.advance(HOUR)
        if not who:
            body["documents"][0]["id"] = (await world.send(b"%PDF-1.7 sample"))["id"]
        done = await world.act(case, command, world.official(who) if who else world.citizen(), body)
        assert done.status_code == 201, done.text
        seen.append((world.clock.now(), (await world.read(case)).json()))
    world.clock.advance(HOUR)
    return case, seen


async def as_of(world: Any, case: str, at: datetime, path: str = "") -> Any:
    return await world.http.get(
        f"{CASES}/{case}{path}", params={"asOf": at.isoformat()}, headers=world.citizen()
    )


async def test_a_case_is_seen_as_it_stood_from_each_act_to_the_next(world: Any, lived: Any) -> None:
    case, seen = lived
    for at, view in seen:
        for within in (timedelta(0), timedelta(minutes=59, seconds=59)):
            assert (await as_of(world, case, at + within)).json() == view
    assert (await as_of(world, case, seen[-1][0] + timedelta(days=3650))).json() == seen[-1][1]


async def test_before_it_was_filed_there_was_no_case(world: Any, lived: Any) -> None:
    case, seen = lived
    for path in ("", "/log"):
        answer = await as_of(world, case, seen[0][0] - timedelta(microseconds=1), path)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/case-not-filed-yet")


async def test_the_log_is_shown_up_to_the_instant(world: Any, lived: Any) -> None:
    case, seen = lived
    for number, (at, _) in enumerate(seen[:-1], start=1):
        log = (await as_of(world, case, at, "/log")).json()
        assert len(log["entries"]) == number
        assert log["sound"] is True


async def test_an_instant_without_a_zone_is_refused(world: Any, lived: Any) -> None:
    answer = await world.http.get(
        f"{CASES}/{lived[0]}", params={"asOf": "2026-01-05T08:30:00"}, headers=world.citizen()
    )
    assert answer.status_code == 400


async def test_a_stranger_sees_no_former_state_either(world: Any, lived: Any) -> None:
    at = world.clock.now().isoformat()
    for who in (world.citizen("somebody-else"), world.official("elsewhere")):
        for path in ("", "/log"):
            answer = await world.http.get(f"{CASES}/{lived[0]}{path}", params={"asOf": at}, headers=who)
            assert answer.status_code == 404
