"""One case on which three agencies and a machine work: what each does, what it is shown, what follows from it."""

import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from launcher.demo.bank import Bank
from launcher.demo.office import CASES, VIETNAM, Deed, Office, act, command, money, told_of
from launcher.demo.patience import wait
from launcher.demo.people import Caller
from launcher.demo.public_figures import DATASETS, closed_cases
from launcher.errors import LauncherError
from launcher.terminal import Terminal

PERMIT, CONFIRMATION = "MAU-04", "MAU-03"
COMMITTEE, TAX_OFFICE, WARD = "000.00.01.H99", "000.00.02.H99", "000.00.03.H99"
QUESTIONS, TASKS = "/procedures/v1/consultations", "/procedures/v1/external-tasks"
_MACHINE = "he-thong-thue"
_FORM = {
    "owner": "Người Dân Mẫu",
    "plot": "Thửa 125, tờ bản đồ số 8",
    "address": "12 đường Hoa Sen, Phường Hoa Sen",
    "floors": 3,
    "floorArea": 180,
}
_GRANTED = {"outcome": "granted", "reason": "Đủ điều kiện theo quy định."}
_ADDRESS = re.compile(rb"/URI ?\((http[^)]+)\)")


class JointCase:
    """The case, told in chapters; what those who took part were shown is kept."""

    def __init__(self, office: Office, bank: Bank) -> None:
        self._office, self._bank = office, bank
        self._citizen = office.citizen()
        self._counted = self._figures()
        self.receipt: dict[str, Any] = {}
        self.part: dict[str, Any] = {}
        """The tax office's case, as the first one tells it."""
        self.questions: list[dict[str, Any]] = []
        self.claimed: dict[str, Any] = {}
        self.paper = b""
        self.checked: dict[str, Any] = {}

    def play(self, terminal: Terminal) -> None:
        """The whole story. Raises LauncherError at the first step that fails."""
        chapters = (
            self._file, self._pay, self._accept,
            self._ask, self._ward_answers, self._justice_answers, self._examine,
            self._receive_part, self._look_up, self._confirm,
            self._grant, self._check, self._hand_over,
            self._look_back, self._count,
        )  # fmt: skip
        for chapter in chapters:
            deed = chapter()
            terminal.told(deed.what, deed.detail)
            for consequence in deed.follows:
                terminal.note(f"→ {consequence}")

    def case(self) -> dict[str, Any]:
        """As the applicant sees it now."""
        view: dict[str, Any] = self._citizen.get(f"{CASES}/{self.receipt['id']}")
        return view

    def _file(self) -> Deed:
        self.receipt = self._office.file(self._citizen, PERMIT, _FORM)
        title = self._office.definition(PERMIT, self.receipt["version"])["title"]["vi"]
        due = told_of(self.receipt["expectedDueAt"])
        [fee] = self.case()["fees"]
        asked = f"a decision table asks for {money(fee)} ({fee['legalGround']})"
        return Deed(
            f"{self._citizen.name} files “{title}”", f"{self.receipt['code']}, expected {due}", (asked,)
        )

    def _pay(self) -> Deed:
        [fee] = self.case()["fees"]
        receipt = self._bank.tell_of_payment(fee)["receipt"]
        return Deed(f"{self._bank.name} tells by a signed callback that it is paid", f"receipt {receipt}")

    def _accept(self) -> Deed:
        desk = self._office.official(COMMITTEE, "BP_MOT_CUA", "TIEP_NHAN")
        after = act(desk, self.receipt["id"], "acceptance")
        [self.part] = after["children"]
        ways = " and ".join(task["step"] for task in after["tasks"])
        return Deed(
            f"{desk.name} accepts the case: the legal clock runs",
            f"due {told_of(after['dueAt'])}",
            (
                f"side by side open {ways}",
                f"the tax office ({TAX_OFFICE}) gets its part as a case of its own, {self.part['code']}",
            ),
        )

    def _ask(self) -> Deed:
        land = self._office.official(COMMITTEE, "PHONG_DAT_DAI")
        shared = [self.case()["attachments"][0]["id"]]
        term = {"kind": "working_days", "amount": 3}
        question = "Thửa đất này có tranh chấp, khiếu kiện không?"
        consultees = [
            {
                "agency": agency,
                "unit": "PHONG_TU_PHAP",
                "question": question,
                "documents": shared,
                "term": term,
            }
            for agency in (WARD, COMMITTEE)
        ]
        after = act(land, self.receipt["id"], "consultations", {"consultees": consultees})
        due = told_of(after["consultations"][0]["consultees"][0]["dueAt"])
        return Deed(
            f"{land.name} asks the ward ({WARD}) and the justice section", f"both must agree, by {due}"
        )

    def _ward_answers(self) -> Deed:
        ward = self._answer(WARD, {"opinion": "agree"})
        if ward.sees(f"{CASES}/{self.receipt['id']}"):
            raise LauncherError(f"{ward.name} saw the case of another agency")
        return Deed(f"{ward.name} agrees", "is shown the question and one document; of the case itself, 404")

    def _justice_answers(self) -> Deed:
        note = "Thống nhất, với điều kiện giữ nguyên ranh giới thửa đất."
        justice = self._answer(COMMITTEE, {"opinion": "conditions", "note": note})
        outcome = self.case()["consultations"][0]["outcome"]
        return Deed(f"{justice.name} agrees under conditions", f"settled: {outcome}")

    def _answer(self, agency: str, answer: dict[str, Any]) -> Caller:
        """An official of the justice section finds in the inbox what it is asked, and answers."""
        official = self._office.official(agency, "PHONG_TU_PHAP")
        inbox = official.get(QUESTIONS, params={"limit": 200})["items"]
        question = next(one["id"] for one in inbox if one["caseCode"] == self.receipt["code"])
        self.questions.append(official.get(f"{QUESTIONS}/{question}"))
        command(official, f"{QUESTIONS}/{question}", "answer", answer)
        return official

    def _examine(self) -> Deed:
        land = self._office.official(COMMITTEE, "PHONG_DAT_DAI")
        after = act(land, self.receipt["id"], "tasks/THAM_DINH/completion", {})
        [waiting] = after["tasks"]
        return Deed(f"{land.name} completes “Thẩm định hồ sơ”", f"{waiting['step']} is waited for")

    def _receive_part(self) -> Deed:
        tax = self._office.official(TAX_OFFICE, "BP_THUE")
        after = act(tax, self.part["id"], "acceptance")
        return Deed(f"{tax.name} of the tax office accepts its part", f"due {told_of(after['dueAt'])}")

    def _look_up(self) -> Deed:
        """The tax office's machine does what waits for it, until it has done this."""
        machine = self._office.integrator(_MACHINE)
        order = {"procedure": CONFIRMATION, "leaseSeconds": 60, "waitSeconds": 20}
        while self.claimed.get("caseId") != self.part["id"]:
            taken = machine.post(f"{TASKS}/claims", order)["items"]
            if not taken:
                raise LauncherError(f"{machine.name} was given no task")
            [self.claimed] = taken
            answer = {"lease": self.claimed["lease"], "note": "Không còn khoản nợ nào."}
            machine.post(f"{TASKS}/{self.claimed['caseId']}/steps/TRA_CUU/completion", answer)
        ends = datetime.fromisoformat(self.claimed["leaseEndsAt"]).astimezone(VIETNAM)
        return Deed(
            f"{machine.name}, a machine, claims “Tra cứu khoản còn nợ” and answers",
            f"lease until {ends:%H:%M:%S}",
        )

    def _confirm(self) -> Deed:
        leader = self._office.official(TAX_OFFICE, "LANH_DAO")
        part = self.part["id"]
        act(leader, part, "decision", _GRANTED)
        after = act(leader, part, "issuance", {"type": "GIAY_XAC_NHAN"})
        act(leader, part, "tasks/KY_XAC_NHAN/completion", {})
        case = self.case()
        return Deed(
            f"{leader.name} confirms and signs",
            after["results"][0]["number"],
            (
                f"the part is {case['children'][0]['status']}, and the case is told",
                f"both ways have come: {case['tasks'][0]['step']} opens",
            ),
        )

    def _grant(self) -> Deed:
        leader = self._office.official(COMMITTEE, "LANH_DAO")
        case = self.receipt["id"]
        act(leader, case, "decision", _GRANTED)
        after = act(leader, case, "issuance", {"type": "GIAY_PHEP"})
        act(leader, case, "tasks/KY_DUYET/completion", {})
        [pdf] = [document for document in after["result"] if document["mediaType"] == "application/pdf"]
        content = self._citizen.ask("GET", f"/procedures/v1/documents/{pdf['id']}/content").content
        self.paper = content
        return Deed(
            f"{leader.name} grants the permit and signs it",
            f"{after['results'][0]['number']}, PDF/A of {len(content)} bytes",
        )

    def _check(self) -> Deed:
        """The address stands on the paper, also as QR code; no token is needed."""
        printed = _ADDRESS.search(self.paper)
        if printed is None:
            raise LauncherError("no address stands on the paper")
        address = printed[1].decode()
        self.checked = self._office.http.get(address).raise_for_status().json()
        if self.checked["pdfSha256"] != sha256(self.paper).hexdigest():
            raise LauncherError(f"another paper than this is verified at {address}")
        state = self.checked["state"].replace("_", " ")
        return Deed(f"anyone checks the paper: {state}, not a bit of it changed", address)

    def _hand_over(self) -> Deed:
        desk = self._office.official(COMMITTEE, "BP_MOT_CUA", "TRA_KET_QUA")
        after = act(desk, self.receipt["id"], "tasks/TRA_KET_QUA/completion", {})
        return Deed(f"{desk.name} hands it over", "closed, on time" if after["onTime"] else "closed")

    def _look_back(self) -> Deed:
        listed = self._citizen.get(CASES, params={"limit": 200})["items"]
        codes = {one["code"] for one in listed}
        if self.receipt["code"] not in codes or self.part["code"] in codes:
            raise LauncherError("the applicant does not see one case")
        log = self._citizen.get(f"{CASES}/{self.receipt['id']}/log")
        if not log["sound"]:
            raise LauncherError("the log of the case is not sound")
        return Deed(
            f"{self._citizen.name} sees one case with one code",
            f"{len(log['entries'])} acts in its log, which is sound",
        )

    def _figures(self) -> tuple[int, int]:
        """Of the permit and of its parts: how many closed cases the public is told of."""
        http = self._office.http
        return closed_cases(http, COMMITTEE, PERMIT), closed_cases(http, TAX_OFFICE, CONFIRMATION)

    def _count(self) -> Deed:
        permits, parts = self._counted

        def counted() -> tuple[int, int] | None:
            now = self._figures()
            return now if now[0] > permits else None

        now = wait("the public figures", counted)
        if now != (permits + 1, parts):
            raise LauncherError(f"the case was counted more than once: {self._counted} became {now}")
        address = str(self._office.http.base_url.join(f"{DATASETS}/on-time-processing"))
        return Deed("the public dataset counts it once, and its part not beside it", address)
