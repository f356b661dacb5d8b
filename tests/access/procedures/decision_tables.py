"""Decision tables that were drawn elsewhere."""

from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt

_DRAWN = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="PRIVATE_TABLE">
<decisionTable><output name="approve"/><rule><outputEntry><text>true</text></outputEntry></rule></decisionTable>
</decision></definitions>"""


@recipe("POST /procedures/v1/imports/dmn")
async def import_dmn(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/imports/dmn",
        rightful=world.official("desk"),
        content=_DRAWN,
        headers={"content-type": "application/xml"},
        private="PRIVATE_TABLE",
    )
