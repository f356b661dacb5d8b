"""Cases that belong to another: parts, appeals, and rulings on them."""

from procedures.catalogue.examples import DEFINITION
from shared.ids import new_id
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt

FORM = {"fullName": "Trần Thị Mẫu"}


async def _published(world: World, **changes: object) -> str:
    """The code of a procedure of the agency in force."""
    code = f"MAU-{new_id().hex[-8:].upper()}"
    clerk = world.official("desk")
    drafted = await world.http.post(
        f"{BASE}/procedures", json={**DEFINITION, "code": code, **changes}, headers=clerk
    )
    etag = {**clerk, "if-match": drafted.headers["etag"]}
    answer = await world.http.post(f"{BASE}/procedures/{code}/versions/1/publication", headers=etag)
    assert answer.status_code == 201, answer.text
    return code


async def _refused(world: World) -> str:
    """The id of a case that was not accepted, and may be appealed."""
    complaints = await _published(world)
    code = await _published(world, appeal={"procedure": complaints})
    person = world.person(world.applicant)
    filed = await world.http.post(f"{BASE}/cases", json={"procedure": code, "form": FORM}, headers=person)
    case = str(filed.json()["id"])
    refusal = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
    await world.act(case, "refusal", world.official("desk"), refusal)
    return case


@recipe("POST /procedures/v1/cases/{case_id}/children")
async def open_child_case(world: World) -> Attempt:
    body = {"procedure": await _published(world), "form": FORM}
    return await world.command(await world.accepted(), "children", "justice", body)


@recipe("POST /procedures/v1/cases/{case_id}/appeals")
async def file_appeal(world: World) -> Attempt:
    case = await _refused(world)
    return Attempt(
        f"{BASE}/cases/{case}/appeals",
        rightful=world.person(world.applicant),
        strangers={"another person": world.person()},
        json={"form": FORM},
        headers={"if-match": await world.etag(case)},
        private="trackingSecret",
        status=201,
    )


async def _appealed(world: World) -> tuple[str, str]:
    """The id of a case that was not accepted, and of the appeal against that, which is received."""
    case = await _refused(world)
    headers = {**world.person(world.applicant), "if-match": await world.etag(case)}
    filed = await world.http.post(f"{BASE}/cases/{case}/appeals", json={"form": FORM}, headers=headers)
    appeal = str(filed.json()["id"])
    await world.act(appeal, "acceptance", world.official("desk"))
    return case, appeal


OVERTURNED = {"verdict": "overturned", "reason": "Từ chối không đúng."}


@recipe("POST /procedures/v1/cases/{case_id}/ruling")
async def rule_on_appeal(world: World) -> Attempt:
    _, appeal = await _appealed(world)
    return await world.command(appeal, "ruling", "justice", OVERTURNED)


@recipe("POST /procedures/v1/cases/{case_id}/reopening")
async def reopen_case(world: World) -> Attempt:
    case, appeal = await _appealed(world)
    await world.act(appeal, "ruling", world.official("justice"), OVERTURNED)
    return await world.command(case, "reopening", "desk", {"reason": "Thực hiện quyết định khiếu nại."})
