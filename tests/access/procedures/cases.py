"""Cases, what officials do to them, and their documents."""

from dataclasses import replace
from datetime import timedelta

from tests.access.procedures.world import BASE, PDF, World, recipe
from tests.access.walk import Attempt


@recipe("POST /procedures/v1/cases")
async def submit_case(world: World) -> Attempt:
    code, _ = await world.published()
    body = {"procedure": code, "form": {"fullName": "Trần Thị Mẫu"}}
    return Attempt(f"{BASE}/cases", rightful=world.person(), json=body, status=201)


@recipe("GET /procedures/v1/cases")
async def list_cases(world: World) -> Attempt:
    case = await world.submitted()
    return Attempt(
        f"{BASE}/cases",
        rightful=world.person(world.applicant),
        strangers=world.strangers_to_a_case(),
        private=case["code"],
    )


def _reading(path: str) -> None:
    @recipe(f"GET /procedures/v1/cases/{{case_id}}{path}")
    async def read(world: World) -> Attempt:
        case = await world.submitted()
        return Attempt(
            f"{BASE}/cases/{case['id']}{path}",
            rightful=world.person(world.applicant),
            strangers=world.strangers_to_a_case(),
            private=case["code"],
        )


for _path in ("", "/log", "/clock"):
    _reading(_path)


@recipe("POST /procedures/v1/tracking")
async def track_case(world: World) -> Attempt:
    case = await world.submitted()
    return Attempt(f"{BASE}/tracking", json={"code": case["code"], "secret": case["trackingSecret"]})


@recipe("POST /procedures/v1/cases/{case_id}/acceptance")
async def accept_case(world: World) -> Attempt:
    return await world.command((await world.submitted())["id"], "acceptance", "desk")


@recipe("POST /procedures/v1/cases/{case_id}/refusal")
async def refuse_case(world: World) -> Attempt:
    body = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
    return await world.command((await world.submitted())["id"], "refusal", "desk", body)


@recipe("POST /procedures/v1/cases/{case_id}/tasks/{step}/completion")
async def complete_task(world: World) -> Attempt:
    case = await world.accepted()
    await world.act(case, "decision", world.official("justice"), {"outcome": "granted", "reason": "Đủ."})
    return await world.command(case, "tasks/XU_LY/completion", "justice", {})


@recipe("POST /procedures/v1/cases/{case_id}/supplement-request")
async def request_supplement(world: World) -> Attempt:
    body = {"items": [{"document": "giay-to", "reason": "Bản chụp bị mờ."}]}
    return await world.command(await world.accepted(), "supplement-request", "justice", body)


@recipe("POST /procedures/v1/cases/{case_id}/supplement")
async def supplement_case(world: World) -> Attempt:
    case = await world.accepted()
    asked = {"items": [{"document": "giay-to", "reason": "Bản chụp bị mờ."}]}
    await world.act(case, "supplement-request", world.official("justice"), asked)
    applicant = world.person(world.applicant)
    body = {"documents": [{"document": "giay-to", "id": await world.document(applicant)}]}
    return Attempt(
        f"{BASE}/cases/{case}/supplement",
        rightful=applicant,
        strangers={"another person": world.person()},
        json=body,
        headers={"if-match": await world.etag(case)},
        private=case,
        status=201,
    )


@recipe("POST /procedures/v1/cases/{case_id}/decision")
async def decide_case(world: World) -> Attempt:
    body = {"outcome": "granted", "reason": "Đủ điều kiện."}
    return await world.command(await world.accepted(), "decision", "justice", body)


@recipe("POST /procedures/v1/cases/{case_id}/result")
async def record_result(world: World) -> Attempt:
    case, official = await world.accepted(), world.official("justice")
    await world.act(case, "decision", official, {"outcome": "granted", "reason": "Đủ."})
    body = {"documents": [{"document": "ket-qua", "id": await world.document(official)}]}
    command = await world.command(case, "result", "justice", body)
    return replace(command, rightful=official, refused=frozenset({400}))  # whoever did not send the document


@recipe("POST /procedures/v1/cases/{case_id}/withdrawal")
async def withdraw_case(world: World) -> Attempt:
    case = (await world.submitted())["id"]
    return Attempt(
        f"{BASE}/cases/{case}/withdrawal",
        rightful=world.person(world.applicant),
        strangers={"another person": world.person()},
        json={},
        headers={"if-match": await world.etag(case)},
        private=case,
        status=201,
    )


@recipe("POST /procedures/v1/documents")
async def send_document(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/documents?fileName=giay-to.pdf",
        rightful=world.person(),
        content=PDF,
        headers={"content-type": "application/pdf"},
        status=201,
    )


@recipe("GET /procedures/v1/documents/{document_id}/content")
async def get_content(world: World) -> Attempt:
    owner = world.person(world.applicant)
    return Attempt(
        f"{BASE}/documents/{await world.document(owner)}/content",
        rightful=owner,
        strangers={
            **world.strangers_to_a_case(),
            "an official of an agency that was not sent it": world.official("desk"),
        },
        private=PDF.decode(),
    )


@recipe("POST /procedures/v1/cases/{case_id}/extension")
async def extend_case(world: World) -> Attempt:
    body = {"by": {"kind": "working_days", "amount": 2}, "reason": "Cần xác minh thêm."}
    return await world.command(await world.accepted(), "extension", "justice", body)


@recipe("POST /procedures/v1/cases/{case_id}/apology")
async def apologise_for_case(world: World) -> Attempt:
    case = await world.accepted()
    world.clock.advance(timedelta(days=30))
    body = {"reason": "Phải xác minh lại.", "promisedDate": "2026-12-28"}
    return await world.command(case, "apology", "justice", body)
