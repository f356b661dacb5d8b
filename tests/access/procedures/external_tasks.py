"""Steps that systems do."""

from typing import Any

from procedures.catalogue.examples import DEFINITION
from shared.ids import new_id
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt

TASKS = f"{BASE}/external-tasks"
PDF = b"%PDF-1.7 a paper of one person alone %%EOF"


def system(world: World, agency: str | None = AGENCY, name: str = "a-system") -> dict[str, str]:
    return world.bearer("procedures:tasks:work", kind="client", agency=agency, subject=name)


def other_systems(world: World) -> dict[str, dict[str, str]]:
    return {
        "another system of the agency": system(world, name="another-system"),
        "a system of another agency": system(world, OTHER_AGENCY),
        "a system of no agency": system(world, None),
    }


def other_officials(world: World) -> dict[str, dict[str, str]]:
    return {**world.other_officials(), "an official of another unit": world.official("leaders")}


async def waiting(world: World) -> tuple[str, str, str]:
    """A case that waits for a system: its procedure, its id, and a document of it."""
    code = f"MAU-{new_id().hex[-8:].upper()}"
    receive, process = DEFINITION["steps"]
    paper = {"code": "GIAY_TO", "title": {"vi": "Giấy tờ", "en": "Paper"}, "required": False}
    left = {**process, "external": {"attempts": 1}}
    body = {**DEFINITION, "code": code, "documents": [paper], "steps": [receive, left]}
    clerk, applicant = world.official("desk"), world.person(world.applicant)
    drafted = await world.http.post(f"{BASE}/procedures", json=body, headers=clerk)
    etag = {**clerk, "if-match": drafted.headers["etag"]}
    await world.http.post(f"{BASE}/procedures/{code}/versions/1/publication", headers=etag)
    document = await world.document(applicant)
    filed = {
        "procedure": code,
        "form": {"fullName": "Trần Thị Mẫu"},
        "documents": [{"document": "GIAY_TO", "id": document}],
    }
    receipt = await world.http.post(f"{BASE}/cases", json=filed, headers=applicant)
    case = str(receipt.json()["id"])
    await world.act(case, "acceptance", clerk)
    return code, case, document


async def held(world: World) -> tuple[str, str, str, str]:
    """A task that a system holds: its path, its lease, its case, and a document of that."""
    code, case, document = await waiting(world)
    claimed = await world.http.post(f"{TASKS}/claims", json={"procedure": code}, headers=system(world))
    return f"{TASKS}/{case}/steps/XU_LY", str(claimed.json()["items"][0]["lease"]), case, document


async def stuck(world: World) -> tuple[str, str, str]:
    """A task that an official must look into: its path, the incident, and its case."""
    path, lease, case, _ = await held(world)
    body = {"lease": lease, "message": "Không trả lời."}
    failed = await world.http.post(f"{path}/failure", json=body, headers=system(world))
    return path, str(failed.json()["incident"]), case


@recipe("POST /procedures/v1/external-tasks/claims")
async def claim(world: World) -> Attempt:
    code, case, _ = await waiting(world)
    others = other_systems(world)
    del others["another system of the agency"]  # it may take the task as well
    return Attempt(
        f"{TASKS}/claims",
        rightful=system(world),
        strangers=others,
        json={"procedure": code},
        private=case,
        status=201,
    )


@recipe("GET /procedures/v1/external-tasks/{case_id}/steps/{step}")
async def read(world: World) -> Attempt:
    path, lease, _, _ = await held(world)
    return Attempt(
        f"{path}?lease={lease}",
        rightful=system(world),
        strangers=other_systems(world),
        private="Trần Thị Mẫu",
        refused=frozenset({409}),
    )


@recipe("GET /procedures/v1/external-tasks/{case_id}/steps/{step}/documents/{document_id}/content")
async def read_document(world: World) -> Attempt:
    path, lease, _, document = await held(world)
    return Attempt(
        f"{path}/documents/{document}/content?lease={lease}",
        rightful=system(world),
        strangers=other_systems(world),
        private=PDF.decode(),
        refused=frozenset({409}),
    )


def _of_holders(command: str, **body: Any) -> None:
    @recipe(f"POST /procedures/v1/external-tasks/{{case_id}}/steps/{{step}}/{command}")
    async def attempt(world: World) -> Attempt:
        path, lease, case, _ = await held(world)
        if command == "completion":  # after the last step the case closes, so it must be decided
            decision = {"outcome": "granted", "reason": "Đủ."}
            await world.act(case, "decision", world.official("justice"), decision)
        return Attempt(
            f"{path}/{command}",
            rightful=system(world),
            strangers=other_systems(world),
            json={"lease": lease, **body},
            status=201,
            refused=frozenset({409}),
        )


_of_holders("extension")
_of_holders("release")
_of_holders("completion")
_of_holders("failure", message="Không trả lời.")


@recipe("GET /procedures/v1/external-tasks/incidents")
async def list_incidents(world: World) -> Attempt:
    _, incident, _ = await stuck(world)
    return Attempt(
        f"{TASKS}/incidents?limit=200",
        rightful=world.official("justice"),
        strangers=other_officials(world),
        private=incident,
    )


@recipe("POST /procedures/v1/external-tasks/{case_id}/steps/{step}/recall")
async def recall(world: World) -> Attempt:
    path, _, case, _ = await held(world)
    return Attempt(
        f"{path}/recall",
        rightful=world.official("justice"),
        strangers=other_officials(world),
        private=case,
        status=201,
    )


@recipe("POST /procedures/v1/external-tasks/{case_id}/steps/{step}/resolution")
async def resolve(world: World) -> Attempt:
    path, incident, case = await stuck(world)
    return Attempt(
        f"{path}/resolution",
        rightful=world.official("justice"),
        strangers=other_officials(world),
        json={"incident": incident},
        private=case,
        status=201,
    )
