"""One case through the API: filed, handled by two agencies, decided, closed; and who may not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.ids import new_id

CASES = "/procedures/v1/cases"


def at(text: str) -> str:
    """A local time of Hà Nội as the API writes it."""
    local = datetime.fromisoformat(f"{text}+07:00")
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
async def procedure(world: Any) -> str:
    code: str = await world.publish()
    return code


async def test_a_receipt_has_the_legal_code_and_the_expected_due_date(world: Any, procedure: str) -> None:
    receipt = await world.submit(procedure)
    agency, day, number = receipt["code"].rsplit("-", 2)
    assert (agency, day) == ("H99.01", "260105")
    assert len(number) == 4
    assert receipt["expectedDueAt"] == at("2026-01-08T08:30")
    assert len(receipt["trackingSecret"]) == 12


async def test_a_case_runs_from_filing_to_hand_over_through_two_agencies(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    accepted = await world.act(case, "acceptance", world.official("desk"))
    assert accepted.json()["status"] == "accepted"
    assert [task["step"] for task in accepted.json()["tasks"]] == ["THU_LY"]
    asked = await world.act(
        case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "ask_tax"}
    )
    assert [(task["unit"], task["agency"]) for task in asked.json()["tasks"]] == [("BP_THUE", "H99.02")]
    assert (await world.read(case, world.official("tax"))).status_code == 200
    answered = await world.act(case, "tasks/HOI_THUE/completion", world.official("tax"), {})
    assert [task["step"] for task in answered.json()["tasks"]] == ["TRA_KET_QUA"]
    undecided = await world.act(case, "tasks/TRA_KET_QUA/completion", world.official("desk"), {})
    assert undecided.json()["type"] == "/problems/decision-missing"
    decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
    decided = await world.act(case, "decision", world.official("desk"), decision)
    assert decided.json()["outcome"] == "granted"
    closed = await world.act(case, "tasks/TRA_KET_QUA/completion", world.official("desk"), {})
    assert (closed.json()["status"], closed.json()["onTime"]) == ("closed", True)
    log = (await world.http.get(f"{CASES}/{case}/log", headers=world.citizen())).json()
    assert log["sound"] is True
    assert [entry["act"]["kind"] for entry in log["entries"]] == [
        "submitted",
        "accepted",
        "task_completed",
        "task_completed",
        "decided",
        "task_completed",
        "closed",
    ]


async def test_a_supplement_stops_the_clock_and_gives_the_time_back(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(datetime(2026, 1, 6, 1, 30, tzinfo=UTC))
    items = [{"document": "GIAY_TO", "reason": "Bản chụp mờ."}]
    asked = await world.act(case, "supplement-request", world.official("justice"), {"items": items})
    assert asked.json()["status"] == "supplement_requested"
    assert asked.json()["dueAt"] is None
    world.clock.set(datetime(2026, 1, 19, 1, 30, tzinfo=UTC))
    sent = await world.send(b"%PDF-1.7 sample")
    brought = {"documents": [{"document": "GIAY_TO", "id": sent["id"]}]}
    resumed = await world.act(case, "supplement", world.citizen(), brought)
    assert resumed.json()["dueAt"] == at("2026-01-21T08:30")
    assert resumed.json()["attachments"][0]["sha256"] == sent["sha256"]


async def test_a_case_is_filed_with_documents_that_are_then_its_own(world: Any, procedure: str) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    document = {"document": "GIAY_TO", "id": sent["id"]}
    case = (await world.submit(procedure, documents=[document]))["id"]
    view = (await world.read(case)).json()
    assert [item["sha256"] for item in view["attachments"]] == [sent["sha256"]]
    content = f"/procedures/v1/documents/{sent['id']}/content"
    assert (await world.http.get(content, headers=world.official("desk"))).content == b"%PDF-1.7 sample"
    assert (await world.http.get(content, headers=world.official("elsewhere"))).status_code == 404
    body = {"procedure": procedure, "form": {"fullName": "x"}, "documents": [document]}
    again = await world.http.post(CASES, json=body, headers=world.citizen())
    assert again.json()["errors"][0]["code"] == "document_not_sent"


async def test_a_refusal_names_its_ground_and_ends_the_case(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    body = {"reason": "Không thuộc thẩm quyền.", "legalGround": "Nghị định 61/2018/NĐ-CP, Điều 17"}
    refused = await world.act(case, "refusal", world.official("desk"), body)
    assert (refused.json()["status"], refused.json()["nextActions"]) == ("refused", ["appeal", "reopen"])
    again = await world.act(case, "acceptance", world.official("desk"))
    assert again.json()["type"] == "/problems/action-not-allowed"


async def test_the_applicant_withdraws_before_the_decision(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    withdrawn = await world.act(case, "withdrawal", world.citizen(), {})
    assert withdrawn.json()["status"] == "withdrawn"


async def test_all_faults_of_a_submission_are_named_at_once_in_both_languages(
    world: Any, procedure: str
) -> None:
    body = {
        "procedure": procedure,
        "form": {"born": "yesterday", "shoeSize": 43},
        "documents": [{"document": "GIAY_TO", "id": str(new_id())}],
    }
    for language, word in (("vi", "còn trống"), ("en", "missing")):
        headers = {**world.citizen(), "accept-language": language}
        answer = await world.http.post(CASES, json=body, headers=headers)
        assert answer.status_code == 400
        faults = {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
        assert set(faults) == {"/form/shoeSize", "/form/fullName", "/form/born", "/documents/0/id"}
        assert word in faults["/form/fullName"]


async def test_sending_again_with_the_same_key_files_nothing_twice(world: Any, procedure: str) -> None:
    body = {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}}
    headers = {**world.citizen(), "idempotency-key": str(new_id())}
    answers = await asyncio.gather(*(world.http.post(CASES, json=body, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    other = await world.http.post(CASES, json={**body, "form": {"fullName": "Người khác"}}, headers=headers)
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    mine = (await world.http.get(CASES, headers=world.citizen())).json()["items"]
    assert len(mine) == 1


async def test_a_submission_with_documents_that_is_sent_again_gives_the_same_receipt_though_its_version_is_retired(
    world: Any, procedure: str
) -> None:
    sent = await world.send(b"%PDF-1.7 sample")
    body = {
        "procedure": procedure,
        "form": {"fullName": "Trần Thị Mẫu"},
        "documents": [{"document": "GIAY_TO", "id": sent["id"]}],
    }
    headers = {**world.citizen(), "idempotency-key": str(new_id())}
    first = await world.http.post(CASES, json=body, headers=headers)
    assert first.status_code == 201
    assert (await world.http.post(CASES, json=body, headers=headers)).content == first.content
    version = f"/procedures/v1/procedures/{procedure}/versions/1"
    etag = (await world.http.get(version)).headers["etag"]
    retired = await world.http.post(
        f"{version}/retirement", headers={**world.official("desk"), "if-match": etag}
    )
    assert retired.status_code == 201
    again = await world.http.post(CASES, json=body, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    anew = await world.http.post(
        CASES, json={**body, "documents": []}, headers={**headers, "idempotency-key": str(new_id())}
    )
    assert anew.json()["type"] == "/problems/procedure-not-in-force"


async def test_the_series_of_a_day_has_no_gap_under_concurrent_filing(world: Any) -> None:
    world.clock.set(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    procedure = await world.publish()
    bad = {"procedure": procedure, "form": {}}
    good = {"procedure": procedure, "form": {"fullName": "Trần Thị Mẫu"}}
    answers = await asyncio.gather(
        *(
            world.http.post(CASES, json=body, headers=world.citizen(str(new_id())))
            for _ in range(20)
            for body in (good, bad)
        )
    )
    numbers = sorted(int(answer.json()["code"][-4:]) for answer in answers if answer.status_code == 201)
    assert numbers == list(range(1, 21))


async def test_of_two_officials_at_once_one_acts_and_the_other_is_told_what_came(
    world: Any, procedure: str
) -> None:
    case = (await world.submit(procedure))["id"]
    etag = (await world.read(case)).headers["etag"]
    headers = {**world.official("desk"), "if-match": etag}
    answers = await asyncio.gather(
        *(world.http.post(f"{CASES}/{case}/acceptance", headers=headers) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412, 412, 412]
    stale = next(answer for answer in answers if answer.status_code == 412).json()
    assert [change["act"] for change in stale["changes"]] == ["accepted"]


async def test_a_command_without_if_match_is_refused(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    answer = await world.http.post(f"{CASES}/{case}/acceptance", headers=world.official("desk"))
    assert (answer.status_code, answer.json()["type"]) == (428, "/problems/if-match-required")


@pytest.mark.parametrize("known", ["\u00b2", "\u0661", "1" * 5000, "", "-1"])
async def test_an_etag_that_was_never_ours_is_told_of_all_acts(world: Any, known: str) -> None:
    case = (await world.submit(await world.publish()))["id"]
    headers = {
        **world.official("desk"),
        "if-match": f'"{known}-x"'.encode("utf-8" if known > "\u00ff" else "latin-1"),
    }
    answer = await world.http.post(f"{CASES}/{case}/acceptance", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (412, "/problems/case-changed")
    assert [change["act"] for change in answer.json()["changes"]] == ["submitted"]


async def test_a_case_is_absent_for_everybody_it_does_not_concern(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    strangers = [world.citizen(str(new_id())), world.official("elsewhere"), world.official("tax")]
    for stranger in strangers:
        assert (await world.read(case, stranger)).status_code == 404
        log = await world.http.get(f"{CASES}/{case}/log", headers=stranger)
        assert log.status_code == 404
        listed = (await world.http.get(CASES, headers=stranger)).json()["items"]
        assert case not in {item["id"] for item in listed}
    commands: dict[str, dict[str, Any] | None] = {
        "acceptance": None,
        "refusal": {"reason": "x", "legalGround": "y"},
        "tasks/TIEP_NHAN/completion": {},
        "supplement-request": {"items": [{"document": "GIAY_TO", "reason": "x"}]},
        "decision": {"outcome": "granted", "reason": "x"},
        "result": {"documents": [{"document": "KET_QUA", "id": str(new_id())}]},
    }
    for command, body in commands.items():
        refused = await world.act(case, command, world.official("elsewhere"), body)
        assert refused.status_code == 404, command
    other = world.citizen(str(new_id()))
    assert (await world.act(case, "withdrawal", other, {})).status_code == 404


async def test_an_official_of_another_unit_may_look_but_not_act(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    assert (await world.read(case, world.official("justice"))).status_code == 200
    refused = await world.act(case, "acceptance", world.official("justice"))
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-this-unit")


async def test_the_work_list_shows_a_unit_its_open_tasks_next_due_first(world: Any, procedure: str) -> None:
    first, second = [(await world.submit(procedure))["id"] for _ in range(2)]
    await world.act(second, "acceptance", world.official("desk"))
    world.clock.advance(timedelta(hours=1))
    await world.act(first, "acceptance", world.official("desk"))
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (
            await world.http.get("/procedures/v1/work-list", params=query, headers=world.official("justice"))
        ).json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    mine = [item["caseId"] for item in items if item["caseId"] in (first, second)]
    assert mine == [second, first]
    theirs = (await world.http.get("/procedures/v1/work-list", headers=world.official("elsewhere"))).json()
    assert theirs["items"] == []


async def test_tracking_opens_with_code_and_secret_and_shows_nothing_personal(
    world: Any, procedure: str
) -> None:
    receipt = await world.submit(procedure)
    query = {"code": receipt["code"], "secret": receipt["trackingSecret"].lower()}
    found = await world.http.post("/procedures/v1/tracking", json=query)
    assert found.json()["status"] == "submitted"
    assert world.citizen_id not in found.text
    assert "Mẫu" not in found.text
    wrong = await world.http.post("/procedures/v1/tracking", json={**query, "secret": "WRONGSECRET2"})
    unknown = await world.http.post("/procedures/v1/tracking", json={**query, "code": "H99.01-260105-9999"})
    assert wrong.status_code == unknown.status_code == 404
    assert wrong.json()["detail"] == unknown.json()["detail"]


async def test_a_running_case_stays_on_its_version(world: Any, procedure: str) -> None:
    case = (await world.submit(procedure))["id"]
    editor = world.official("desk")
    base = f"/procedures/v1/procedures/{procedure}/versions"
    old = (await world.http.get(f"{base}/1")).json()["definition"]
    changed = {**old, "term": {"kind": "working_days", "amount": 9}}
    drafted = await world.http.post("/procedures/v1/procedures", json=changed, headers=editor)
    published = await world.http.post(
        f"{base}/2/publication", headers={**editor, "if-match": drafted.headers["etag"]}
    )
    assert published.json()["status"] == "published"
    assert (await world.http.get(f"{base}/1")).json()["status"] == "retired"
    accepted = await world.act(case, "acceptance", editor)
    assert (accepted.json()["version"], accepted.json()["dueAt"]) == (1, at("2026-01-08T08:30"))
    assert (await world.submit(procedure))["version"] == 2


async def test_a_retired_procedure_takes_no_new_cases(world: Any, procedure: str) -> None:
    base = f"/procedures/v1/procedures/{procedure}/versions/1"
    etag = (await world.http.get(base)).headers["etag"]
    await world.submit(procedure)
    retired = await world.http.post(
        f"{base}/retirement", headers={**world.official("desk"), "if-match": etag}
    )
    assert retired.status_code == 201, retired.text
    answer = await world.http.post(
        CASES, json={"procedure": procedure, "form": {"fullName": "x"}}, headers=world.citizen()
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/procedure-not-in-force")
