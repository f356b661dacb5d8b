"""Open data: a published version of a dataset, and one attempt at each route."""

from datetime import timedelta

from open_data import operations
from open_data.domain.case_fact import Act, Kind
from open_data.domain.dataset import DEFINITIONS
from shared.ids import new_id
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt, Ground, recipes

recipe = recipes("open-data")

BASE = "/open-data/v1"
SLUG = "on-time-processing"
_SCOPE = "open-data:datasets:write"


class World(Ground):
    """The service, with one case decided in time."""

    async def prepare(self) -> None:
        now = self.clock.now()
        acts = (
            Act(Kind.ACCEPTED, now - timedelta(days=40), AGENCY, "TP01", now),
            Act(Kind.DECIDED, now - timedelta(days=38), AGENCY, "TP01", now),
            Act(Kind.CLOSED, now - timedelta(days=38), AGENCY, "TP01"),
        )
        case = new_id()
        async with self.database.transaction() as tx:
            await operations.offer_datasets(tx, AGENCY)
            for sequence, act in enumerate(acts, start=1):
                await operations.record_act(tx, case, sequence, act)
        async with self.database.transaction() as tx:
            assert await operations.publish(tx, self.app.state.lake, DEFINITIONS[SLUG], now=now)


def _open(path: str, filled: str = "") -> None:
    @recipe(f"GET {BASE}{path}")
    async def ask(_: World) -> Attempt:
        return Attempt(BASE + (filled or path.replace("{slug}", SLUG).replace("{number}", "latest")))


for _path in (
    *("/catalog.jsonld", "/datasets", "/datasets/{slug}", "/datasets/{slug}/versions"),
    "/datasets/{slug}/versions/{number}",
    "/datasets/{slug}/versions/{number}/rows",
    "/datasets/{slug}/versions/{number}/rows.csv",
    "/datasets/{slug}/versions/{number}/rows.json",
    "/datasets/{slug}/versions/{number}/data.parquet",
):
    _open(_path)


@recipe("PUT /open-data/v1/datasets/{slug}/metadata")
async def describe_dataset(world: World) -> Attempt:
    present = await world.http.get(f"{BASE}/datasets/{SLUG}")
    return Attempt(
        f"{BASE}/datasets/{SLUG}/metadata",
        rightful=world.bearer(_SCOPE, kind="official", agency=AGENCY),
        strangers={
            "an official of another agency": world.bearer(_SCOPE, kind="official", agency=OTHER_AGENCY),
            "a client of another agency": world.bearer(_SCOPE, kind="client", agency=OTHER_AGENCY),
            "an official of no agency": world.bearer(_SCOPE, kind="official"),
            "a client of no agency": world.bearer(_SCOPE, kind="client"),
        },
        json=present.json()["metadata"],
        headers={"if-match": present.headers["etag"]},
        private=SLUG,
    )
