"""Further cases, against a platform that runs: a grant by rule, a refusal and what is said against it, and others."""

from collections.abc import Mapping
from typing import Any

from launcher.demo.bank import Bank
from launcher.demo.office import CASES, Office, act, money, told_of
from launcher.demo.patience import wait
from launcher.demo.people import Caller
from launcher.demo.public_figures import DATASETS, latest_ratings
from launcher.demo.story import rate
from launcher.terminal import Terminal

_BUSINESS, _LAND, _PAVEMENT = "MAU-01", "MAU-02", "MAU-05"
_SCORES = (5, 4, 5, 3, 5, 4, 2, 5, 4, 5)


class FurtherCases:
    """What else happens to cases than to be granted."""

    def __init__(self, office: Office, bank: Bank, terminal: Terminal) -> None:
        self._office, self._bank = office, bank
        self._terminal = terminal

    def play(self) -> None:
        """All of them. Raises LauncherError at the first step that fails."""
        self._terminal.title("A case that a decision table grants, as soon as its fee is paid")
        self.granted_by_rule()
        self._terminal.title("A case that is refused at the desk, and an appeal")
        self.refused()
        self._terminal.title("A case that its applicant takes back")
        self.withdrawn()
        self._terminal.title("A case whose clock stands still while the tax is paid")
        self.land()
        self._terminal.title("A morning at the counter")
        self.morning()

    def granted_by_rule(self) -> None:
        citizen = self._office.citizen()
        case = self._file(citizen, _PAVEMENT, {"place": "Trước nhà số 12", "area": 8, "days": 20})
        [fee] = self._read(citizen, case)["fees"]
        self._bank.tell_of_payment(fee)
        now = self._read(citizen, case)
        paid = f"{self._bank.name} tells that {money(fee)} are paid"
        self._terminal.told(f"{paid}: {now['outcome']} at once, by rule", now["reason"])
        [task] = now["tasks"]
        desk = self._office.official(task["agency"], task["unit"], task["role"])
        issued = act(desk, case, "issuance", {"type": "GIAY_PHEP"})
        self._terminal.told(f"{desk.name} has the permit signed", issued["results"][0]["number"])
        self._work_on(citizen, case)

    def refused(self) -> None:
        citizen = self._office.citizen(1)
        case = self._file(citizen, _BUSINESS)
        task = self._read(citizen, case)["tasks"][0]
        desk = self._office.official(task["agency"], task["unit"], task["role"])
        ground = "Nghị định 61/2018/NĐ-CP, điều 17"
        refusal = {"reason": "Địa điểm kinh doanh thuộc quận khác.", "legalGround": ground}
        act(desk, case, "refusal", refusal)
        self._terminal.told(f"{desk.name} refuses it with reasons", ground)
        self._told(citizen, case)
        self._appealed(citizen, case)

    def _appealed(self, citizen: Caller, case: str) -> None:
        """The refusal is set aside; the appeal is a case of its own, and the refused one is told."""
        grounds = {"grounds": "Địa điểm kinh doanh thuộc địa bàn Quận Mẫu."}
        appeal = act(citizen, case, "appeals", {"form": grounds})
        self._terminal.told(f"{citizen.name} appeals", appeal["code"])
        self._work_on(citizen, appeal["id"])
        self._work_on(citizen, appeal["id"])
        [task] = self._read(citizen, appeal["id"])["tasks"]
        leader = self._office.official(task["agency"], task["unit"], task["role"])
        act(leader, appeal["id"], "ruling", {"verdict": "overturned", "reason": "Khiếu nại đúng."})
        [told] = self._read(citizen, case)["appeals"]
        self._terminal.told(f"{leader.name} rules on it", f"the refusal is {told['verdict']}")

    def withdrawn(self) -> None:
        citizen = self._office.citizen(1)
        case = self._file(citizen, _LAND)
        self._work_on(citizen, case)
        act(citizen, case, "withdrawal", {"reason": "Không còn nhu cầu."})
        self._terminal.told(f"{citizen.name} withdraws it", "nobody has to ask why")
        self._told(citizen, case)

    def land(self) -> None:
        citizen = self._office.citizen()
        case = self._file(citizen, _LAND)
        while self._read(citizen, case)["status"] != "closed":
            self._work_on(citizen, case)

    def morning(self) -> None:
        """Ten people are served, and each says how it went: ratings are published by tens."""
        agency = self._office.definition(_BUSINESS, 1)["agency"]
        before = latest_ratings(self._office.http, agency)
        for number, score in enumerate(_SCORES):
            citizen = self._office.citizen(number % 2)
            receipt = self._office.file(citizen, _BUSINESS)
            while (now := self._read(citizen, receipt["id"]))["status"] != "closed":
                self._office.work_on(now)
            rate(citizen, receipt["id"], score, "Được hướng dẫn rõ ràng.")
            self._terminal.told(f"{receipt['code']} is filed, granted and closed", f"rated {score} of 5")
        self._tell_ratings(agency, before)

    def _tell_ratings(self, agency: str, before: dict[str, Any] | None) -> None:
        http = self._office.http

        def changed() -> dict[str, Any] | None:
            row = latest_ratings(http, agency)
            return row if row != before else None

        row = wait("the published ratings", changed)
        address = http.base_url.join(f"{DATASETS}/service-ratings")
        what = f"the public dataset tells what people say: {row['mean']:.1f} of 5 in {row['month']}"
        self._terminal.told(what, f"{row['ratings']} ratings, {address}")

    def _file(self, citizen: Caller, procedure: str, form: Mapping[str, Any] | None = None) -> str:
        receipt = self._office.file(citizen, procedure, form)
        title = self._office.definition(procedure, receipt["version"])["title"]["vi"]
        due = told_of(receipt["expectedDueAt"])
        self._terminal.told(f"{citizen.name} files “{title}”", f"{receipt['code']}, expected {due}")
        return str(receipt["id"])

    def _work_on(self, citizen: Caller, case: str) -> None:
        deed = self._office.work_on(self._read(citizen, case))
        self._terminal.told(deed.what, deed.detail)

    def _read(self, citizen: Caller, case: str) -> dict[str, Any]:
        view: dict[str, Any] = citizen.get(f"{CASES}/{case}")
        return view

    def _told(self, citizen: Caller, case: str) -> None:
        """The last message to the applicant about the case."""
        view = self._read(citizen, case)

        def message() -> str | None:
            listed = citizen.get("/identity/v1/notifications", params={"limit": 200})["items"]
            subjects = [one["subject"]["vi"] for one in listed if view["code"] in str(one)]
            return subjects[0] if len(subjects) > 1 else None

        self._terminal.told(f"{citizen.name} is written to", f"“{wait('the message', message)}”")
