"""One case through the gateway, every process real: what each of those who take part does and is told.

The tests are the chapters of one story; they stand in its order and share its case.
"""

import hashlib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from duckdb import connect

from launcher.demo.hearing import Hearing, what
from launcher.demo.kafka_listener import KafkaListener
from launcher.demo.office import CASES, PDF, VIETNAM, Office, act, send
from launcher.demo.patience import wait
from launcher.demo.people import Caller
from launcher.demo.public_figures import closed_cases, latest_ratings
from launcher.demo.receiver import Receiver
from launcher.demo.story import rate
from launcher.errors import LauncherError
from tests.journeys.stream_follower import StreamFollower
from tests.whole_platform import Platform

AGENCY, TAX_OFFICE, WARD = "000.00.01.H99", "000.00.02.H99", "000.00.03.H99"
RESULT = PDF + b"% signed\n"
ACTS = [
    "submitted",
    "accepted",
    "supplement_requested",
    "supplemented",
    "task_completed",
    "task_completed",
    "decided",
    "result_recorded",
    "task_completed",
    "closed",
]


@dataclass(frozen=True)
class Told:
    """The case when all is done, and what everyone was told of it."""

    case: dict[str, Any]
    receipt: dict[str, Any]
    by_webhook: list[Any]
    by_kafka: list[Any]
    stream: StreamFollower
    deliveries: list[dict[str, Any]]


def definition(code: str) -> dict[str, Any]:
    """A short procedure: received, examined, asked of the tax office, handed over."""

    def step(name: str, unit: str, to: str | None, agency: str | None = None) -> dict[str, Any]:
        title = {"vi": f"Bước {name}", "en": f"Step {name}"}
        way = {"unit": unit, "agency": agency, "transitions": [{"to": to}]}
        return {"code": name, "title": title, "completesProcessing": to is None, **way}

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
            step("HOI_THUE", "BP_THUE", "TRA_KET_QUA", TAX_OFFICE),
            step("TRA_KET_QUA", "BP_MOT_CUA", None),
        ],
    }


@pytest.fixture(scope="module")
def procedure(office: Office) -> str:
    """An agency drafts a procedure and puts it into force."""
    code = f"HT-{time.time_ns() % 10**9}"
    agency = office.official(AGENCY, "BP_MOT_CUA", "QUAN_TRI")
    drafted = agency.ask("POST", "/procedures/v1/procedures", json=definition(code))
    with pytest.raises(LauncherError, match="not-in-force"):
        office.citizen().post(CASES, {"procedure": code, "form": {"fullName": "Trần Thị Mẫu"}})
    etag = {"if-match": drafted.headers["etag"]}
    agency.post(f"/procedures/v1/procedures/{code}/versions/1/publication", None, headers=etag)
    return code


@pytest.fixture(scope="module")
def told(platform: Platform, office: Office, procedure: str) -> Told:
    """A case goes all the way while three integrators listen: by webhook, on the stream, on Kafka."""
    integrator = office.integrator()
    by_webhook, by_kafka = Hearing(), Hearing()
    with ExitStack() as listening:
        receiver = listening.enter_context(Receiver(by_webhook.take))
        listening.enter_context(KafkaListener(platform.running.kafka, "procedures.case.v1", by_kafka.take))
        stream = listening.enter_context(StreamFollower(integrator, procedure))
        subscription = subscribe(integrator, receiver, procedure)
        receipt = office.citizen().post(CASES, {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}})
        case = receipt["id"]
        closed = handle(office, case)
        for hearing in (by_webhook, by_kafka):
            wait("all events", lambda heard=hearing: len(heard.of(case)) == len(ACTS))
        deliveries = wait("the delivery log", lambda: delivered(integrator, subscription))
    return Told(closed, receipt, by_webhook.of(case), by_kafka.of(case), stream, deliveries)


def subscribe(integrator: Caller, receiver: Receiver, procedure: str) -> str:
    """Subscribe to the procedure's cases, and prove the callback; returns the subscription's address."""
    wanted = {"callback": receiver.address, "types": ["procedures.case.*"], "procedures": [procedure]}
    address = f"/events/v1/subscriptions/{integrator.post('/events/v1/subscriptions', wanted)['id']}"
    receiver.secret = integrator.get(f"{address}/secret")["secret"]
    wait("the callback to be proved", lambda: integrator.get(address)["status"] == "active")
    return address


def delivered(integrator: Caller, subscription: str) -> list[dict[str, Any]]:
    """The subscription's deliveries, once all are there."""
    listed: list[dict[str, Any]] = integrator.get(f"{subscription}/deliveries")["items"]
    done = [one for one in listed if one["status"] == "delivered"]
    return done if len(done) == len(ACTS) else []


def handle(office: Office, case: str) -> dict[str, Any]:
    """Two agencies work on the case, with a supplement on the way; returns it when it is closed."""
    citizen, desk = office.citizen(), office.official(AGENCY, "BP_MOT_CUA", "TIEP_NHAN")
    justice, tax = office.official(AGENCY, "PHONG_TU_PHAP"), office.official(TAX_OFFICE, "BP_THUE")
    act(desk, case, "acceptance")
    asked = {"items": [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]}
    waiting = act(justice, case, "supplement-request", asked)
    assert (waiting["dueAt"], waiting["stoppedAt"] is None) == (None, False)
    brought = {"documents": [{"document": "GIAY_TO", "id": send(citizen, "ban-chup.pdf")}]}
    assert act(citizen, case, "supplement", brought)["dueAt"] is not None
    act(justice, case, "tasks/THAM_TRA/completion", {})
    act(tax, case, "tasks/HOI_THUE/completion", {})
    act(desk, case, "decision", {"outcome": "granted", "reason": "Đủ điều kiện."})
    result = [{"document": "KET_QUA", "id": send(desk, "ket-qua.pdf", RESULT)}]
    act(desk, case, "result", {"documents": result})
    return act(desk, case, "tasks/TRA_KET_QUA/completion", {})


def test_make_run_plays_its_case_to_the_end(platform: Platform) -> None:
    assert "rates the service" in platform.printed, platform.printed


def test_the_case_is_decided_within_its_term_and_the_log_proves_every_act(office: Office, told: Told) -> None:
    assert (told.case["status"], told.case["outcome"], told.case["onTime"]) == ("closed", "granted", True)
    log = office.citizen().get(f"{CASES}/{told.case['id']}/log")
    assert log["sound"]
    assert [entry["act"]["kind"] for entry in log["entries"]] == ACTS


def test_the_applicant_takes_the_result_as_the_official_sent_it(office: Office, told: Told) -> None:
    [document] = told.case["result"]
    content = office.citizen().ask("GET", f"/procedures/v1/documents/{document['id']}/content").content
    assert content == RESULT
    assert document["sha256"] == hashlib.sha256(RESULT).hexdigest()


def test_a_webhook_brings_every_act_once_signed_and_in_order(told: Told) -> None:
    assert [what(event) for event in told.by_webhook] == ACTS
    assert [int(event["sequence"]) for event in told.by_webhook] == list(range(1, len(ACTS) + 1))


def test_the_delivery_log_says_that_each_was_taken(told: Told) -> None:
    deliveries = sorted(told.deliveries, key=lambda one: one["sequence"])
    assert [one["eventId"] for one in deliveries] == [event["id"] for event in told.by_webhook]
    assert {one["responseCode"] for one in deliveries} == {204}


def test_a_listener_on_kafka_reads_the_same_events(told: Told) -> None:
    assert [event["id"] for event in told.by_kafka] == [event["id"] for event in told.by_webhook]


def test_the_stream_loses_and_doubles_nothing_over_a_connection_that_breaks(told: Told) -> None:
    assert told.stream.connections > 3
    assert told.stream.events == told.by_webhook


def test_the_applicant_is_written_to_at_each_turn(platform: Platform, office: Office, told: Told) -> None:
    def subjects() -> list[str]:
        listed = office.citizen().get("/identity/v1/notifications", params={"limit": 200})["items"]
        mine = [message["subject"]["vi"] for message in listed if told.case["code"] in str(message)]
        return mine if len(mine) >= 6 else []

    assert [subject.partition(" – ")[0] for subject in reversed(wait("the messages", subjects))] == [
        "Đã nhận hồ sơ nộp",
        "Hồ sơ đã được tiếp nhận",
        "Cần bổ sung hồ sơ",
        "Đã nhận phần bổ sung",
        "Hồ sơ đã có kết quả: được chấp thuận",
        "Đã trả kết quả",
    ]
    assert told.case["code"] in office.http.get(platform.running.outbox).text


def test_anyone_who_holds_the_receipt_follows_the_case(office: Office, told: Told) -> None:
    query = {"code": told.receipt["code"], "secret": told.receipt["trackingSecret"]}
    answer = office.http.post("/procedures/v1/tracking", json=query)
    assert (answer.status_code, answer.json()["status"]) == (200, "closed")
    assert "Trần" not in answer.text
    guessed = office.http.post("/procedures/v1/tracking", json={**query, "secret": "AAAAAAAAAAAA"})
    assert guessed.status_code == 404


@pytest.fixture(params=["another citizen", "another agency"])
def stranger(request: pytest.FixtureRequest, office: Office) -> Caller:
    if request.param == "another citizen":
        return office.citizen(1)
    return office.official(WARD, "BP_MOT_CUA")


def test_nobody_else_sees_the_case(office: Office, told: Told, stranger: Caller) -> None:
    case, [document] = told.case["id"], told.case["result"]
    for path in (
        f"{CASES}/{case}",
        f"{CASES}/{case}/log",
        f"/procedures/v1/documents/{document['id']}/content",
    ):
        with pytest.raises(LauncherError, match="→ 404"):
            stranger.ask("GET", path)
        assert office.http.get(path).status_code == 401
    assert case not in str(stranger.get(CASES, params={"limit": 200})["items"])


@pytest.mark.usefixtures("told")
def test_the_public_figures_count_the_case(office: Office, procedure: str, tmp_path: Path) -> None:
    wait("the case in the dataset", lambda: closed_cases(office.http, AGENCY, procedure) == 1)
    latest = "/open-data/v1/datasets/on-time-processing/versions/latest"
    parquet = tmp_path / "data.parquet"
    parquet.write_bytes(office.http.get(f"{latest}/data.parquet").content)
    query = 'SELECT agency, received, closed, "onTime", late FROM read_parquet(?) WHERE procedure = ?'
    with connect() as reader:
        rows = reader.execute(query, [str(parquet), procedure]).fetchall()
    assert rows == [(AGENCY, 1, 1, 1, 0)]
    assert "on-time-processing" in office.http.get("/open-data/v1/catalog.jsonld").text


def test_the_applicant_and_nobody_else_rates_the_service_once(office: Office, told: Told) -> None:
    citizen, stranger = office.citizen(), office.citizen(1)
    address = f"/participation/v1/cases/{told.case['id']}/rating"
    rate(citizen, told.case["id"], 5, "Nhanh.")
    with pytest.raises(LauncherError, match="→ 404"):
        stranger.post(address, {"score": 1})
    with pytest.raises(LauncherError, match="→ 409"):
        citizen.post(address, {"score": 1})
    assert citizen.get(address)["score"] == 5


def test_ten_ratings_become_a_public_figure(office: Office, procedure: str, told: Told) -> None:
    before = latest_ratings(office.http, AGENCY)
    citizen = office.citizen()
    for _ in range(9):
        case = office.file(citizen, procedure)["id"]
        while (now := citizen.get(f"{CASES}/{case}"))["status"] != "closed":
            office.work_on(now)
        rate(citizen, case, 4, "Ổn.")
    month = datetime.fromisoformat(told.case["endedAt"]).astimezone(VIETNAM).strftime("%Y-%m")

    def published() -> dict[str, Any] | None:
        row = latest_ratings(office.http, AGENCY)
        return row if row != before else None

    row = wait("the ratings in the dataset", published)
    assert (row["month"], row["ratings"]) == (month, 10)
    assert 4 < row["mean"] < 4.5
