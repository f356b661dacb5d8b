"""Others hear of each opening and closing once, in order, never early, whoever tells them."""

import asyncio
from datetime import timedelta
from typing import Any

from participation.consultations.announcements import tell_all_due

PROCESS = "participation.process.v1"


async def look(world: Any) -> int:
    async with world.database.transaction() as tx:
        told: int = await tell_all_due(tx, world.clock.now())
    return told


async def test_an_opening_is_told_at_its_instant_and_not_before(world: Any) -> None:
    consultation = await world.consultation(opens_in=1, days=2)
    world.clock.advance(timedelta(hours=15) - timedelta(microseconds=1))
    await look(world)
    assert await world.told(PROCESS) == []
    world.clock.advance(timedelta(microseconds=1))
    await look(world)
    (opened,) = await world.told(PROCESS)
    assert opened.type == "participation.process.opened.v1"
    assert str(opened.aggregateid) == consultation["id"]
    assert opened.payload == {
        "kind": "consultation",
        "agency": world.agency,
        "opensAt": "2026-11-23T17:00:00Z",
        "closesAt": "2026-11-25T17:00:00Z",
    }


async def test_a_consultation_published_on_its_opening_day_is_told_with_its_publication(world: Any) -> None:
    await world.consultation(opens_in=0)
    (opened,) = await world.told(PROCESS)
    assert opened.type == "participation.process.opened.v1"


async def test_a_closing_is_told_with_the_comments_that_stand(world: Any) -> None:
    consultation = await world.consultation(days=1)
    path = f"/participation/v1/consultations/{consultation['id']}/comments"
    _, withdrawn, hidden = [await world.comment(consultation["id"], f"c{n}") for n in range(3)]
    await world.http.post(f"{path}/{withdrawn['id']}/withdrawal", headers=world.commenter("c1"))
    await world.http.post(f"{path}/{hidden['id']}/hiding", json={"reason": "x"}, headers=world.official())
    world.clock.advance(timedelta(days=1))
    await look(world)
    closed = (await world.told(PROCESS))[-1]
    assert (closed.type, closed.sequence) == ("participation.process.closed.v1", 5)
    assert closed.payload["comments"] == 1


async def test_many_timers_at_once_tell_each_moment_once(world: Any) -> None:
    for _ in range(5):
        await world.consultation(opens_in=1, days=1)
    for _ in range(2):
        world.clock.advance(timedelta(days=1))
        await asyncio.gather(*[look(world) for _ in range(8)])
    events = await world.told(PROCESS)
    assert len(events) == len({(event.aggregateid, event.type) for event in events}) == 10


async def test_a_timer_that_slept_tells_opening_and_closing_in_order(world: Any) -> None:
    await world.consultation(opens_in=1, days=2)
    world.clock.advance(timedelta(days=30))
    await look(world)
    assert await look(world) == 0
    events = await world.told(PROCESS)
    assert [(event.type, event.sequence) for event in events] == [
        ("participation.process.opened.v1", 1),
        ("participation.process.closed.v1", 2),
    ]


async def test_a_first_comment_before_the_timer_is_told_after_the_opening(world: Any) -> None:
    consultation = await world.consultation(opens_in=1)
    world.clock.advance(timedelta(days=1))
    await world.comment(consultation["id"], "quick")
    await look(world)
    assert [(event.type, event.sequence) for event in await world.told(PROCESS)] == [
        ("participation.process.opened.v1", 1),
        ("participation.process.commented.v1", 2),
    ]


async def test_a_comment_that_waited_while_the_closing_was_told_is_refused(world: Any) -> None:
    consultation = await world.consultation(days=1)
    before = world.clock.now()
    world.clock.advance(timedelta(days=1))
    await look(world)
    world.clock.set(before)
    refused = await world.http.post(
        f"/participation/v1/consultations/{consultation['id']}/comments",
        json={"text": "Vừa kịp?"},
        headers=world.commenter("last"),
    )
    assert refused.status_code == 409
    assert (await world.told(PROCESS))[-1].type == "participation.process.closed.v1"


async def test_nothing_is_told_of_a_draft(world: Any, new_draft: Any) -> None:
    await world.http.post(
        "/participation/v1/consultations", json=new_draft(world.clock.now()), headers=world.official()
    )
    world.clock.advance(timedelta(days=60))
    await look(world)
    assert await world.told(PROCESS) == []
