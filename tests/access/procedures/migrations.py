"""Migrations of running cases."""

from typing import Any

from procedures.catalogue.examples import DEFINITION
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt


async def _with_two_versions(world: World) -> str:
    """A procedure of which the second version is in force, and a case runs on the first: its code."""
    code = str((await world.submitted())["procedure"])
    body = {**DEFINITION, "code": code}
    editor = world.official("desk")
    drafted = await world.http.post(f"{BASE}/procedures", json=body, headers=editor)
    answer = await world.http.post(
        f"{drafted.headers['location']}/publication", headers={**editor, "if-match": "*"}
    )
    assert answer.status_code == 201, answer.text
    return code


async def _planned(world: World, **body: Any) -> tuple[str, str]:
    """The path and ETag of a planned migration."""
    answer = await world.http.post(
        f"{BASE}/procedures/{await _with_two_versions(world)}/versions/2/migrations",
        json={"fromVersion": 1, **body},
        headers=world.official("desk"),
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"]


@recipe("POST /procedures/v1/procedures/{code}/versions/{version}/migrations")
async def plan_migration(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/procedures/{await _with_two_versions(world)}/versions/2/migrations",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={"fromVersion": 1},
        private="inTheWay",
        status=201,
    )


@recipe("GET /procedures/v1/migrations")
async def list_migrations(world: World) -> Attempt:
    path, _ = await _planned(world)
    return Attempt(
        f"{BASE}/migrations",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private=path.rpartition("/")[2],
    )


def _reading_of_migration(path: str, private: str) -> None:
    @recipe(f"GET /procedures/v1/migrations/{{migration_id}}{path}")
    async def read(world: World) -> Attempt:
        planned, _ = await _planned(world)
        return Attempt(
            f"{planned}{path}",
            rightful=world.client(),
            strangers=world.strangers_to_a_procedure(),
            private=private,
        )


_reading_of_migration("", "inTheWay")
_reading_of_migration("/obstacles", "items")


@recipe("POST /procedures/v1/migrations/{migration_id}/execution")
async def execute_migration(world: World) -> Attempt:
    planned, etag = await _planned(world)
    return Attempt(
        f"{planned}/execution",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={},
        headers={"if-match": etag},
        private="executed",
        status=201,
    )
