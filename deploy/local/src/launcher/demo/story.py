"""The story: a citizen files a case, two agencies work on it, the result goes back, all who should know do."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from launcher.demo.people import Caller, machine, sign_in
from launcher.demo.receiver import Receiver
from launcher.errors import LauncherError
from launcher.services import GATEWAY
from launcher.state import State
from launcher.terminal import Terminal

PROCEDURE = "MAU-01"
_WAIT_SECONDS = 30.0
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def play(state: State, terminal: Terminal) -> None:
    """Play one case against the running platform. Raises LauncherError at the first step that fails."""
    story = Story(GATEWAY.url, json.loads(state.credentials.read_text("utf-8")), terminal)
    terminal.title("One case, from the citizen's hand and back")
    story.play()


class Story:
    """One case and those who take part in it."""

    def __init__(self, gateway: str, told: dict[str, Any], terminal: Terminal) -> None:
        self._gateway = gateway
        self._people, self._officials = told["people"], told["officials"]
        self._clients = {client["clientId"]: client for client in told["clients"]}
        self._terminal = terminal
        self._signed_in: dict[str, Caller] = {}
        self._heard: list[tuple[str, str]] = []
        self._heard_lock = threading.Lock()

    def play(self) -> None:
        """The whole story."""
        integrator = machine(self._gateway, self._clients["he-thong-tich-hop"])
        with Receiver(self._hear) as receiver:
            self._subscribe(integrator, receiver)
            citizen = self._sign_in(self._people[0], "ung-dung-cong-dan")
            case, receipt = self._file(citizen)
            self._handle(citizen, case)
            self._wait("the integrator has the closing event", lambda: "closed" in self._heard_of(case))
            self._say("the integrator received, signed and in order", ", ".join(self._heard_of(case)))
        self._tell_messages(citizen, receipt["code"])
        self._track(receipt)
        self._rate(citizen, case)

    def _subscribe(self, integrator: Caller, receiver: Receiver) -> None:
        wanted = {"callback": receiver.address, "name": "Demo", "types": ["procedures.case.*"]}
        subscription = integrator.post("/events/v1/subscriptions", wanted)
        address = f"/events/v1/subscriptions/{subscription['id']}"
        receiver.secret = integrator.get(f"{address}/secret")["secret"]
        self._wait("the callback is proved", lambda: integrator.get(address)["status"] == "active")
        self._say(f"{integrator.name} subscribed to procedures.case.*", receiver.address)

    def _file(self, citizen: Caller) -> tuple[str, dict[str, Any]]:
        version = citizen.get("/procedures/v1/procedures", params={"limit": 200})
        procedure = next(item for item in version["items"] if item["code"] == PROCEDURE)
        address = f"/procedures/v1/procedures/{PROCEDURE}/versions/{procedure['version']}"
        definition = citizen.get(address)["definition"]
        documents = [
            {"document": required["code"], "id": self._send(citizen, f"{required['code']}.pdf")}
            for required in definition["documents"]
            if required["required"]
        ]
        body = {"procedure": PROCEDURE, "form": _filled_in(definition["form"]), "documents": documents}
        receipt = citizen.post("/procedures/v1/cases", body, headers={"idempotency-key": str(time.time_ns())})
        due = receipt.get("expectedDueAt")
        self._say(f"{citizen.name} filed “{procedure['title']['vi']}”", f"{receipt['code']}, due {due}")
        return receipt["id"], receipt

    def _send(self, caller: Caller, file_name: str) -> str:
        answer = caller.ask(
            "POST",
            "/procedures/v1/documents",
            params={"fileName": file_name},
            content=_PDF,
            headers={"content-type": "application/pdf"},
        )
        return str(answer.json()["id"])

    def _handle(self, citizen: Caller, case: str) -> None:
        """Officials do whatever the case waits for, until it is closed."""
        asked = False
        while (now := self._read(citizen, case))["status"] not in ("closed", "refused", "withdrawn"):
            task = now["tasks"][0]
            official = self._official(task)
            if now["status"] == "submitted":
                self._act(official, case, "acceptance", None)
                due = self._read(citizen, case)["dueAt"]
                self._say(f"{official.name} accepted the case: its legal clock runs", f"due {due}")
            elif now["status"] == "accepted" and not asked:
                asked = True
                self._supplement(citizen, official, case)
            elif now["status"] == "accepted" and self._decides(case, task["step"]):
                decision = {"outcome": "granted", "reason": "Đủ điều kiện theo quy định."}
                self._act(official, case, "decision", decision)
                self._say(f"{official.name} decided", "granted")
            else:
                outcome = self._way_on(now, task["step"])
                self._act(official, case, f"tasks/{task['step']}/completion", {"outcome": outcome})
                self._say(f"{official.name} ({task['agency']}) completed {task['step']}", outcome or "")

    def _supplement(self, citizen: Caller, official: Caller, case: str) -> None:
        required = self._definition(case)["documents"][0]
        items = [{"document": required["code"], "reason": "Bản chụp bị mờ, không đọc được."}]
        self._act(official, case, "supplement-request", {"items": items})
        self._say(f"{official.name} asked for a clearer copy", "the clock stands still")
        document = {"document": required["code"], "id": self._send(citizen, "ban-chup-ro.pdf")}
        self._act(citizen, case, "supplement", {"documents": [document]})
        self._say(f"{citizen.name} sent it", "the clock runs on")

    def _act(self, caller: Caller, case: str, command: str, body: Any) -> None:
        address = f"/procedures/v1/cases/{case}"
        etag = caller.ask("GET", address).headers["etag"]
        caller.post(f"{address}/{command}", body, headers={"if-match": etag})

    def _read(self, caller: Caller, case: str) -> dict[str, Any]:
        view: dict[str, Any] = caller.get(f"/procedures/v1/cases/{case}")
        return view

    def _definition(self, case: str) -> dict[str, Any]:
        citizen = self._signed_in[self._people[0]["accountName"]]
        view = self._read(citizen, case)
        address = f"/procedures/v1/procedures/{view['procedure']}/versions/{view['version']}"
        definition: dict[str, Any] = citizen.get(address)["definition"]
        return definition

    def _decides(self, case: str, step: str) -> bool:
        """Whether the matter is decided in this step."""
        steps = {one["code"]: one for one in self._definition(case)["steps"]}
        return bool(steps[step].get("completesProcessing"))

    def _way_on(self, view: dict[str, Any], step: str) -> str | None:
        """The outcome to choose: where there are several, the one that leads to another agency."""
        steps = {one["code"]: one for one in self._definition(view["id"])["steps"]}
        ways = steps[step]["transitions"]
        abroad = [way for way in ways if way["to"] and steps[way["to"]].get("agency")]
        chosen: str | None = (abroad or ways)[0]["outcome"]
        return chosen

    def _official(self, task: dict[str, Any]) -> Caller:
        """An official who holds the task's post."""
        for account in self._officials:
            for post in account["posts"]:
                right_role = task.get("role") in (None, post["role"])
                if account["agency"] == task["agency"] and post["unit"] == task["unit"] and right_role:
                    return self._sign_in(account, "ban-lam-viec")
        raise LauncherError(f"no sample official holds {task['unit']}/{task.get('role')} of {task['agency']}")

    def _sign_in(self, account: dict[str, Any], client: str) -> Caller:
        name = account["accountName"]
        if name not in self._signed_in:
            self._signed_in[name] = sign_in(self._gateway, account, self._clients[client])
        return self._signed_in[name]

    def _tell_messages(self, citizen: Caller, code: str) -> None:
        def messages() -> list[dict[str, Any]]:
            listed = citizen.get("/identity/v1/notifications")["items"]
            return [message for message in listed if code in json.dumps(message, ensure_ascii=False)]

        self._wait("the applicant was written to", lambda: len(messages()) >= 3)
        self._say(f"identity wrote {len(messages())} messages to {citizen.name}", f"{self._gateway}/outbox")

    def _track(self, receipt: dict[str, Any]) -> None:
        anyone = Caller("anyone", self._signed_in[self._people[0]["accountName"]].http, "")
        query = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
        answer = anyone.http.post("/procedures/v1/tracking", json=query).raise_for_status().json()
        self._say("anyone with code and secret reads", f"{answer['statusText']['vi']}")

    def _rate(self, citizen: Caller, case: str) -> None:
        def invited() -> bool:
            items = citizen.get("/participation/v1/rating-invitations")["items"]
            return any(item["caseId"] == case for item in items)

        self._wait("the applicant is asked how it went", invited)
        rating = {"score": 5, "reason": "Nhanh, rõ ràng."}
        citizen.post(f"/participation/v1/cases/{case}/rating", rating)
        self._say(f"{citizen.name} rated the service", "5 of 5, counted in open data")

    def _hear(self, event: dict[str, Any]) -> None:
        with self._heard_lock:
            self._heard.append((event["subject"], event["type"].split(".")[-2]))

    def _heard_of(self, case: str) -> list[str]:
        """What the integrator was told of the case, in the order in which it came."""
        with self._heard_lock:
            return [what for subject, what in self._heard if subject == case]

    def _wait(self, what: str, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not true():
            if time.monotonic() > deadline:
                raise LauncherError(f"waited in vain for: {what}")
            time.sleep(0.1)

    def _say(self, what: str, detail: str) -> None:
        self._terminal.done(what, detail)


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
