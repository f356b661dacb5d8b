"""A case that cannot be read keeps no other from its timers, its new dates, its retention, or its place in a list."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from procedures.calendars.redating import date_next
from procedures.domain.decision_table import graph
from procedures.domain.personal import UNREADABLE
from procedures.retention.operations import schedule_retentions
from procedures.tables import cases, retentions

CASES = "/procedures/v1/cases"
REFUSAL = {"reason": "Bà Kín nộp sai nơi.", "legalGround": "Điều 17"}

Damage = Callable[[Any, str], Awaitable[None]]


async def with_a_key_of_tomorrow(world: Any, case: str) -> None:
    """As when another process seals under a version of the master key that this one was not given yet."""
    ahead = func.overlay(cases.c.data_key, b"\x00\x02", 1)
    async with world.database.transaction() as tx:
        await tx.execute(update(cases).where(cases.c.id == case).values(data_key=ahead))


async def without_a_state(world: Any, case: str) -> None:
    lost = {"status": "lost"}
    async with world.database.transaction() as tx:
        await tx.execute(update(cases).where(cases.c.id == case).values(state=cases.c.state.concat(lost)))


@pytest.fixture(params=[with_a_key_of_tomorrow, without_a_state])
def damage(request: pytest.FixtureRequest) -> Damage:
    given: Damage = request.param
    return given


@pytest.fixture
async def world(open_world: Any, migrated_database: Any) -> AsyncIterator[Any]:
    """A world over a database of its own, emptied: nobody else has to do with what is broken here."""
    url = migrated_database("unreadable", Path(__file__).parents[1] / "migrations")
    async with open_world(url) as world:
        async with world.database.transaction() as tx:
            await tx.execute(text("TRUNCATE cases, case_log, tasks, timers, calendars, retentions CASCADE"))
        yield world


async def last_act(world: Any, case: str) -> str:
    return str((await world.acts(case))[-1]["kind"])


async def test_timers_of_others_fire(world: Any, damage: Damage) -> None:
    broken, sound = await world.accepted(), await world.accepted()
    await damage(world, broken)
    world.clock.set(datetime(2026, 1, 7, 1, 31, tzinfo=UTC))
    await world.fire(at_once=1)
    assert await last_act(world, sound) == "became_overdue"


async def test_others_are_dated_anew(world: Any, damage: Damage) -> None:
    broken, sound = await world.accepted(), await world.accepted()
    await damage(world, broken)
    await world.close_on("H99.01", "2026-01-07")
    while await date_next(world.database, world.clock.now()):
        pass
    assert await last_act(world, sound) == "redated"


async def test_of_others_it_is_found_out_how_long_they_are_kept(world: Any, damage: Damage) -> None:
    procedure, desk = await world.publish(), world.app.state.desk
    broken, sound = [(await world.submit(procedure))["id"] for _ in range(2)]
    for case in (broken, sound):
        assert (await world.act(case, "refusal", world.official("desk"), REFUSAL)).status_code == 201
    await damage(world, broken)
    await schedule_retentions(world.database, desk.versions, desk.calendars)
    async with world.database.reading() as tx:
        query = select(retentions.c.case_id).where(retentions.c.scheduled)
        assert sound in map(str, (await tx.execute(query)).scalars())


async def test_others_are_listed_page_by_page(world: Any, damage: Damage) -> None:
    procedure = await world.publish()
    filed = [(await world.submit(procedure))["id"] for _ in range(5)]
    for broken in filed[2:4]:
        await damage(world, broken)
    shown, address = [], f"{CASES}?limit=1"
    while address:
        answer = await world.http.get(address, headers=world.official("desk"))
        assert answer.status_code == 200
        shown += [item["id"] for item in answer.json()["items"]]
        address = answer.links.get("next", {}).get("url")
    assert [case for case in shown if case not in filed[2:4]] == [filed[4], filed[1], filed[0]]


async def test_a_case_whose_key_does_not_open_is_handled_but_takes_no_text(world: Any) -> None:
    procedure, desk = await world.publish(), world.official("desk")
    case = (await world.submit(procedure))["id"]
    assert (await world.act(case, "acceptance", desk)).status_code == 201
    decision = {"outcome": "granted", "reason": "Bà Kín đủ điều kiện."}
    await world.act(case, "decision", world.official("justice"), decision)
    await with_a_key_of_tomorrow(world, case)
    view = (await world.read(case)).json()
    assert (view["reason"], view["form"]) == (UNREADABLE, None)
    noted = await world.act(
        case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done", "note": "x"}
    )
    assert (noted.status_code, noted.json()["type"].rpartition("/")[2]) == (503, "case-key-not-at-hand")
    done = await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    assert done.status_code == 201, done.text


async def test_no_rule_is_asked_about_a_form_that_cannot_be_read(world: Any, definition: Any) -> None:
    steps = definition()["steps"]
    table = {"id": "o", "name": "outcome", "field": "outcome"}
    content = {"hitPolicy": "first", "inputs": [], "outputs": [table], "rules": [{"_id": "0", "o": "'done'"}]}
    procedure = await world.publish(
        steps=steps,
        rules=[{"name": "R", "table": dict(graph(content))}],
        automation={"routing": [{"step": "THU_LY", "rule": "R"}]},
    )
    broken, sound = [(await world.submit(procedure))["id"] for _ in range(2)]
    await with_a_key_of_tomorrow(world, broken)
    accepted = [await world.act(case, "acceptance", world.official("desk")) for case in (broken, sound)]
    assert [[task["step"] for task in one.json()["tasks"]] for one in accepted] == [
        ["THU_LY"],
        ["TRA_KET_QUA"],
    ]
