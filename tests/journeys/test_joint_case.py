"""A case on which several agencies work, as `make demo` plays it: what each of those who take part sees.

The tests look at one case, which they share.
"""

import io

import pytest

from launcher.demo.bank import Bank
from launcher.demo.further import FurtherCases
from launcher.demo.joint_case import (
    COMMITTEE,
    CONFIRMATION,
    QUESTIONS,
    TASKS,
    TAX_OFFICE,
    WARD,
    JointCase,
)
from launcher.demo.office import CASES, Office
from launcher.demo.patience import wait
from launcher.demo.public_figures import closed_cases
from launcher.errors import LauncherError
from launcher.services import BANK
from launcher.terminal import Terminal
from procedures.results.checking import check
from shared.clock import SystemClock
from tests.whole_platform import Platform

SHARED = {"id", "caseCode", "procedure", "askedBy", "unit", "question", "documents", "askedAt", "dueAt"}


@pytest.fixture(scope="module")
def bank(platform: Platform, office: Office) -> Bank:
    return Bank(office.http, BANK, platform.state.signing_secret(BANK))


@pytest.fixture(scope="module")
def printed() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(scope="module")
def story(office: Office, bank: Bank, printed: io.StringIO) -> JointCase:
    """The case, when all is done."""
    story = JointCase(office, bank)
    story.play(Terminal(printed, printed))
    return story


def test_each_chapter_says_who_did_what_and_what_followed(story: JointCase, printed: io.StringIO) -> None:
    lines = printed.getvalue().splitlines()
    assert sum("✓" in line for line in lines) == 15
    assert any("a decision table asks for 75.000 VND" in line for line in lines)
    assert any(line.endswith("settled: agreed_with_conditions") for line in lines)
    assert "the public dataset counts it once" in lines[-1]


def test_the_applicant_sees_one_case_with_one_code_and_one_due_date(office: Office, story: JointCase) -> None:
    case = story.case()
    assert (case["status"], case["outcome"], case["onTime"]) == ("closed", "granted", True)
    [part] = case["children"]
    assert (part["outcome"], "dueAt" in part, "dueAt" in case) == ("granted", False, True)
    codes = [one["code"] for one in office.citizen().get(CASES, params={"limit": 200})["items"]]
    assert codes.count(case["code"]) == 1
    assert story.part["code"] not in codes

    def closing() -> list[str]:
        listed = office.citizen().get("/identity/v1/notifications", params={"limit": 200})["items"]
        told = [str(message) for message in listed if case["code"] in str(message)]
        return told if any("Đã trả kết quả" in message for message in told) else []

    assert story.part["code"] not in str(wait("the messages", closing))


def test_whoever_holds_the_receipt_follows_all_of_it_under_its_one_code(
    office: Office, story: JointCase
) -> None:
    query = {"code": story.receipt["code"], "secret": story.receipt["trackingSecret"]}
    seen = office.http.post("/procedures/v1/tracking", json=query).json()
    assert [(part["agency"], part["status"]) for part in seen["parts"]] == [(TAX_OFFICE, "closed")]
    assert story.part["code"] not in str(seen)


def test_the_fee_is_paid_once_and_receipted(office: Office, story: JointCase) -> None:
    [fee] = story.case()["fees"]
    assert (fee["state"], fee["amount"]) == ("paid", 75000)
    receipt = office.citizen().get(f"{CASES}/{story.receipt['id']}/fees/1/receipt")
    assert (receipt["number"], receipt["provider"]) == (fee["receipt"], BANK)


def test_the_ward_saw_its_question_and_one_document_and_nothing_after_its_answer(
    office: Office, story: JointCase
) -> None:
    asked, ward = story.questions[0], office.official(WARD, "PHONG_TU_PHAP")
    assert {name for name, value in asked.items() if value} == SHARED
    assert [document["document"] for document in asked["documents"]] == ["GIAY_CHUNG_NHAN"]
    assert "Người Dân Mẫu" not in str(asked)
    [document] = asked["documents"]
    assert not ward.sees(f"{QUESTIONS}/{asked['id']}")
    assert not ward.sees(f"/procedures/v1/documents/{document['id']}/content")
    assert not ward.sees(f"{CASES}/{story.receipt['id']}")


def test_the_tax_office_sees_its_part_and_not_the_whole(office: Office, story: JointCase) -> None:
    tax = office.official(TAX_OFFICE, "BP_THUE")
    part = tax.get(f"{CASES}/{story.part['id']}")
    assert part["form"] == {"owner": "Người Dân Mẫu", "plot": "Thửa 125, tờ bản đồ số 8"}
    assert (part["fees"], part["attachments"]) == ([], [])
    assert not tax.sees(f"{CASES}/{story.receipt['id']}")
    permit = story.case()["result"][0]
    assert not tax.sees(f"/procedures/v1/documents/{permit['id']}/content")


def test_the_machine_saw_the_part_while_it_held_the_task_and_not_after(
    office: Office, story: JointCase
) -> None:
    machine, claimed = office.integrator("he-thong-thue"), story.claimed
    assert (claimed["step"], claimed["case"]["code"]) == ("TRA_CUU", story.part["code"])
    task = f"{TASKS}/{claimed['caseId']}/steps/TRA_CUU"
    with pytest.raises(LauncherError, match="lease-lost"):
        machine.ask("GET", task, params={"lease": claimed["lease"]})
    with pytest.raises(LauncherError, match="→ 403"):
        machine.ask("GET", f"{CASES}/{story.part['id']}")


def test_the_agency_follows_the_part_that_another_handles(office: Office, story: JointCase) -> None:
    land = office.official(COMMITTEE, "PHONG_DAT_DAI")
    part = land.get(f"{CASES}/{story.part['id']}")
    assert (part["status"], part["link"]["code"]) == ("closed", story.receipt["code"])
    [confirmed] = land.get(f"{CASES}/{story.receipt['id']}")["children"][0]["results"]
    assert confirmed["number"].endswith("/XN-NVTC")


async def test_the_permit_is_verified_at_its_address_and_from_its_file_alone(
    platform: Platform, story: JointCase
) -> None:
    number = story.case()["results"][0]["number"]
    assert (story.checked["state"], story.checked["number"]) == ("in_force", number)
    assert b"<pdfaid:part>2</pdfaid:part>" in story.paper
    folder = platform.state.folder / "secrets" / "result-certificates"
    authority, now = (folder / "authority.pem").read_bytes(), SystemClock().now()
    assert (await check(story.paper, authority, now)).sound
    assert not (await check(story.paper.replace(b"/Type", b"/Tipe", 1), authority, now)).sound


def test_the_public_figures_count_the_whole_and_never_its_part(office: Office, story: JointCase) -> None:
    assert story.case()["status"] == "closed"
    assert closed_cases(office.http, TAX_OFFICE, CONFIRMATION) == 0


def test_a_decision_table_grants_a_case_when_its_fee_is_paid(office: Office, bank: Bank) -> None:
    out = io.StringIO()
    FurtherCases(office, bank, Terminal(out, out)).granted_by_rule()
    assert "granted at once, by rule" in out.getvalue()
    assert out.getvalue().rstrip().endswith("closed, on time")


def test_a_refusal_is_set_aside_on_appeal(office: Office, bank: Bank) -> None:
    out = io.StringIO()
    FurtherCases(office, bank, Terminal(out, out)).refused()
    assert out.getvalue().rstrip().endswith("the refusal is overturned")
