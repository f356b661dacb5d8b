"""Procedures: a published procedure, its cases at every station, and one attempt at each route."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from procedures.anchors.operations import anchor_days
from procedures.catalogue.examples import DEFINITION, SHEET
from procedures.domain.bpmn import write_bpmn
from procedures.domain.definition_json import definition_from_json
from procedures.results.certificates import make_sample_certificate
from procedures.results.signing import Seal
from procedures.retention.operations import schedule_retentions
from shared.ids import new_id
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt, Ground, recipes

recipe = recipes("procedures")

BASE = "/procedures/v1"
PDF = b"%PDF-1.7 a paper of one person alone %%EOF"
_POSTS = {
    "desk": [("BP_MOT_CUA", "TIEP_NHAN")],
    "justice": [("PHONG_TU_PHAP", "XU_LY")],
    "leaders": [("LANH_DAO", "PHE_DUYET")],
}
RETENTION = [{"result": "refused", "years": 1, "from": "ended", "then": "destroy"}]
_PERSON = "procedures:cases:submit procedures:cases:read procedures:documents:write"
_OFFICIAL = (
    "procedures:cases:read procedures:cases:process procedures:documents:write "
    "procedures:procedures:write procedures:calendars:write "
    "procedures:disposals:read procedures:disposals:write"
)
_CLIENT = "procedures:cases:read procedures:procedures:write procedures:calendars:write"


class World(Ground):
    """The service, one applicant, and officials."""

    applicant = str(new_id())

    def person(self, subject: str | None = None) -> dict[str, str]:
        return self.bearer(_PERSON, subject=subject or str(new_id()))

    def official(self, post: str, agency: str | None = AGENCY) -> dict[str, str]:
        return self.bearer(_OFFICIAL, kind="official", agency=agency, posts=_POSTS[post])

    def client(self, agency: str | None = AGENCY) -> dict[str, str]:
        return self.bearer(_CLIENT, kind="client", agency=agency)

    def strangers_to_a_case(self) -> dict[str, dict[str, str]]:
        """Those who may read cases and not this one."""
        return {
            "another person": self.person(),
            "an official of another agency": self.official("desk", OTHER_AGENCY),
            "an official of no agency": self.official("desk", None),
            "a client of another agency": self.client(OTHER_AGENCY),
            "a client of no agency": self.client(None),
        }

    def strangers_to_a_procedure(self) -> dict[str, dict[str, str]]:
        """Those who may write procedures and calendars, of other agencies."""
        return {name: who for name, who in self.strangers_to_a_case().items() if "person" not in name}

    async def drafted(self) -> tuple[str, str]:
        """A new draft of the agency: its code and ETag."""
        code = f"MAU-{new_id().hex[-8:].upper()}"
        body = {**DEFINITION, "code": code, "retention": RETENTION}
        answer = await self.http.post(f"{BASE}/procedures", json=body, headers=self.official("desk"))
        assert answer.status_code == 201, answer.text
        return code, answer.headers["etag"]

    async def published(self) -> tuple[str, str]:
        """A new procedure in force: its code and ETag."""
        code, etag = await self.drafted()
        answer = await self.http.post(
            f"{BASE}/procedures/{code}/versions/1/publication",
            headers={**self.official("desk"), "if-match": etag},
        )
        assert answer.status_code == 201, answer.text
        return code, answer.headers["etag"]

    async def document(self, who: Mapping[str, str]) -> str:
        answer = await self.http.post(
            f"{BASE}/documents",
            params={"fileName": "giay-to.pdf"},
            content=PDF,
            headers={**who, "content-type": "application/pdf"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def submitted(self) -> dict[str, Any]:
        """A case of the applicant: its receipt."""
        code, _ = await self.published()
        body = {"procedure": code, "form": {"fullName": "Trần Thị Mẫu"}}
        answer = await self.http.post(f"{BASE}/cases", json=body, headers=self.person(self.applicant))
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def etag(self, case: str) -> str:
        return str(
            (await self.http.get(f"{BASE}/cases/{case}", headers=self.person(self.applicant))).headers["etag"]
        )

    async def act(self, case: str, command: str, who: Mapping[str, str], body: Any = None) -> None:
        headers = {**who, "if-match": await self.etag(case)}
        answer = await self.http.post(f"{BASE}/cases/{case}/{command}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text

    async def accepted(self) -> str:
        """The id of a case that the justice section works on."""
        case = str((await self.submitted())["id"])
        await self.act(case, "acceptance", self.official("desk"))
        return case

    async def anchored(self) -> str:
        """The id of a case that was submitted on a day which is anchored by now."""
        case: str = (await self.submitted())["id"]
        self.clock.advance(timedelta(days=2))
        await anchor_days(self.database, self.clock.now())
        return case

    async def due(self) -> dict[str, Any]:
        """A case that was refused and has been kept long enough: its receipt."""
        case = await self.submitted()
        refusal = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Điều 17"}
        await self.act(case["id"], "refusal", self.official("desk"), refusal)
        desk = self.app.state.desk
        await schedule_retentions(self.database, desk.versions, desk.calendars)
        self.clock.advance(timedelta(days=370))
        return case

    async def drawn_up(self) -> tuple[str, str, dict[str, Any]]:
        """A list with a case that is due: its id and ETag, and the receipt of the case."""
        case = await self.due()
        body = {"disposal": "destroy", "ground": "Luật Lưu trữ 2024", "cases": [case["id"]]}
        answer = await self.http.post(f"{BASE}/disposal-lists", json=body, headers=self.official("desk"))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"]), answer.headers["etag"], case

    def other_officials(self) -> dict[str, dict[str, str]]:
        return {
            "an official of another agency": self.official("desk", OTHER_AGENCY),
            "an official of no agency": self.official("desk", None),
        }

    async def keeping(self, case: str, name: str, body: Any = None) -> Attempt:
        """A command on a case by whoever keeps the files of its agency."""
        return Attempt(
            f"{BASE}/cases/{case}/{name}",
            rightful=self.official("desk"),
            strangers=self.other_officials(),
            json=body,
            headers={"if-match": await self.etag(case)},
            private=case,
            status=201,
        )

    async def command(self, case: str, name: str, who: str, body: Any = None) -> Attempt:
        """A command on a case by an official with this post."""
        return Attempt(
            f"{BASE}/cases/{case}/{name}",
            rightful=self.official(who),
            strangers={
                "an official of another agency": self.official(who, OTHER_AGENCY),
                "an official of no agency": self.official(who, None),
                "an official of another unit": self.official("leaders"),
            },
            json=body,
            headers={"if-match": await self.etag(case)},
            private=case,
            status=201,
        )


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


@recipe("GET /procedures/v1/procedures")
async def list_procedures(_: World) -> Attempt:
    return Attempt(f"{BASE}/procedures")


@recipe("GET /procedures/v1/procedures/{code}/versions/{version}")
async def get_version(world: World) -> Attempt:
    return Attempt(f"{BASE}/procedures/{(await world.published())[0]}/versions/1")


@recipe("GET /procedures/v1/procedures/{code}/versions")
async def list_versions(world: World) -> Attempt:
    return Attempt(f"{BASE}/procedures/{(await world.published())[0]}/versions")


@recipe("GET /procedures/v1/drafts")
async def list_drafts(world: World) -> Attempt:
    code, _ = await world.drafted()
    strangers = world.strangers_to_a_procedure()
    return Attempt(f"{BASE}/drafts?limit=200", world.client(), strangers, private=code)


@recipe("GET /procedures/v1/drafts/{code}/versions/{version}")
async def get_draft(world: World) -> Attempt:
    code, _ = await world.drafted()
    return Attempt(
        f"{BASE}/drafts/{code}/versions/1",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private=code,
    )


@recipe("POST /procedures/v1/procedures")
async def draft_procedure(world: World) -> Attempt:
    return Attempt(
        f"{BASE}/procedures",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={**DEFINITION, "code": f"MAU-{new_id().hex[-8:].upper()}"},
        private="MAU-",
        status=201,
    )


@recipe("PUT /procedures/v1/procedures/{code}/versions/{version}")
async def change_draft(world: World) -> Attempt:
    code, etag = await world.drafted()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={**DEFINITION, "code": code, "title": {"vi": "Tên khác", "en": "Another title"}},
        headers={"if-match": etag},
        private=code,
    )


@recipe("POST /procedures/v1/procedures/{code}/versions/{version}/publication")
async def publish_version(world: World) -> Attempt:
    code, etag = await world.drafted()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1/publication",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        headers={"if-match": etag},
        private=code,
        status=201,
    )


@recipe("POST /procedures/v1/procedures/{code}/versions/{version}/retirement")
async def retire_version(world: World) -> Attempt:
    code, etag = await world.published()
    return Attempt(
        f"{BASE}/procedures/{code}/versions/1/retirement",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        headers={"if-match": etag},
        private=code,
        status=201,
    )


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


@recipe("GET /procedures/v1/agencies/{agency}/calendar")
async def get_calendar(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/calendar")


@recipe("PUT /procedures/v1/agencies/{agency}/calendar")
async def put_calendar(world: World) -> Attempt:
    present = await world.http.get(f"{BASE}/agencies/{AGENCY}/calendar")
    return Attempt(
        f"{BASE}/agencies/{AGENCY}/calendar",
        rightful=world.official("desk"),
        strangers=world.strangers_to_a_procedure(),
        json={"calendar": present.json()["calendar"], "reason": "Đóng cửa vì bão."},
        headers={"if-match": present.headers["etag"]},
        private="timeZone",
    )


@recipe("GET /procedures/v1/anchors")
async def list_anchors(world: World) -> Attempt:
    await world.anchored()
    return Attempt(f"{BASE}/anchors")


@recipe("GET /procedures/v1/anchors/{day}")
async def get_anchor(world: World) -> Attempt:
    await world.anchored()
    return Attempt(f"{BASE}/anchors/{world.clock.now().date() - timedelta(days=2)}")


@recipe("GET /procedures/v1/cases/{case_id}/log-entries/{sequence}/proof")
async def prove_entry(world: World) -> Attempt:
    case = await world.anchored()
    return Attempt(
        f"{BASE}/cases/{case}/log-entries/1/proof",
        rightful=world.person(world.applicant),
        strangers=world.strangers_to_a_case(),
        private='"path"',
    )


@recipe("GET /procedures/v1/due-disposals")
async def list_due_disposals(world: World) -> Attempt:
    case = await world.due()
    return Attempt(
        f"{BASE}/due-disposals?disposal=destroy&limit=200",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=case["code"],
    )


@recipe("POST /procedures/v1/disposal-lists")
async def draw_up_disposal_list(world: World) -> Attempt:
    case = await world.due()
    return Attempt(
        f"{BASE}/disposal-lists",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        json={"disposal": "destroy", "ground": "Luật Lưu trữ 2024", "cases": [case["id"]]},
        private='"drawn_up"',
        status=201,
        refused=frozenset({400}),  # to another agency the case is not due
    )


@recipe("GET /procedures/v1/disposal-lists")
async def list_disposal_lists(world: World) -> Attempt:
    listed, _, _ = await world.drawn_up()
    return Attempt(
        f"{BASE}/disposal-lists",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=listed,
    )


@recipe("GET /procedures/v1/disposal-lists/{list_id}")
async def get_disposal_list(world: World) -> Attempt:
    listed, _, _ = await world.drawn_up()
    return Attempt(
        f"{BASE}/disposal-lists/{listed}",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=listed,
    )


@recipe("GET /procedures/v1/disposal-lists/{list_id}/cases")
async def list_cases_to_dispose_of(world: World) -> Attempt:
    listed, _, case = await world.drawn_up()
    return Attempt(
        f"{BASE}/disposal-lists/{listed}/cases",
        rightful=world.official("desk"),
        strangers=world.other_officials(),
        private=case["code"],
    )


def _settling(command: str) -> None:
    @recipe(f"POST /procedures/v1/disposal-lists/{{list_id}}/{command}")
    async def settle(world: World) -> Attempt:
        listed, etag, _ = await world.drawn_up()
        return Attempt(
            f"{BASE}/disposal-lists/{listed}/{command}",
            rightful=world.official("desk"),
            strangers=world.other_officials(),
            json={},
            headers={"if-match": etag},
            private=listed,
            status=201,
        )


for _command in ("approval", "dismissal"):
    _settling(_command)


@recipe("POST /procedures/v1/cases/{case_id}/hold")
async def hold_case(world: World) -> Attempt:
    return await world.keeping((await world.submitted())["id"], "hold", {"reason": "Đang khiếu nại."})


@recipe("POST /procedures/v1/cases/{case_id}/release")
async def release_case(world: World) -> Attempt:
    case = (await world.submitted())["id"]
    await world.act(case, "hold", world.official("desk"), {"reason": "Đang khiếu nại."})
    return await world.keeping(case, "release")


@recipe("GET /procedures/v1/agencies/{agency}/statistics")
async def get_statistics(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/statistics?firstMonth=2026-01&lastMonth=2026-02")


@recipe("GET /procedures/v1/agencies/{agency}/quality-index")
async def get_quality_index(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/quality-index?firstMonth=2026-01&lastMonth=2026-02")


@recipe("GET /procedures/v1/agencies/{agency}/reports")
async def list_reports(_: World) -> Attempt:
    return Attempt(f"{BASE}/agencies/{AGENCY}/reports")


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
    world.app.state.desk = replace(desk, press=replace(desk.press, seal=Seal(folder, b"a")))
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


@recipe("GET /procedures/v1/agencies/{agency}/calendar/redatings")
async def list_redatings(world: World) -> Attempt:
    path = f"{BASE}/agencies/{AGENCY}/calendar"
    present = await world.http.get(path)
    calendar = present.json()["calendar"]
    closed = {**calendar, "closures": ["2027-03-01"] if not calendar["closures"] else []}
    headers = {**world.client(), "if-match": present.headers["etag"]}
    body = {"calendar": closed, "reason": "Đóng cửa vì bão."}
    answer = await world.http.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return Attempt(
        f"{path}/redatings",
        rightful=world.client(),
        strangers=world.strangers_to_a_procedure(),
        private="Đóng cửa",
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
