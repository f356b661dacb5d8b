"""A one-stop shop at work over the API: a procedure is taken from its sheet into force, and a case to its end.

Time is the service's own clock, moved on by hand; what happens by itself in between happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from pydantic import TypeAdapter

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.terms import Term, due_at
from procedures.timers.operations import fire_timers, told_by
from shared.clock import SetClock
from shared.testing import Tokens

BASE = "/procedures/v1"
AGENCY = "H99.01"
OTHER_AGENCIES = {"BP_THUE": "H99.02", "DIA_CHINH_CAP_XA": "H99.03"}
"""Units of sheets that belong to agencies of their own, the tax office and the commune; sheets cannot say it."""
CERTIFICATE = {
    "code": "KET_QUA",
    "title": {"vi": "Kết quả giải quyết", "en": "Result"},
    "symbol": "KQ",
    "outcome": "granted",
    "template": "Kết quả giải quyết hồ sơ {{ case.code }}: {{ decision.reason }}",
}
"""The paper that ends every case; sheets do not say what it is called."""
_WORK = (
    "procedures:cases:read procedures:cases:process procedures:documents:write procedures:procedures:write"
)
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True, slots=True)
class Played:
    """A case that came to its end, as the API tells of it."""

    findings: tuple[str, ...]
    """Codes of what the linter said of the sheet."""
    definition: Mapping[str, Any]
    case: Mapping[str, Any]
    clock: Mapping[str, Any]
    steps: tuple[str, ...]
    """Those that were done, in order."""
    agencies: frozenset[str]
    """Those whose officials did them."""

    @property
    def stood_still(self) -> timedelta:
        """Working time for which the clock stood still once the case was received."""
        intervals, since = self.clock["intervals"], self.clock["startedAt"]
        still = (each for each in intervals if not each["counts"] and each["beginsAt"] >= since)
        return sum((_DURATION.validate_python(each["workingTime"]) for each in still), timedelta())

    @property
    def delays(self) -> dict[str, timedelta]:
        """In whose hands the case was while it was late."""
        return self._shares("late")

    @property
    def overran(self) -> dict[str, timedelta]:
        """Who took longer than the allowances of its own steps."""
        return self._shares("overran")

    def _shares(self, part: str) -> dict[str, timedelta]:
        """A part of what each held of the case; a unit, with its agency before it when that is another."""
        shares = {
            _called(share["holder"]): _DURATION.validate_python(share[part]) for share in self.clock["shares"]
        }
        return {holder: time for holder, time in shares.items() if time}


@dataclass
class Office:
    """The service, its clock, and everyone who works at the office or comes to it."""

    app: FastAPI
    http: AsyncClient
    clock: SetClock
    tokens: Tokens
    calendar: WorkingCalendar

    def bearer(self, scope: str, **claims: Any) -> dict[str, str]:
        long = timedelta(days=3650)
        return self.tokens.bearer(scope, now=self.clock.now(), lifetime=long, **claims)

    def official(self, unit: str, role: str | None = None, agency: str = AGENCY) -> dict[str, str]:
        return self.bearer(_WORK, kind="official", agency=agency, posts=[(unit, role or "XU_LY")])

    async def imported(self, sheet: bytes) -> dict[str, Any]:
        """What the linter says of a sheet, and the draft that came of it."""
        editor = {**self.official("BP_MOT_CUA"), "content-type": "application/json"}
        return await self._told(self.http.post(f"{BASE}/imports", content=sheet, headers=editor))

    async def published(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """The draft in force, with what its sheet could not say; returns its definition."""
        editor, code, version = self.official("BP_MOT_CUA"), draft["code"], draft["version"]
        path = f"{BASE}/drafts/{code}/versions/{version}/definition"
        definition = await self._told(self.http.get(path, headers=editor))
        for step in definition["steps"]:
            step["agency"] = OTHER_AGENCIES.get(step["unit"])
        definition["results"] = [CERTIFICATE]
        path, once = f"{BASE}/procedures/{code}/versions/{version}", {**editor, "if-match": "*"}
        await self._told(self.http.put(path, json=definition, headers=once))
        await self._told(self.http.post(f"{path}/publication", headers=once))
        return definition

    async def played(self, sheet: bytes, takes: Mapping[str, Term]) -> Played:
        """A case of a sound sheet from the import to its end.

        Args:
            sheet: as it is in the register.
            takes: how long a step takes; one that is not named takes what the sheet allows, and no time where it
                allows none.
        """
        report = await self.imported(sheet)
        definition = await self.published(report["draft"])
        steps = {step["code"]: step for step in definition["steps"]}
        applicant = self.bearer("procedures:cases:submit procedures:cases:read")
        filing = {"procedure": definition["code"], "form": answers(definition["form"] or {})}
        receipt = await self._told(self.http.post(f"{BASE}/cases", json=filing, headers=applicant))
        address = f"{BASE}/cases/{receipt['id']}"
        answer = await self.http.get(address, headers=applicant)
        done: list[dict[str, Any]] = []
        while answer.json()["tasks"]:
            task = answer.json()["tasks"][0]
            step = steps[task["step"]]
            if await self._pass_until(_done_at(task, step, takes, self.calendar)):
                answer = await self.http.get(address, headers=applicant)
            done.append(task)
            answer = await self._do(address, answer, step, task)
        clock = await self._told(self.http.get(f"{address}/clock", headers=applicant))
        case = await self._told(self.http.get(address, headers=applicant))
        return Played(
            findings=tuple(found["code"] for found in report["findings"]),
            definition=definition,
            case=case,
            clock=clock,
            steps=tuple(task["step"] for task in done),
            agencies=frozenset(task["agency"] for task in done),
        )

    async def _do(self, address: str, answer: Response, step: Any, task: Any) -> Response:
        """The official of the task does it; and decides the matter where processing ends, at the latest at the end."""
        official = self.official(task["unit"], task["role"], task["agency"])
        if answer.json()["status"] == "submitted":
            return await self._command(address, answer, "acceptance", official)
        last = all(way["to"] is None for way in step["transitions"])
        if (step["completesProcessing"] or last) and answer.json()["status"] == "accepted":
            decision = {"outcome": "granted", "reason": "Đủ điều kiện.", "number": None}
            answer = await self._command(address, answer, "decision", official, decision)
            answer = await self._command(address, answer, "issuance", official, {"type": CERTIFICATE["code"]})
        return await self._command(address, answer, f"tasks/{task['step']}/completion", official, {})

    async def _command(
        self, address: str, seen: Response, command: str, who: Mapping[str, str], body: Any = None
    ) -> Response:
        headers = {**who, "if-match": seen.headers["etag"]}
        answer = await self.http.post(f"{address}/{command}", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer

    async def _pass_until(self, instant: datetime) -> int:
        """Time passes; reminders and delays that fall into it are noted, of how many cases is told."""
        if instant <= self.clock.now():
            return 0
        self.clock.set(instant)
        database, versions = self.app.state.parts.database, self.app.state.desk.versions
        return await fire_timers(database, versions, instant, told_by(self.clock))

    async def _told(self, request: Any) -> dict[str, Any]:
        answer: Response = await request
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told


def _done_at(task: Any, step: Any, takes: Mapping[str, Term], calendar: WorkingCalendar) -> datetime:
    opened = datetime.fromisoformat(task["openedAt"])
    term = takes.get(task["step"]) or Term.from_json(step["allowance"], "/allowance")
    return due_at(opened, term, calendar) or opened


def answers(form: Mapping[str, Any]) -> dict[str, Any]:
    """What the form asks for, invented."""
    return {name: _answer(form["properties"][name]) for name in form.get("required", ())}


def _answer(field: Mapping[str, Any]) -> Any:
    if field["type"] in ("number", "integer"):
        return 1
    return "0912345678" if "pattern" in field else "Trần Thị Mẫu"


def _called(holder: Mapping[str, Any]) -> str:
    named = [holder["agency"]] if holder["agency"] not in (None, AGENCY) else []
    return " ".join([*named, holder["unit"] or holder["kind"]])
