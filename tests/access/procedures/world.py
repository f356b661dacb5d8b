"""Procedures: a published procedure, its cases at every station, and one attempt at each route."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from procedures.anchors.operations import anchor_days
from procedures.catalogue.examples import DEFINITION
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
    "procedures:disposals:read procedures:disposals:write procedures:work:manage"
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
