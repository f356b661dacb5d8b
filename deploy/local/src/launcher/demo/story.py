"""The story: a citizen files a case, two agencies work on it, the result goes back, all who should know do."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from launcher.demo.hearing import Hearing, what
from launcher.demo.kafka_listener import KafkaListener
from launcher.demo.office import CASES, Deed, Office, told_of
from launcher.demo.patience import wait
from launcher.demo.people import Caller
from launcher.demo.public_figures import DATASETS, closed_cases
from launcher.demo.receiver import Receiver
from launcher.errors import LauncherError
from launcher.running import Running
from launcher.terminal import Terminal

PROCEDURE = "MAU-01"
TOPIC = "procedures.case.v1"
_ENDED = ("closed", "refused", "withdrawn")


class Story:
    """One case and those who take part in it; each step is told with the events that came out of it."""

    def __init__(self, office: Office, running: Running, terminal: Terminal) -> None:
        self._office = office
        self._running = running
        self._terminal = terminal
        self._by_webhook, self._by_kafka = Hearing(), Hearing()
        self._told = 0

    def play(self) -> None:
        """The whole story. Raises LauncherError at the first step that fails."""
        citizen = self._office.citizen()
        with ExitStack() as listeners:
            self._listen(listeners)
            receipt = self._file(citizen)
            case = receipt["id"]
            counted = closed_cases(self._office.http, receipt["agency"], PROCEDURE)
            self._handle(citizen, case)
            heard = len(self._by_webhook.of(case))
            self._say(Deed(f"the integrators heard {heard} events, each once, signed and in order"))
        self._take_result(citizen, case)
        self._tell_messages(citizen, receipt["code"])
        self._show_to_others(receipt)
        self._count(receipt, counted)
        self._rate(citizen, case)

    def _listen(self, listeners: ExitStack) -> None:
        integrator = self._office.integrator()
        receiver = listeners.enter_context(Receiver(self._by_webhook.take))
        wanted = {"callback": receiver.address, "name": "Demo", "types": ["procedures.case.*"]}
        subscription = integrator.post("/events/v1/subscriptions", wanted)
        address = f"/events/v1/subscriptions/{subscription['id']}"
        listeners.callback(self._unsubscribe, address)
        receiver.secret = integrator.get(f"{address}/secret")["secret"]
        wait("the callback is proved", lambda: integrator.get(address)["status"] == "active")
        self._say(Deed(f"{integrator.name} subscribes to procedures.case.*", receiver.address))
        listeners.enter_context(KafkaListener(self._running.kafka, TOPIC, self._by_kafka.take))
        self._say(
            Deed(
                f"another integrator listens on Kafka to {TOPIC}",
                self._running.kafka["KAFKA_BOOTSTRAP_SERVERS"],
            )
        )

    def _unsubscribe(self, address: str) -> None:
        integrator = self._office.integrator()
        etag = integrator.ask("GET", address).headers["etag"]
        integrator.ask("DELETE", address, headers={"if-match": etag})

    def _file(self, citizen: Caller) -> dict[str, Any]:
        receipt = self._office.file(citizen, PROCEDURE)
        title = self._office.definition(PROCEDURE, receipt["version"])["title"]["vi"]
        due = told_of(receipt["expectedDueAt"])
        self._say(
            Deed(f"{citizen.name} files “{title}”", f"{receipt['code']}, expected {due}"), receipt["id"]
        )
        return receipt

    def _handle(self, citizen: Caller, case: str) -> None:
        """Officials do whatever the case waits for, until it has ended; once they ask for a supplement."""
        asked = False
        while (now := self._read(citizen, case))["status"] not in _ENDED:
            if now["status"] == "supplement_requested":
                deed = self._office.supplement(citizen, now)
            elif now["status"] == "accepted" and not asked:
                asked = True
                deed = self._office.ask_for_supplement(now)
            else:
                deed = self._office.work_on(now)
            self._say(deed, case)

    def _read(self, caller: Caller, case: str) -> dict[str, Any]:
        view: dict[str, Any] = caller.get(f"{CASES}/{case}")
        return view

    def _say(self, deed: Deed, case: str | None = None) -> None:
        """Tell what was done, and which events both integrators heard of it: one for each entry of the log."""
        if case is None:
            return self._terminal.told(deed.what, deed.detail)
        entries = len(self._office.citizen().get(f"{CASES}/{case}/log")["entries"])
        by_webhook = wait("the webhook", lambda: self._heard(self._by_webhook, case, entries))
        by_kafka = wait("Kafka's listener", lambda: self._heard(self._by_kafka, case, entries))
        if [event["id"] for event in by_webhook] != [event["id"] for event in by_kafka]:
            raise LauncherError(f"the integrators heard different things of {case}")
        self._terminal.told(deed.what, deed.detail)
        for event in by_webhook[self._told :]:
            self._terminal.note(f"→ case.{what(event)} {int(event['sequence'])}, by webhook and on Kafka")
        self._told = entries
        return None

    @staticmethod
    def _heard(hearing: Hearing, case: str, entries: int) -> list[Mapping[str, Any]] | None:
        """The events of the case, once there are as many as entries; they must come in order."""
        events = hearing.of(case)
        if [int(event["sequence"]) for event in events] != list(range(1, len(events) + 1)):
            raise LauncherError(
                f"the events of {case} came out of order: {[what(event) for event in events]}"
            )
        return events if len(events) >= entries else None

    def _take_result(self, citizen: Caller, case: str) -> None:
        [document] = self._read(citizen, case)["result"]
        content = citizen.ask("GET", f"/procedures/v1/documents/{document['id']}/content").content
        self._say(
            Deed(f"{citizen.name} takes the result home", f"{document['mediaType']}, {len(content)} bytes")
        )

    def _tell_messages(self, citizen: Caller, code: str) -> None:
        def closing() -> list[dict[str, Any]]:
            listed = citizen.get("/identity/v1/notifications", params={"limit": 200})["items"]
            mine = [message for message in listed if code in str(message)]
            return mine if len(mine) >= 3 else []

        messages = wait("the applicant was written to", closing)
        self._say(Deed(f"{citizen.name} was written to {len(messages)} times", self._running.outbox))

    def _show_to_others(self, receipt: Mapping[str, Any]) -> None:
        query = {"code": receipt["code"], "secret": receipt["trackingSecret"]}
        answer = self._office.http.post("/procedures/v1/tracking", json=query).raise_for_status().json()
        self._say(Deed("anyone who holds the receipt reads how it stands", answer["statusText"]["vi"]))
        stranger = self._office.citizen(1)
        if stranger.sees(f"{CASES}/{receipt['id']}"):
            raise LauncherError(f"{stranger.name} saw somebody else's case")
        self._say(Deed(f"{stranger.name} asks for the case, and is told there is none", "404"))

    def _count(self, receipt: Mapping[str, Any], before: int) -> None:
        http, agency, procedure = self._office.http, receipt["agency"], receipt["procedure"]

        def counted() -> int | None:
            now = closed_cases(http, agency, procedure)
            return now if now > before else None

        now = wait("the public figures", counted)
        address = str(http.base_url.join(f"{DATASETS}/on-time-processing"))
        self._say(Deed(f"the public dataset counts it: {now} closed of {procedure}", address))

    def _rate(self, citizen: Caller, case: str) -> None:
        rate(citizen, case, 5, "Nhanh, rõ ràng.")
        self._say(Deed(f"{citizen.name} is asked how it went and rates the service", "5 of 5"))


def rate(citizen: Caller, case: str, score: int, reason: str) -> None:
    """Rate the case as soon as the applicant is asked how it went."""

    def invited() -> bool:
        items = citizen.get("/participation/v1/rating-invitations", params={"limit": 200})["items"]
        return any(item["caseId"] == case for item in items)

    wait("the applicant to be asked how it went", invited)
    citizen.post(f"/participation/v1/cases/{case}/rating", {"score": score, "reason": reason})
