"""Citizens at the counter and officials at their desks: what each does to a case, through the gateway."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any, Self

import httpx

from launcher.demo.people import Caller, machine, sign_in
from launcher.errors import LauncherError

CASES = "/procedures/v1/cases"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_CITIZENS_PROGRAM, _OFFICIALS_PROGRAM = "ung-dung-cong-dan", "ban-lam-viec"
VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class Deed:
    """Something that was done, in words, and what followed from it."""

    what: str
    detail: str = ""
    follows: tuple[str, ...] = ()


class Office:
    """The sample's people, each signed in when first needed; a context manager that closes its connections.

    `told` is the credentials file of the sample.
    """

    def __init__(self, gateway: str, told: Mapping[str, Any]) -> None:
        self.http = httpx.Client(base_url=gateway, timeout=30)
        self._people, self._officials = told["people"], told["officials"]
        self._clients = {client["clientId"]: client for client in told["clients"]}
        self._signed_in: dict[str, Caller] = {}
        self._definitions: dict[tuple[str, int], dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.http.close()

    def citizen(self, number: int = 0) -> Caller:
        return self._sign_in(self._people[number], _CITIZENS_PROGRAM)

    def official(self, agency: str, unit: str, role: str | None = None) -> Caller:
        """An official who holds the post. Raises LauncherError when the sample has none."""
        for account in self._officials:
            posts = ((post["unit"], post["role"]) for post in account["posts"])
            if account["agency"] == agency and any(
                unit == at and role in (None, holds) for at, holds in posts
            ):
                return self._sign_in(account, _OFFICIALS_PROGRAM)
        raise LauncherError(f"no sample official holds {unit}/{role} of {agency}")

    def integrator(self, client: str = "he-thong-tich-hop") -> Caller:
        return machine(self.http, self._clients[client])

    def _sign_in(self, account: Mapping[str, Any], program: str) -> Caller:
        name = account["accountName"]
        if name not in self._signed_in:
            self._signed_in[name] = sign_in(self.http, account, self._clients[program])
        return self._signed_in[name]

    def file(self, citizen: Caller, procedure: str, form: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """File a case with all that the procedure asks for, and this form; returns the receipt."""
        listed = citizen.get("/procedures/v1/procedures", params={"limit": 200})["items"]
        version = next(item["version"] for item in listed if item["code"] == procedure)
        definition = self.definition(procedure, version)
        documents = [
            {"document": required["code"], "id": send(citizen, f"{required['code']}.pdf")}
            for required in definition["documents"]
            if required["required"]
        ]
        answers = form or _filled_in(definition["form"])
        body = {"procedure": procedure, "form": answers, "documents": documents}
        receipt: dict[str, Any] = citizen.post(CASES, body, headers={"idempotency-key": secrets.token_hex(8)})
        return receipt

    def definition(self, procedure: str, version: int) -> dict[str, Any]:
        """What the version of the procedure lays down; public."""
        if (procedure, version) not in self._definitions:
            address = f"/procedures/v1/procedures/{procedure}/versions/{version}"
            answer = self.http.get(address).raise_for_status().json()
            self._definitions[procedure, version] = answer["definition"]
        return self._definitions[procedure, version]

    def ask_for_supplement(self, case: Mapping[str, Any]) -> Deed:
        """The official who examines the case asks for the first document again."""
        document = self._definition_of(case)["documents"][0]
        official = self._official_of(case)
        items = [{"document": document["code"], "reason": "Bản chụp bị mờ, không đọc được."}]
        act(official, case["id"], "supplement-request", {"items": items})
        return Deed(
            f"{official.name} asks for a clearer copy: the clock stands still", document["title"]["vi"]
        )

    def supplement(self, citizen: Caller, case: Mapping[str, Any]) -> Deed:
        """The applicant brings what is missing."""
        brought = [
            {"document": item["document"], "id": send(citizen, "ban-chup-ro.pdf")} for item in case["missing"]
        ]
        after = act(citizen, case["id"], "supplement", {"documents": brought})
        return Deed(f"{citizen.name} brings it: the clock runs on", f"due {told_of(after['dueAt'])}")

    def work_on(self, case: Mapping[str, Any]) -> Deed:
        """An official does what the case waits for: accepts it, decides, brings the result, completes a task."""
        official, task = self._official_of(case), case["tasks"][0]
        if case["status"] == "submitted":
            due = act(official, case["id"], "acceptance")["dueAt"]
            return Deed(f"{official.name} accepts the case: the legal clock runs", f"due {told_of(due)}")
        if case["status"] == "accepted" and self._step(case, task["step"]).get("completesProcessing"):
            decision = {"outcome": "granted", "reason": "Đủ điều kiện theo quy định."}
            act(official, case["id"], "decision", decision)
            return Deed(f"{official.name} decides", "granted, with reasons")
        if case["status"] == "decided" and not case["result"]:
            result = [{"document": "KET_QUA", "id": send(official, "ket-qua.pdf")}]
            act(official, case["id"], "result", {"documents": result})
            return Deed(f"{official.name} puts the result into the case")
        outcome = self._way_on(case, task["step"])
        after = act(official, case["id"], f"tasks/{task['step']}/completion", {"outcome": outcome})
        return Deed(self._completed(official, case, task), _how_it_stands(case, after))

    def _completed(self, official: Caller, case: Mapping[str, Any], task: Mapping[str, Any]) -> str:
        elsewhere = f" of another agency ({task['agency']})" if task["agency"] != case["agency"] else ""
        title = self._step(case, task["step"])["title"]
        return f"{official.name}{elsewhere} completes “{title['vi']}”"

    def _official_of(self, case: Mapping[str, Any]) -> Caller:
        task = case["tasks"][0]
        return self.official(task["agency"], task["unit"], task.get("role"))

    def _definition_of(self, case: Mapping[str, Any]) -> dict[str, Any]:
        return self.definition(case["procedure"], case["version"])

    def _step(self, case: Mapping[str, Any], code: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self._definition_of(case)["steps"] if one["code"] == code)
        return found

    def _way_on(self, case: Mapping[str, Any], step: str) -> str | None:
        """The outcome to choose: where there are several, the one that leads to another agency."""
        ways = self._step(case, step)["transitions"]
        abroad = [way for way in ways if way["to"] and self._step(case, way["to"]).get("agency")]
        chosen: str | None = (abroad or ways)[0]["outcome"]
        return chosen


def act(caller: Caller, case: str, name: str, body: Any = None) -> dict[str, Any]:
    """A command on the case as it stands now; returns the case after it."""
    return command(caller, f"{CASES}/{case}", name, body)


def command(caller: Caller, address: str, name: str, body: Any = None) -> dict[str, Any]:
    """A command on what is at the address, as it stands now; returns the answer."""
    etag = caller.ask("GET", address).headers["etag"]
    after: dict[str, Any] = caller.post(f"{address}/{name}", body, headers={"if-match": etag})
    return after


def send(caller: Caller, file_name: str, content: bytes = PDF) -> str:
    """Send a document; returns its id."""
    answer = caller.ask(
        "POST",
        "/procedures/v1/documents",
        params={"fileName": file_name},
        content=content,
        headers={"content-type": "application/pdf"},
    )
    return str(answer.json()["id"])


def told_of(instant: str | None) -> str:
    """An instant as people in Vietnam tell it: `Mon 30 Nov, 17:30`."""
    return (
        f"{datetime.fromisoformat(instant).astimezone(VIETNAM):%a %d %b, %H:%M}"
        if instant
        else "at no fixed time"
    )


def money(amount: Mapping[str, Any]) -> str:
    """An amount as people in Vietnam write it: `75.000 VND`."""
    return f"{amount['amount']:,} {amount['currency']}".replace(",", ".")


def _how_it_stands(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if after["status"] == "closed":
        return "closed, on time" if after["onTime"] else "closed"
    if after["stoppedAt"] and not before["stoppedAt"]:
        return "the clock stands still"
    if before["stoppedAt"] and not after["stoppedAt"]:
        return f"the clock runs on, due {told_of(after['dueAt'])}"
    return ""


def _filled_in(form: dict[str, Any] | None) -> dict[str, Any]:
    """Something fitting for each required field of a form."""
    if form is None:
        return {}
    samples = {"string": "Phường Hoa Sen", "integer": 1, "number": 1, "boolean": True, "array": []}
    formats = {"date": "1990-05-01", "email": "congdan@motcua.example"}
    filled: dict[str, Any] = {}
    for name in form.get("required", []):
        field = form["properties"][name]
        choices = field.get("enum") or [option["const"] for option in field.get("oneOf", [])]
        kind = field.get("type", "string")
        filled[name] = choices[0] if choices else formats.get(field.get("format", ""), samples[kind])
    return filled
