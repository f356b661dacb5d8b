"""Days are anchored, the anchors are public, and whatever is changed afterwards is found by them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from procedures.anchors.operations import anchor_days, flaws_of_anchors
from procedures.domain.anchor import Proof, proved_root
from shared.testing import eventually

ANCHORS = "/procedures/v1/anchors"
DAY = timedelta(days=1)
FIRST = date(2026, 1, 5)


@pytest.fixture
async def world(open_world: Any, migrated_database: Any) -> AsyncIterator[Any]:
    """A world over a database of its own: anchors are of all cases that there are."""
    async with open_world(migrated_database("anchors", Path(__file__).parents[1] / "migrations")) as world:
        yield world


@pytest.fixture
async def cases(world: Any) -> list[str]:
    """Three cases filed on Monday; one is accepted on Tuesday, nothing happens on Wednesday, it is Thursday."""
    procedure = await world.publish()
    cases = [(await world.submit(procedure))["id"] for _ in range(3)]
    world.clock.advance(DAY)
    assert (await world.act(cases[1], "acceptance", world.official("desk"))).status_code == 201
    world.clock.advance(2 * DAY)
    return cases


async def listed(world: Any, limit: int = 2) -> list[dict[str, Any]]:
    found, address = [], f"{ANCHORS}?limit={limit}"
    while address:
        answer = await world.http.get(address)
        found += answer.json()["items"]
        address = answer.links.get("next", {}).get("url", "")
    return found


async def flaws(world: Any, kept: dict[date, bytes] | None = None) -> list[tuple[date, str]]:
    async with world.database.transaction() as tx:
        return [(day, flaw.en) async for day, flaw in flaws_of_anchors(tx, kept or {})]


async def test_each_day_is_anchored_once_by_whichever_process_comes_first(
    world: Any, cases: list[str]
) -> None:
    now = world.clock.now()
    assert await listed(world) == []
    made = await asyncio.gather(*(anchor_days(world.database, now) for _ in range(4)))
    assert sorted(anchor.day for days in made for anchor in days) == [FIRST, FIRST + DAY, FIRST + 2 * DAY]
    assert await anchor_days(world.database, now) == []
    anchors = await listed(world)
    assert [(one["number"], one["day"], one["entries"]) for one in anchors] == [
        (3, "2026-01-07", 0),
        (2, "2026-01-06", 1),
        (1, "2026-01-05", 3),
    ]
    assert [one["previous"] for one in anchors] == [anchors[1]["hash"], anchors[2]["hash"], "0" * 64]
    told = await world.told("procedures.anchor.v1", "day", "2026-01-06")
    assert [(one.sequence, one.payload["hash"]) for one in told] == [(2, anchors[1]["hash"])]
    assert (await world.http.get(f"{ANCHORS}/2026-01-06")).json() == anchors[1]
    assert (await world.http.get(f"{ANCHORS}/2026-01-08")).json()["type"] == "/problems/anchor-not-found"
    assert await flaws(world) == []


async def test_where_no_case_was_ever_filed_nothing_is_anchored(world: Any) -> None:
    assert await anchor_days(world.database, world.clock.now() + 30 * DAY) == []


async def test_an_applicant_can_prove_that_an_act_stood_in_the_log_that_day(
    world: Any, cases: list[str]
) -> None:
    path = f"/procedures/v1/cases/{cases[1]}/log-entries/2/proof"
    assert (await world.http.get(path, headers=world.citizen())).json()[
        "type"
    ] == "/problems/anchor-not-found"
    await anchor_days(world.database, world.clock.now())
    for case, sequence in ((cases[0], 1), (cases[1], 1), (cases[1], 2), (cases[2], 1)):
        path = f"/procedures/v1/cases/{case}/log-entries/{sequence}/proof"
        proof = (await world.http.get(path, headers=world.citizen())).json()
        anchor = proof["anchor"]
        steps = Proof(proof["index"], tuple(bytes.fromhex(node) for node in proof["path"]))
        proved = proved_root(bytes.fromhex(proof["entry"]), anchor["entries"], steps)
        assert proved is not None
        assert proved.hex() == anchor["root"]
        log = (await world.http.get(f"/procedures/v1/cases/{case}/log", headers=world.citizen())).json()
        assert proof["entry"] == log["entries"][sequence - 1]["hash"]
    missing = await world.http.get(
        f"/procedures/v1/cases/{cases[0]}/log-entries/9/proof", headers=world.citizen()
    )
    assert missing.json()["type"] == "/problems/log-entry-not-found"


TAMPERINGS = {
    "DELETE FROM case_log WHERE sequence = 2": [(FIRST + DAY, "The entries of the day")],
    "UPDATE case_log SET hash = sha256(hash) WHERE sequence = 2": [(FIRST + DAY, "The entries of the day")],
    "UPDATE case_log SET at = at + interval '1 day' WHERE sequence = 2": [
        (FIRST + DAY, "The entries of the day"),
        (FIRST + 2 * DAY, "The entries of the day"),
    ],
    "UPDATE case_log SET at = at - interval '2 days' WHERE sequence = 2": [
        (FIRST, "There are entries from before"),
        (FIRST + DAY, "The entries of the day"),
    ],
    "DELETE FROM anchors WHERE number = 2": [(FIRST + 2 * DAY, "The anchor of a day before")],
    "UPDATE anchors SET root = sha256(root) WHERE number = 1": [(FIRST, "The anchor does not follow")],
    "UPDATE anchors SET hash = sha256(hash) WHERE number = 2": [
        (FIRST + DAY, "The anchor does not follow"),
        (FIRST + 2 * DAY, "The anchor does not follow"),
    ],
}


@pytest.mark.parametrize(("tampering", "found"), TAMPERINGS.items())
async def test_what_is_changed_after_it_was_anchored_is_found_on_its_day(
    world: Any, cases: list[str], tampering: str, found: list[tuple[date, str]]
) -> None:
    await anchor_days(world.database, world.clock.now())
    async with world.database.transaction() as tx:
        await tx.execute(text(tampering))
    days = {day for day, _ in found}
    assert [one for one in await flaws(world) if one[0] in days][: len(found)] != []
    for day, words in found:
        assert any(at == day and flaw.startswith(words) for at, flaw in await flaws(world)), await flaws(
            world
        )


async def test_who_rewrites_a_whole_history_is_found_by_an_anchor_that_was_kept_elsewhere(
    world: Any, cases: list[str]
) -> None:
    await anchor_days(world.database, world.clock.now())
    kept = {date.fromisoformat(one["day"]): bytes.fromhex(one["hash"]) for one in await listed(world)}
    async with world.database.transaction() as tx:
        for statement in (
            "DELETE FROM tasks",
            "DELETE FROM case_log WHERE sequence = 2",
            "DELETE FROM anchors",
        ):
            await tx.execute(text(statement))
    await anchor_days(world.database, world.clock.now())
    assert await flaws(world) == []
    assert (FIRST + DAY, "The anchor is not the one that was kept elsewhere.") in await flaws(world, kept)
    assert await flaws(world, {date(2020, 1, 1): bytes(32)}) == [
        (date(2020, 1, 1), "The anchor that was kept elsewhere is not here.")
    ]


async def test_the_application_anchors_as_long_as_it_runs(world: Any, cases: list[str]) -> None:
    async def all_days() -> bool:
        return len(await listed(world)) == 3

    async with world.app.router.lifespan_context(world.app):
        await eventually(all_days, what="an anchor of each day")
