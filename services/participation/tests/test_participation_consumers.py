"""What participation makes of closed cases, however often and however late it hears of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

INVITATIONS = "/participation/v1/rating-invitations"
FEEDBACK = "participation.feedback.v1"


async def invited(world: Any, subject: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.http.get(INVITATIONS, headers=world.rater(subject))).json()[
        "items"
    ]
    return items


async def rate(world: Any, case_id: Any, subject: str, score: int = 3) -> int:
    path = f"/participation/v1/cases/{case_id}/rating"
    status: int = (
        await world.http.post(path, json={"score": score}, headers=world.rater(subject))
    ).status_code
    return status


async def test_a_closing_that_is_told_twice_invites_once(world: Any) -> None:
    case_id = await world.close_case("twice")
    await world.close_case("twice", case_id=case_id)
    assert [item["caseId"] for item in await invited(world, "twice")] == [str(case_id)]


async def test_a_closing_that_is_told_again_after_the_rating_asks_no_second_time(world: Any) -> None:
    case_id = await world.close_case("rated")
    assert await rate(world, case_id, "rated") == 201
    await world.close_case("rated", case_id=case_id)
    assert await invited(world, "rated") == []
    assert await rate(world, case_id, "rated") == 409


async def test_a_closing_that_is_heard_late_counts_from_when_it_was(world: Any) -> None:
    closed_at = world.clock.now()
    world.clock.set(closed_at - timedelta(days=31))
    late = await world.close_case("heard-late")
    world.clock.set(closed_at)
    assert await invited(world, "heard-late") == []
    assert await rate(world, late, "heard-late") == 410


async def test_a_case_closed_in_the_last_evening_of_a_month_counts_for_the_agencys_month(world: Any) -> None:
    world.clock.set(datetime(2026, 11, 30, 17, tzinfo=UTC))
    case_id = await world.close_case("evening")
    world.clock.advance(timedelta(days=5))
    await rate(world, case_id, "evening")
    (event,) = await world.told(FEEDBACK)
    assert event.payload["month"] == "2026-12"


async def test_nobody_is_asked_about_a_part_of_a_case(world: Any) -> None:
    await world.close_case("of-a-part", parent="H99.01-261123-0001")
    assert await invited(world, "of-a-part") == []
