"""Work lists, claims, delegations and reassignments."""

from datetime import timedelta
from typing import Any

from procedures.officials.operations import learn_official
from shared.events.identity import OfficialAppointed
from shared.ids import new_id
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt


@recipe("GET /procedures/v1/work-list")
async def get_work_list(world: World) -> Attempt:
    case = await world.submitted()
    return Attempt(
        f"{BASE}/work-list?limit=200",
        rightful=world.official("desk"),
        strangers={
            "an official of another agency": world.official("desk", OTHER_AGENCY),
            "an official of no agency": world.official("desk", None),
            "an official of another unit": world.official("leaders"),
        },
        private=case["code"],
    )


def _others(world: World) -> dict[str, dict[str, str]]:
    return {**world.other_officials(), "an official of another unit": world.official("leaders")}


@recipe("POST /procedures/v1/work-list/claims")
async def claim_next(world: World) -> Attempt:
    case = await world.submitted()
    return Attempt(
        f"{BASE}/work-list/claims",
        rightful=world.official("desk"),
        strangers=_others(world),
        json={"procedure": case["procedure"]},
        private=case["code"],
        status=201,
    )


@recipe("POST /procedures/v1/cases/{case_id}/tasks/{step}/claim")
async def claim_task(world: World) -> Attempt:
    case = await world.submitted()
    return Attempt(
        f"{BASE}/cases/{case['id']}/tasks/TIEP_NHAN/claim",
        rightful=world.official("desk"),
        strangers=_others(world),
        private=case["code"],
        status=201,
    )


@recipe("DELETE /procedures/v1/cases/{case_id}/tasks/{step}/claim")
async def release_task(world: World) -> Attempt:
    case, desk = await world.submitted(), world.official("desk")
    path = f"{BASE}/cases/{case['id']}/tasks/TIEP_NHAN/claim"
    assert (await world.http.post(path, headers=desk)).status_code == 201
    return Attempt(path, rightful=desk, strangers=world.other_officials(), status=204)


def _lent(world: World, delegate: str) -> dict[str, Any]:
    now = world.clock.now()
    return {
        "delegate": delegate,
        "posts": [{"unit": "BP_MOT_CUA", "role": "TIEP_NHAN"}],
        "beginsAt": now.isoformat(),
        "endsAt": (now + timedelta(days=3)).isoformat(),
        "reason": "Nghỉ phép năm.",
    }


async def _appointed(world: World) -> str:
    """Another official of the agency: the subject."""
    subject = str(new_id())
    async with world.database.transaction() as tx:
        await learn_official(tx, subject, 1, OfficialAppointed(agency=AGENCY), world.clock.now())
    return subject


@recipe("POST /procedures/v1/delegations")
async def record_delegation(world: World) -> Attempt:
    delegate = await _appointed(world)
    return Attempt(
        f"{BASE}/delegations",
        rightful=world.official("desk"),
        strangers=_others(world),
        json=_lent(world, delegate),
        private=delegate,
        status=201,
        refused=frozenset({400}),  # whoever does not hold the posts
    )


async def _delegation(world: World) -> tuple[str, str]:
    """The path and ETag of a delegation."""
    answer = await world.http.post(
        f"{BASE}/delegations",
        json=_lent(world, await _appointed(world)),
        headers=world.official("desk"),
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"]


@recipe("GET /procedures/v1/delegations")
async def list_delegations(world: World) -> Attempt:
    path, _ = await _delegation(world)
    return Attempt(
        f"{BASE}/delegations",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=path.rpartition("/")[2],
    )


@recipe("GET /procedures/v1/delegations/{delegation_id}")
async def get_delegation(world: World) -> Attempt:
    path, _ = await _delegation(world)
    return Attempt(
        path, rightful=world.official("desk"), strangers=world.other_officials(), private="BP_MOT_CUA"
    )


@recipe("POST /procedures/v1/delegations/{delegation_id}/revocation")
async def revoke_delegation(world: World) -> Attempt:
    path, etag = await _delegation(world)
    return Attempt(
        f"{path}/revocation",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        headers={"if-match": etag},
        private="BP_MOT_CUA",
        status=201,
    )


_TO_ANOTHER_UNIT = {"fromUnit": "PHONG_TU_PHAP", "toUnit": "LANH_DAO", "reason": "Sáp nhập hai phòng."}


async def _planned(world: World) -> tuple[str, str, str]:
    """The path and ETag of a planned reassignment, and the id of a case that it is about."""
    case = await world.accepted()
    answer = await world.http.post(
        f"{BASE}/reassignments", json=_TO_ANOTHER_UNIT, headers=world.official("leaders")
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"], case


@recipe("POST /procedures/v1/reassignments")
async def plan_reassignment(world: World) -> Attempt:
    case = await world.accepted()
    read = await world.http.get(f"{BASE}/cases/{case}", headers=world.person(world.applicant))
    answer = await world.http.post(
        f"{BASE}/reassignments", json=_TO_ANOTHER_UNIT, headers=world.official("leaders")
    )
    assert answer.json()["cases"] >= 1
    return Attempt(
        f"{BASE}/reassignments",
        rightful=world.official("leaders"),
        strangers=world.other_officials(),
        json={**_TO_ANOTHER_UNIT, "procedure": read.json()["procedure"]},
        private='"cases":1',
        status=201,
        refused=frozenset({400}),  # where the units of their agency are known, it has none of this name
    )


@recipe("GET /procedures/v1/reassignments")
async def list_reassignments(world: World) -> Attempt:
    path, *_ = await _planned(world)
    return Attempt(
        f"{BASE}/reassignments",
        rightful=world.official("leaders"),
        strangers=world.other_officials(),
        private=path.rpartition("/")[2],
    )


def _reading_of_reassignment(path: str, private: str) -> None:
    @recipe(f"GET /procedures/v1/reassignments/{{reassignment_id}}{path}")
    async def read(world: World) -> Attempt:
        planned, _, _ = await _planned(world)
        return Attempt(
            f"{planned}{path}",
            rightful=world.official("leaders"),
            strangers=world.other_officials(),
            private=private,
        )


_reading_of_reassignment("", "LANH_DAO")
_reading_of_reassignment("/cases", "XU_LY")


@recipe("POST /procedures/v1/reassignments/{reassignment_id}/execution")
async def execute_reassignment(world: World) -> Attempt:
    planned, etag, _ = await _planned(world)
    return Attempt(
        f"{planned}/execution",
        rightful=world.official("leaders"),
        strangers=world.other_officials(),
        headers={"if-match": etag},
        private="ordered",
        status=201,
    )
