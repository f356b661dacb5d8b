"""Anchors of the log, retention and disposal."""

from datetime import timedelta

from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt


@recipe("GET /procedures/v1/anchors")
async def list_anchors(world: World) -> Attempt:
    await world.anchored()
    return Attempt(f"{BASE}/anchors")


@recipe("GET /procedures/v1/anchors/{day}")
async def get_anchor(world: World) -> Attempt:
    await world.anchored()
    return Attempt(f"{BASE}/anchors/{world.clock.now().date() - timedelta(days=2)}")


@recipe("GET /procedures/v1/cases/{case_id}/log-entries/{sequence}/proof")
async def prove_entry(world: World) -> Attempt:
    case = await world.anchored()
    return Attempt(
        f"{BASE}/cases/{case}/log-entries/1/proof",
        rightful=world.person(world.applicant),
        strangers=world.strangers_to_a_case(),
        private='"path"',
    )


@recipe("GET /procedures/v1/due-disposals")
async def list_due_disposals(world: World) -> Attempt:
    case = await world.due()
    return Attempt(
        f"{BASE}/due-disposals?disposal=destroy&limit=200",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=case["code"],
    )


@recipe("POST /procedures/v1/disposal-lists")
async def draw_up_disposal_list(world: World) -> Attempt:
    case = await world.due()
    return Attempt(
        f"{BASE}/disposal-lists",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        json={"disposal": "destroy", "ground": "Luật Lưu trữ 2024", "cases": [case["id"]]},
        private='"drawn_up"',
        status=201,
        refused=frozenset({400}),  # to another agency the case is not due
    )


@recipe("GET /procedures/v1/disposal-lists")
async def list_disposal_lists(world: World) -> Attempt:
    listed, _, _ = await world.drawn_up()
    return Attempt(
        f"{BASE}/disposal-lists",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=listed,
    )


@recipe("GET /procedures/v1/disposal-lists/{list_id}")
async def get_disposal_list(world: World) -> Attempt:
    listed, _, _ = await world.drawn_up()
    return Attempt(
        f"{BASE}/disposal-lists/{listed}",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=listed,
    )


@recipe("GET /procedures/v1/disposal-lists/{list_id}/cases")
async def list_cases_to_dispose_of(world: World) -> Attempt:
    listed, _, case = await world.drawn_up()
    return Attempt(
        f"{BASE}/disposal-lists/{listed}/cases",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=case["code"],
    )


def _settling(command: str) -> None:
    @recipe(f"POST /procedures/v1/disposal-lists/{{list_id}}/{command}")
    async def settle(world: World) -> Attempt:
        listed, etag, _ = await world.drawn_up()
        return Attempt(
            f"{BASE}/disposal-lists/{listed}/{command}",
            rightful=world.official("desk"),
            strangers=world.other_officials(),
            json={},
            headers={"if-match": etag},
            private=listed,
            status=201,
        )


for _command in ("approval", "dismissal"):
    _settling(_command)


@recipe("POST /procedures/v1/cases/{case_id}/hold")
async def hold_case(world: World) -> Attempt:
    return await world.keeping((await world.submitted())["id"], "hold", {"reason": "Đang khiếu nại."})


@recipe("POST /procedures/v1/cases/{case_id}/release")
async def release_case(world: World) -> Attempt:
    case = (await world.submitted())["id"]
    await world.act(case, "hold", world.official("desk"), {"reason": "Đang khiếu nại."})
    return await world.keeping(case, "release")
