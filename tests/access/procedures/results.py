"""Results and their verification."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from procedures.catalogue.examples import DEFINITION
from procedures.results.certificates import make_sample_certificate
from procedures.results.signing import Seal
from procedures.results.signing_keys import SigningKeys
from shared.ids import new_id
from tests.access.procedures.world import BASE, World, recipe
from tests.access.walk import Attempt

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
RESULT = {
    "code": "GIAY",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"},
    "symbol": "GXN",
    "template": "Xác nhận {{ form.fullName }}.",
}


async def _decided(world: World) -> str:
    """The id of a case that was granted and may have a result, with a certificate to sign it."""
    folder = Path(tempfile.mkdtemp())
    make_sample_certificate(folder, b"a", MONDAY)
    desk = world.app.state.desk
    world.app.state.desk = replace(desk, press=replace(desk.press, seal=Seal(SigningKeys(folder, b"a"))))
    code = f"MAU-{new_id().hex[-8:].upper()}"
    clerk = world.official("desk")
    body = {**DEFINITION, "code": code, "results": [RESULT]}
    drafted = await world.http.post(f"{BASE}/procedures", json=body, headers=clerk)
    etag = {**clerk, "if-match": drafted.headers["etag"]}
    await world.http.post(f"{BASE}/procedures/{code}/versions/1/publication", headers=etag)
    filed = {"procedure": code, "form": {"fullName": "Trần Thị Mẫu"}}
    receipt = await world.http.post(f"{BASE}/cases", json=filed, headers=world.person(world.applicant))
    case = str(receipt.json()["id"])
    await world.act(case, "acceptance", clerk)
    await world.act(case, "decision", world.official("justice"), {"outcome": "granted", "reason": "Đủ."})
    return case


@recipe("POST /procedures/v1/cases/{case_id}/issuance")
async def issue_result(world: World) -> Attempt:
    return await world.command(await _decided(world), "issuance", "desk", {"type": "GIAY"})


async def _issued(world: World) -> tuple[str, str]:
    """A case and the id of its result."""
    case = await _decided(world)
    await world.act(case, "issuance", world.official("desk"), {"type": "GIAY"})
    view = await world.http.get(f"{BASE}/cases/{case}", headers=world.person(world.applicant))
    return case, str(view.json()["results"][0]["id"])


@recipe("POST /procedures/v1/cases/{case_id}/results/{result_id}/revocation")
async def revoke_result(world: World) -> Attempt:
    case, result = await _issued(world)
    body = {"reason": "Khai sai.", "legalGround": "Điều 93"}
    return await world.command(case, f"results/{result}/revocation", "desk", body)


@recipe("GET /procedures/v1/results/{token}")
async def verify_result(world: World) -> Attempt:
    _, result = await _issued(world)
    async with world.database.reading() as tx:
        token = await tx.scalar(text("SELECT token FROM results WHERE id = :id"), {"id": result})
    return Attempt(f"{BASE}/results/{token}")


@recipe("GET /procedures/v1/result-keys")
async def list_result_keys(_: World) -> Attempt:
    return Attempt(f"{BASE}/result-keys")
