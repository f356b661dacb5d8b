"""Register sheets and drawings, read in and written out."""

from procedures.catalogue.examples import DEFINITION, SHEET
from procedures.domain.bpmn import write_bpmn
from procedures.domain.definition_json import definition_from_json
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt


@recipe("POST /procedures/v1/imports")
async def import_sheet(world: World) -> Attempt:
    return Attempt(f"{BASE}/imports", rightful=world.official("desk"), json=SHEET, private="TP98", status=201)


@recipe("POST /procedures/v1/imports/bpmn")
async def import_bpmn(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/imports/bpmn",
        rightful=world.official("desk"),
        content=write_bpmn(definition_from_json({**DEFINITION, "code": "BV99"})),
        headers={"content-type": "application/xml"},
        private="BV99",
        status=201,
    )


@recipe("GET /procedures/v1/procedures/{code}/versions/{version}/bpmn")
async def get_bpmn(world: World) -> Attempt:
    code, _ = await world.published()
    return Attempt(f"{BASE}/procedures/{code}/versions/1/bpmn")


@recipe("GET /procedures/v1/drafts/{code}/versions/{version}/bpmn")
async def get_draft_bpmn(world: World) -> Attempt:
    code, _ = await world.drafted()
    return Attempt(
        f"{BASE}/drafts/{code}/versions/1/bpmn",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private=code,
    )
