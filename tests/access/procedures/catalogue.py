"""Procedures, their versions and drafts, simulations."""

import json

from procedures.catalogue.examples import DEFINITION, SHEET
from shared.ids import new_id
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt


@recipe("GET /procedures/v1/procedures")
async def list_procedures(_: World) -> Attempt:
    return Attempt(f"{BASE}/procedures")


@recipe("GET /procedures/v1/procedures/{code}/versions/{version}")
async def get_version(world: World) -> Attempt:
    return Attempt(f"{BASE}/procedures/{(await world.published())[0]}/versions/1")


@recipe("GET /procedures/v1/procedures/{code}/versions")
async def list_versions(world: World) -> Attempt:
    return Attempt(f"{BASE}/procedures/{(await world.published())[0]}/versions")


@recipe("GET /procedures/v1/drafts")
async def list_drafts(world: World) -> Attempt:
    code, _ = await world.drafted()
    strangers = world.strangers_to_a_procedure()
    return Attempt(f"{BASE}/drafts?limit=200", world.client(), strangers, private=code)


@recipe("GET /procedures/v1/drafts/{code}/versions/{version}")
async def get_draft(world: World) -> Attempt:
    code, _ = await world.drafted()
    return Attempt(
        f"{BASE}/drafts/{code}/versions/1",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private=code,
    )


def _reading_of_version(path: str, query: str = "") -> None:
    @recipe(f"GET /procedures/v1/procedures/{{code}}/versions/{{version}}{path}")
    async def of_published(world: World) -> Attempt:
        return Attempt(f"{BASE}/procedures/{(await world.published())[0]}/versions/1{path}{query}")

    @recipe(f"GET /procedures/v1/drafts/{{code}}/versions/{{version}}{path}")
    async def of_draft(world: World) -> Attempt:
        code, _ = await world.drafted()
        return Attempt(
            f"{BASE}/drafts/{code}/versions/1{path}{query}",
            rightful=world.client(),
            strangers=world.strangers_to_a_procedure(),
            private='"since":1' if query else code,
        )


for _path, _query in (("/changes", "?since=1"), ("/form", ""), ("/definition", "")):
    _reading_of_version(_path, _query)


async def _of_a_sheet(world: World, *, published: bool) -> str:
    """A procedure that a register sheet can say: its code."""
    code = f"MAU-{new_id().hex[-8:].upper()}"
    sheet = json.loads(json.dumps(SHEET).replace("TP98", code))
    answer = await world.http.post(f"{BASE}/imports", json=sheet, headers=world.official("desk"))
    assert answer.status_code == 201, answer.text
    if published:
        answer = await world.http.post(
            f"{BASE}/procedures/{code}/versions/1/publication",
            headers={**world.official("desk"), "if-match": "*"},
        )
        assert answer.status_code == 201, answer.text
    return code


@recipe("GET /procedures/v1/procedures/{code}/versions/{version}/sheet")
async def get_sheet(world: World) -> Attempt:
    return Attempt(f"{BASE}/procedures/{await _of_a_sheet(world, published=True)}/versions/1/sheet")


@recipe("GET /procedures/v1/drafts/{code}/versions/{version}/sheet")
async def get_sheet_of_draft(world: World) -> Attempt:
    code = await _of_a_sheet(world, published=False)
    return Attempt(
        f"{BASE}/drafts/{code}/versions/1/sheet",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private=code,
    )


@recipe("POST /procedures/v1/procedures")
async def draft_procedure(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/procedures",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={**DEFINITION, "code": f"MAU-{new_id().hex[-8:].upper()}"},
        private="MAU-",
        status=201,
    )


@recipe("PUT /procedures/v1/procedures/{code}/versions/{version}")
async def change_draft(world: World) -> Attempt:
    code, etag = await world.drafted()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={**DEFINITION, "code": code, "title": {"vi": "Tên khác", "en": "Another title"}},
        headers={"if-match": etag},
        private=code,
    )


@recipe("POST /procedures/v1/procedures/{code}/versions/{version}/publication")
async def publish_version(world: World) -> Attempt:
    code, etag = await world.drafted()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1/publication",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        headers={"if-match": etag},
        private=code,
        status=201,
    )


@recipe("POST /procedures/v1/procedures/{code}/versions/{version}/retirement")
async def retire_version(world: World) -> Attempt:
    code, etag = await world.published()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1/retirement",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        headers={"if-match": etag},
        private=code,
        status=201,
    )


@recipe("POST /procedures/v1/procedures/{code}/versions/{version}/simulations")
async def simulate(world: World) -> Attempt:
    code, _ = await world.drafted()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1/simulations",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        json={},
        private="XU_LY",
    )
