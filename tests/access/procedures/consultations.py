"""Consultations: asking, being asked, answering, and taking a question back."""

from typing import Any

from procedures.agencies.operations import learn_agency
from shared.events.identity import AgencyRegistered, Unit
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import OTHER_AGENCY, Attempt

_UNITS = (Unit(code="PHONG_TU_PHAP", name_vi="Phòng Tư pháp", name_en="Justice section"),)
_BODY = {
    "consultees": [{"agency": OTHER_AGENCY, "unit": "PHONG_TU_PHAP", "question": "Có vướng quy hoạch không?"}]
}


async def _known(world: World) -> None:
    event = AgencyRegistered(code=OTHER_AGENCY, name_vi="Sở", name_en="Department", units=_UNITS)
    async with world.database.transaction() as tx:
        await learn_agency(tx, 1, event)


async def _asked(world: World) -> tuple[str, dict[str, Any]]:
    """A case and what another agency is asked about it, as the case tells it."""
    await _known(world)
    case = await world.accepted()
    await world.act(case, "consultations", world.official("justice"), _BODY)
    view = await world.http.get(f"{BASE}/cases/{case}", headers=world.person(world.applicant))
    consultation: dict[str, Any] = view.json()["consultations"][0]
    return case, consultation


def _not_asked(world: World) -> dict[str, dict[str, str]]:
    return {
        "an official of another agency": world.official("justice", "H99.03"),
        "an official of the agency that asks": world.official("justice"),
        "an official of no agency": world.official("justice", None),
    }


@recipe("POST /procedures/v1/cases/{case_id}/consultations")
async def request_consultation(world: World) -> Attempt:
    await _known(world)
    return await world.command(await world.accepted(), "consultations", "justice", _BODY)


@recipe("POST /procedures/v1/cases/{case_id}/consultations/{consultation_id}/withdrawal")
async def withdraw_consultation(world: World) -> Attempt:
    case, consultation = await _asked(world)
    path = f"consultations/{consultation['id']}/withdrawal"
    return await world.command(case, path, "justice", {"reason": "Đã có văn bản."})


@recipe("GET /procedures/v1/consultations")
async def list_consultations(world: World) -> Attempt:
    _, consultation = await _asked(world)
    return Attempt(
        f"{BASE}/consultations?limit=200",
        rightful=world.official("justice", OTHER_AGENCY),
        strangers={
            **_not_asked(world),
            "an official of another unit": world.official("leaders", OTHER_AGENCY),
        },
        private=consultation["consultees"][0]["id"],
    )


@recipe("GET /procedures/v1/consultations/{question_id}")
async def get_consultation(world: World) -> Attempt:
    _, consultation = await _asked(world)
    return Attempt(
        f"{BASE}/consultations/{consultation['consultees'][0]['id']}",
        rightful=world.official("justice", OTHER_AGENCY),
        strangers={**_not_asked(world), "a client of another agency": world.client("H99.03")},
        private="Có vướng quy hoạch không?",
    )


@recipe("POST /procedures/v1/consultations/{question_id}/answer")
async def answer_consultation(world: World) -> Attempt:
    _, consultation = await _asked(world)
    return Attempt(
        f"{BASE}/consultations/{consultation['consultees'][0]['id']}/answer",
        rightful=world.official("justice", OTHER_AGENCY),
        strangers={
            **_not_asked(world),
            "an official of another unit": world.official("leaders", OTHER_AGENCY),
        },
        json={"opinion": "agree"},
        headers={"if-match": "*"},
        private="Có vướng quy hoạch không?",
        status=201,
    )
