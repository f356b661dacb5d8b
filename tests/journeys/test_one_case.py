"""One case through the gateway, every process real: what each of those who take part is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from duckdb import connect

from launcher.demo.people import Caller
from launcher.demo.receiver import Receiver
from launcher.errors import LauncherError

AGENCY, TAX = "000.00.01.H99", "000.00.02.H99"
CASES = "/procedures/v1/cases"
PDF = b"%PDF-1.4 sample\n%%EOF\n"


def eventually(true: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := true()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)
    return result


def act(caller: Caller, case: str, command: str, body: Any = None) -> dict[str, Any]:
    etag = caller.ask("GET", f"{CASES}/{case}").headers["etag"]
    done: dict[str, Any] = caller.post(f"{CASES}/{case}/{command}", body, headers={"if-match": etag})
    return done


def definition(code: str) -> dict[str, Any]:
    """A short procedure: received, examined, asked of the tax office, handed over."""

    def step(name: str, unit: str, to: str | None, agency: str | None = None) -> dict[str, Any]:
        title = {"vi": f"Bước {name}", "en": f"Step {name}"}
        return {"code": name, "title": title, "unit": unit, "agency": agency, "transitions": [{"to": to}]}

    return {
        "code": code,
        "title": {"vi": "Xác nhận hành trình", "en": "Confirmation of a journey"},
        "agency": AGENCY,
        "term": {"kind": "working_days", "amount": 3},
        "documents": [{"code": "GIAY_TO", "title": {"vi": "Giấy tờ", "en": "Paper"}, "required": False}],
        "form": {
            "type": "object",
            "properties": {"fullName": {"type": "string"}},
            "required": ["fullName"],
        },
        "first": "TIEP_NHAN",
        "steps": [
            step("TIEP_NHAN", "BP_MOT_CUA", "THAM_TRA"),
            step("THAM_TRA", "PHONG_TU_PHAP", "HOI_THUE"),
            step("HOI_THUE", "BP_THUE", "TRA_KET_QUA", TAX),
            step("TRA_KET_QUA", "BP_MOT_CUA", None),
        ],
    }


@pytest.fixture(scope="module")
def procedure(platform: Any) -> str:
    """An agency publishes a procedure."""
    integrator = platform.integrator()
    code = f"HT-{time.time_ns() % 10**9}"
    drafted = integrator.ask("POST", "/procedures/v1/procedures", json=definition(code))
    etag = {"if-match": drafted.headers["etag"]}
    integrator.post(f"/procedures/v1/procedures/{code}/versions/1/publication", None, headers=etag)
    return code


@pytest.fixture(scope="module")
def closed(platform: Any, procedure: str) -> dict[str, Any]:
    """A case that went all the way, with what the integrator's webhook and stream heard meanwhile."""
    citizen, desk = platform.citizen(), platform.official("BP_MOT_CUA", "TIEP_NHAN")
    justice = platform.official("PHONG_TU_PHAP", "XU_LY")
    tax = platform.official("BP_THUE", "XU_LY", TAX)
    hooks: list[dict[str, Any]] = []
    integrator = platform.integrator()
    with Receiver(hooks.append) as receiver, following(integrator) as streamed:
        wanted = {"callback": receiver.address, "types": ["procedures.case.*"], "procedures": [procedure]}
        subscription = integrator.post("/events/v1/subscriptions", wanted)["id"]
        address = f"/events/v1/subscriptions/{subscription}"
        receiver.secret = integrator.get(f"{address}/secret")["secret"]
        eventually(lambda: integrator.get(address)["status"] == "active", "the callback is proved")
        filed = citizen.post(CASES, {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}})
        case = filed["id"]
        act(desk, case, "acceptance")
        asked = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
        act(justice, case, "supplement-request", asked)
        paper = send(citizen)
        act(citizen, case, "supplement", {"documents": [{"document": "GIAY_TO", "id": paper}]})
        act(justice, case, "tasks/THAM_TRA/completion", {})
        act(tax, case, "tasks/HOI_THUE/completion", {})
        act(desk, case, "decision", {"outcome": "granted", "reason": "Đủ điều kiện."})
        ended = act(desk, case, "tasks/TRA_KET_QUA/completion", {})
        assert (ended["status"], ended["onTime"]) == ("closed", True)
        eventually(lambda: any("case.closed" in event["type"] for event in hooks), "the webhook of closing")
        eventually(lambda: any("case.closed" in kind for _, kind in streamed), "the stream of closing")
        deliveries = integrator.get(f"{address}/deliveries", params={"limit": 50})["items"]
    return {**filed, "hooks": hooks, "streamed": streamed, "deliveries": deliveries}


def send(caller: Caller) -> str:
    answer = caller.ask(
        "POST",
        "/procedures/v1/documents",
        params={"fileName": "ban-chup.pdf"},
        content=PDF,
        headers={"content-type": "application/pdf"},
    )
    identifier: str = answer.json()["id"]
    return identifier


@contextmanager
def following(caller: Caller) -> Iterator[list[tuple[str, str]]]:
    """Follow the event stream in the background: (id, type) of each event, in order."""
    heard: list[tuple[str, str]] = []
    http = httpx.Client(base_url=caller.http.base_url, timeout=60)
    ended = threading.Event()

    def follow() -> None:
        headers = {"authorization": f"Bearer {caller.token}", "accept": "text/event-stream"}
        event: dict[str, str] = {}
        with http.stream("GET", "/events/v1/stream", headers=headers) as answer:
            for line in answer.iter_lines():
                if ended.is_set():
                    return
                name, _, value = line.partition(": ")
                if name in ("id", "event"):
                    event[name] = value
                elif not line and "id" in event:
                    heard.append((event["id"], event.get("event", "")))
                    event = {}

    def until_closed() -> None:
        try:
            follow()
        except httpx.HTTPError:
            assert ended.is_set()

    thread = threading.Thread(target=until_closed, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        ended.set()
        http.close()


def test_the_demo_was_played_to_its_end(platform: Any) -> None:
    printed = "\n".join(platform.printed)
    assert "rated the service" in printed, printed


def test_the_integrator_hears_every_act_once_in_order_on_both_ways(closed: dict[str, Any]) -> None:
    expected = [
        "submitted",
        "accepted",
        "supplement_requested",
        "supplemented",
        "task_completed",
        "task_completed",
        "decided",
        "task_completed",
        "closed",
    ]
    mine = [event for event in closed["hooks"] if event["subject"] == closed["id"]]
    assert [event["type"].split(".")[-2] for event in mine] == expected
    assert [int(event["sequence"]) for event in mine] == list(range(1, len(expected) + 1))
    ids = [event["id"] for event in mine]
    assert [identifier for identifier, _ in closed["streamed"] if identifier in set(ids)] == ids


def test_the_delivery_log_names_each_delivery_and_its_answer(closed: dict[str, Any]) -> None:
    assert len(closed["deliveries"]) >= len({event["id"] for event in closed["hooks"]}) - 1


def test_the_stream_resumes_after_the_last_event_that_was_seen(platform: Any, closed: dict[str, Any]) -> None:
    ids = [event["id"] for event in closed["hooks"] if event["subject"] == closed["id"]]
    caller = platform.integrator()
    headers = {"authorization": f"Bearer {caller.token}", "last-event-id": ids[3]}
    heard: list[str] = []
    with httpx.stream("GET", f"{platform.gateway}/events/v1/stream", headers=headers, timeout=20) as answer:
        for line in answer.iter_lines():
            if line.startswith("id: ") and line[4:] in ids:
                heard.append(line[4:])
            if heard and heard[-1] == ids[-1]:
                break
    assert heard == ids[4:]


def test_the_applicant_is_written_to_at_each_turn(platform: Any, closed: dict[str, Any]) -> None:
    citizen = platform.citizen()

    def messages() -> list[Any]:
        listed = citizen.get("/identity/v1/notifications", params={"limit": 200})["items"]
        return [message for message in listed if closed["code"] in str(message)]

    assert eventually(lambda: len(messages()) >= 4, "messages to the applicant")


def test_nobody_else_sees_the_case(platform: Any, closed: dict[str, Any]) -> None:
    stranger = platform.citizen(1)
    for path in ("", "/log"):
        with pytest.raises(LauncherError, match="404"):
            stranger.ask("GET", f"{CASES}/{closed['id']}{path}")
    elsewhere = platform.official("BP_MOT_CUA", "TIEP_NHAN", "000.00.03.H99")
    with pytest.raises(LauncherError, match="404"):
        elsewhere.ask("GET", f"{CASES}/{closed['id']}")
    listed = stranger.get(CASES)["items"]
    assert closed["id"] not in {item["id"] for item in listed}


def test_the_applicant_and_nobody_else_rates_once(platform: Any, closed: dict[str, Any]) -> None:
    citizen, stranger = platform.citizen(), platform.citizen(1)

    def invited() -> bool:
        items = citizen.get("/participation/v1/rating-invitations", params={"limit": 200})["items"]
        return closed["id"] in {item["caseId"] for item in items}

    eventually(invited, "the applicant is asked how it went")
    address = f"/participation/v1/cases/{closed['id']}/rating"
    with pytest.raises(LauncherError, match="404"):
        stranger.post(address, {"score": 1})
    assert citizen.post(address, {"score": 5, "reason": "Nhanh."})["score"] == 5
    with pytest.raises(LauncherError, match="409"):
        citizen.post(address, {"score": 1})


def test_the_public_statistics_count_the_case(
    platform: Any, procedure: str, closed: dict[str, Any], tmp_path: Any
) -> None:
    base = f"{platform.gateway}/open-data/v1/datasets/on-time-processing/versions/latest"
    counted = eventually(
        lambda: httpx.get(f"{base}/rows", params={"procedure": procedure}).json().get("items"),
        "the case in the dataset",
    )
    assert (counted[0]["agency"], counted[0]["closed"], counted[0]["onTime"]) == (AGENCY, 1, 1)
    parquet = tmp_path / "data.parquet"
    parquet.write_bytes(httpx.get(f"{base}/data.parquet", follow_redirects=True).content)
    [count] = connect().execute("SELECT count(*) FROM read_parquet(?)", [str(parquet)]).fetchone() or [0]
    assert count > 0


def test_tracking_needs_no_account(platform: Any, closed: dict[str, Any]) -> None:
    query = {"code": closed["code"], "secret": closed["trackingSecret"]}
    answer = httpx.post(f"{platform.gateway}/procedures/v1/tracking", json=query)
    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
