"""Whatever of a person's case an official is shown, by whatever route, that person will be told of it."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from procedures.tables import cases, outbox
from shared.events.procedures import ACCESS_TOPIC
from tests.access.procedures import World
from tests.access.walk import AGENCY, GUARDED, RECIPES, Route

ALL_POSTS = [
    (unit, role)
    for unit in ("BP_MOT_CUA", "PHONG_TU_PHAP", "LANH_DAO")
    for role in ("TIEP_NHAN", "XU_LY", "PHE_DUYET", "LUU_TRU")
]
FOR_AGENCIES = [
    route for route in GUARDED if route.member == "procedures" and route.kinds & {"official", "client"}
]


async def codes_of_cases(world: World) -> set[str]:
    async with world.database.reading() as tx:
        return set((await tx.execute(select(cases.c.code))).scalars())


async def told_of(world: World) -> set[str]:
    """The codes of the cases of which it was recorded that they were shown."""
    query = select(outbox.c.payload).where(outbox.c.aggregatetype == ACCESS_TOPIC.name)
    async with world.database.reading() as tx:
        told = (await tx.execute(query)).scalars().all()
    return {case["code"] for one in told for case in one["cases"]}


@pytest.mark.parametrize("kind", ["official", "client"])
@pytest.mark.parametrize("route", FOR_AGENCIES, ids=str)
async def test_each_case_that_is_shown_is_recorded_in_the_same_breath(
    route: Route, kind: str, world_of: Callable[[str], World]
) -> None:
    world = world_of("procedures")
    attempt = await RECIPES[str(route)](world)
    posts = ALL_POSTS if kind == "official" else []
    who = world.bearer(str(route.scope), kind=kind, agency=AGENCY, posts=posts)
    before = await told_of(world)
    answer = await attempt.send(world.http, route.method, who)
    if not answer.is_success:
        return  # not for them: test_access sees to that
    known = await codes_of_cases(world)
    shown = known & set(re.findall(r"[A-Z0-9.]+-\d{6}-\d{4,}", answer.text))
    assert shown <= await told_of(world), "shown and not recorded"
    assert before <= await told_of(world)


async def test_the_walk_comes_by_cases_that_are_shown(world_of: Callable[[str], World]) -> None:
    """Else the test above could not fail."""
    world = world_of("procedures")
    case = await world.submitted()
    path = f"/procedures/v1/cases/{case['id']}"
    for who in (world.official("desk"), world.client()):
        answer = await world.http.get(path, headers=who)
        assert case["code"] in answer.text
    assert case["code"] in await told_of(world)
