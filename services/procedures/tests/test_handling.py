"""Handling a case by the rules, told as a clerk would tell it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from procedures.domain import handling
from procedures.domain.acts import Act, Actor, Closed, Entry, Submitted, TaskCompleted
from procedures.domain.agency import AnotherAgency
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, fold, opened
from procedures.domain.clock import Stop
from procedures.domain.deciding import ClockStopped, decide
from procedures.domain.definition import END, Definition, Stage, Step, Transition, UnknownOutcome
from procedures.domain.handling import DecisionMissing, NotThisUnit, Official, TaskNotOpen
from procedures.domain.holidays_vn import vietnam
from procedures.domain.status import ActionNotAllowed, Status
from procedures.domain.terms import NO_TERM, Term, TermKind
from shared.errors import Invalid, Text
from shared.ids import new_id

CALENDAR = vietnam([2026])
ACTOR = Actor("someone", "official", "H99.01")
DESK = Official("H99.01", frozenset({("BP_MOT_CUA", "TIEP_NHAN"), ("BP_MOT_CUA", "TRA_KET_QUA")}))
LAND = Official("H99.01", frozenset({("PHONG_DAT_DAI", "XU_LY")}))
LEADER = Official("H99.01", frozenset({("LANH_DAO", "KY_DUYET")}))
TAX = Official("H99.02", frozenset({("BP_THUE", "XU_LY")}))


def local(text: str) -> datetime:
    """An instant from the wall clock of an office in Viet Nam."""
    return (datetime.fromisoformat(text) - timedelta(hours=7)).replace(tzinfo=UTC)


def days(number: float) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(str(number)))


def step(code: str, unit: str, role: str | None, *to: Transition | str, **more: Any) -> Step:
    ways = tuple(Transition(way) if isinstance(way, str) else way for way in to) or (Transition(END),)
    return Step(code, Text(code, code), unit, ways, role=role, **more)


LAND_TITLE = Definition(
    code="MAU-02",
    title=Text("Cấp giấy", "Land title"),
    agency="H99.01",
    term=days(10),
    first_step="TIEP_NHAN",
    steps=(
        step("TIEP_NHAN", "BP_MOT_CUA", "TIEP_NHAN", "THAM_DINH"),
        step(
            "THAM_DINH",
            "PHONG_DAT_DAI",
            "XU_LY",
            Transition("TINH_THUE", "taxed"),
            Transition("KY", "exempt"),
            allowance=days(4),
        ),
        step("TINH_THUE", "BP_THUE", "XU_LY", "NOP_THUE", agency="H99.02", pauses_clock=True),
        step("NOP_THUE", "BP_MOT_CUA", "TIEP_NHAN", "KY", resumes_clock=True),
        step("KY", "LANH_DAO", "KY_DUYET", "TRA_KET_QUA"),
        step("TRA_KET_QUA", "BP_MOT_CUA", "TRA_KET_QUA"),
    ),
)


class Desk:
    """A case and its log, as acts come about."""

    def __init__(self, definition: Definition = LAND_TITLE, at: str = "2026-03-02 08:30") -> None:
        self.definition = definition
        self.now = local(at)
        task = handling.receiving_task(definition, CALENDAR, self.now)
        act = Submitted(definition.code, 1, definition.agency, "citizen", "", (), (task,), None)
        self.log = [Entry(1, self.now, ACTOR, act)]
        self.case: Case = opened(new_id(), self.log[0])

    def done(self, acts: Sequence[Act]) -> Case:
        for act in acts:
            entry = Entry(self.case.sequence + 1, self.now, ACTOR, act)
            self.log.append(entry)
            self.case = self.case.after(entry)
        return self.case

    def at(self, text: str) -> "Desk":
        self.now = local(text)
        return self

    def accept(self, official: Official = DESK) -> Case:
        return self.done(handling.accept(self.case, self.definition, CALENDAR, official, self.now))

    def complete(self, step: str, official: Official, outcome: str | None = None) -> Case:
        return self.done(
            handling.complete_task(
                self.case,
                self.definition,
                CALENDAR,
                official,
                self.now,
                step=step,
                outcome=outcome,
                note="Đã kiểm tra.",
            )
        )

    def decide(self, official: Official) -> Case:
        return self.done(
            decide(
                self.case,
                self.definition,
                official,
                outcome=Outcome.GRANTED,
                reason="Đủ điều kiện.",
                number="7",
            )
        )

    def ask(self, official: Official, *documents: str) -> Case:
        items = [MissingItem(document, "Bản chụp mờ.") for document in documents]
        return self.done(handling.request_supplement(self.case, CALENDAR, official, self.now, items))

    def bring(self, *documents: str) -> Case:
        return self.done(
            handling.supplement(
                self.case, CALENDAR, self.now, attachments=[paper(name) for name in documents], note=None
            )
        )


def paper(document: str) -> Attachment:
    return Attachment(UUID(int=1), document, "application/pdf", 10, "00")


def due(case: Case) -> list[datetime | None]:
    return [task.due_at for task in case.tasks]


def at_the_tax_office() -> Desk:
    """Received on Monday 2 March, examined on Wednesday, and with the tax office since."""
    desk = Desk()
    desk.accept()
    desk.at("2026-03-04 08:30").complete("THAM_DINH", LAND, "taxed")
    return desk


class TestReceiving:
    def test_a_case_that_is_accepted_is_due_after_its_term_and_waits_at_the_next_unit(self) -> None:
        case = Desk().accept()
        assert case.due_at == local("2026-03-16 08:30")
        assert [(task.step, task.unit, task.agency) for task in case.tasks] == [
            ("THAM_DINH", "PHONG_DAT_DAI", "H99.01")
        ]

    def test_a_case_is_received_by_the_receiving_post_alone(self) -> None:
        for stranger in (LAND, LEADER, TAX, Official("H99.03", DESK.posts), Official("H99.01", frozenset())):
            with pytest.raises(NotThisUnit):
                Desk().accept(stranger)

    def test_another_role_of_the_receiving_unit_does_not_receive(self) -> None:
        with pytest.raises(NotThisUnit):
            Desk().accept(Official("H99.01", frozenset({("BP_MOT_CUA", "TRA_KET_QUA")})))

    def test_a_refusal_ends_the_case_before_its_clock_began(self) -> None:
        desk = Desk()
        desk.done(handling.refuse(desk.case, DESK, reason="Không thuộc thẩm quyền.", legal_ground="Điều 17"))
        assert (desk.case.status, desk.case.tasks, desk.case.due_at) == (Status.REFUSED, (), None)
        with pytest.raises(ActionNotAllowed):
            desk.accept()

    def test_a_procedure_of_one_step_keeps_it_open_until_the_answer_is_handed_over(self) -> None:
        definition = Definition(
            "X", Text("X", "X"), "H99.01", days(1), "ONE", (step("ONE", "BP_MOT_CUA", "TIEP_NHAN"),)
        )
        desk = Desk(definition)
        assert [task.step for task in desk.accept().tasks] == ["ONE"]
        desk.decide(DESK)
        assert desk.complete("ONE", DESK).status is Status.CLOSED

    def test_a_first_step_that_pauses_the_clock_pauses_it_as_the_case_is_received(self) -> None:
        steps = (
            step("NHAN", "BP_MOT_CUA", "TIEP_NHAN", "THU_PHI", pauses_clock=True),
            step("THU_PHI", "BP_MOT_CUA", "TIEP_NHAN", "KY", resumes_clock=True),
            step("KY", "LANH_DAO", "KY_DUYET"),
        )
        desk = Desk(Definition("X", Text("X", "X"), "H99.01", days(2), "NHAN", steps))
        case = desk.accept()
        assert (case.due_at, case.stops, due(case)) == (None, (Stop.STEP,), [None])
        assert desk.at("2026-03-09 08:30").complete("THU_PHI", DESK).due_at == local("2026-03-11 08:30")


class TestWorking:
    def test_a_step_is_due_by_its_own_allowance_or_else_when_the_case_is(self) -> None:
        desk = Desk()
        assert due(desk.accept()) == [local("2026-03-06 08:30")]
        case = desk.at("2026-03-03 08:30").complete("THAM_DINH", LAND, "exempt")
        assert due(case) == [case.due_at] == [local("2026-03-16 08:30")]

    def test_steps_of_one_stage_share_its_allowance(self) -> None:
        steps = (
            step("NHAN", "BP_MOT_CUA", "TIEP_NHAN", "A"),
            step("A", "PHONG_DAT_DAI", "XU_LY", "B", stage="1"),
            step("B", "PHONG_DAT_DAI", "XU_LY", "C", stage="1"),
            step("C", "LANH_DAO", "KY_DUYET", stage="2"),
        )
        stages = (Stage("1", Text("", ""), days(3)), Stage("2", Text("", ""), NO_TERM))
        desk = Desk(Definition("X", Text("X", "X"), "H99.01", days(5), "NHAN", steps, stages))
        first = due(desk.accept())
        assert first == due(desk.at("2026-03-03 08:30").complete("A", LAND)) == [local("2026-03-05 08:30")]
        assert due(desk.complete("B", LAND)) == [desk.case.due_at]

    def test_a_step_is_completed_by_its_post_alone(self) -> None:
        desk = Desk()
        desk.accept()
        for stranger in (DESK, LEADER, TAX, Official("H99.02", LAND.posts)):
            with pytest.raises(NotThisUnit) as refused:
                desk.complete("THAM_DINH", stranger, "exempt")
            assert refused.value.extensions == {"unit": "PHONG_DAT_DAI", "role": "XU_LY"}

    def test_a_step_that_is_not_open_cannot_be_completed(self) -> None:
        desk = Desk()
        desk.accept()
        for name in ("KY", "TIEP_NHAN", "NOWHERE"):
            with pytest.raises(TaskNotOpen):
                desk.complete(name, DESK)

    def test_a_step_with_several_ways_on_asks_which(self) -> None:
        desk = Desk()
        desk.accept()
        for outcome in (None, "lost"):
            with pytest.raises(UnknownOutcome) as refused:
                desk.complete("THAM_DINH", LAND, outcome)
            assert refused.value.extensions["outcomes"] == ["taxed", "exempt"]

    def test_what_was_noted_with_a_step_is_in_the_log(self) -> None:
        desk = Desk()
        desk.accept()
        desk.complete("THAM_DINH", LAND, "exempt")
        act = desk.log[-1].act
        assert isinstance(act, TaskCompleted)
        assert (act.note, act.outcome, act.unit, act.unit_agency) == (
            "Đã kiểm tra.",
            "exempt",
            "PHONG_DAT_DAI",
            "H99.01",
        )


class TestWaitingForTheApplicant:
    def test_paying_the_tax_takes_nothing_of_the_agencys_ten_days(self) -> None:
        desk = at_the_tax_office()
        paused = desk.at("2026-03-05 08:30").complete("TINH_THUE", TAX)
        assert (paused.due_at, paused.stopped_at, due(paused)) == (None, local("2026-03-05 08:30"), [None])
        resumed = desk.at("2026-04-02 08:30").complete("NOP_THUE", DESK)
        assert (resumed.due_at, resumed.stops) == (local("2026-04-13 08:30"), ())
        assert due(resumed) == [resumed.due_at]

    def test_a_supplement_while_the_tax_is_paid_leaves_the_clock_standing_until_both_are_there(self) -> None:
        desk = at_the_tax_office()
        desk.at("2026-03-05 08:30").complete("TINH_THUE", TAX)
        case = desk.at("2026-03-06 08:30").ask(DESK, "SO_DO")
        assert case.stops == (Stop.STEP, Stop.SUPPLEMENT)
        case = desk.at("2026-03-10 08:30").bring("SO_DO")
        assert (case.status, case.stops, case.due_at) == (Status.ACCEPTED, (Stop.STEP,), None)
        assert desk.at("2026-03-12 08:30").complete("NOP_THUE", DESK).due_at == local("2026-03-23 08:30")

    def test_a_loop_through_a_pause_stops_the_clock_once_and_starts_it_again(self) -> None:
        steps = (
            step("NHAN", "BP_MOT_CUA", "TIEP_NHAN", "A"),
            step("A", "BP_MOT_CUA", "TIEP_NHAN", "B", pauses_clock=True),
            step("B", "BP_MOT_CUA", "TIEP_NHAN", Transition("A", "again"), Transition("C", "on")),
            step("C", "BP_MOT_CUA", "TIEP_NHAN", "D", resumes_clock=True),
            step("D", "BP_MOT_CUA", "TIEP_NHAN"),
        )
        desk = Desk(Definition("X", Text("X", "X"), "H99.01", days(2), "NHAN", steps))
        desk.accept()
        for name, outcome in (("A", None), ("B", "again"), ("A", None), ("B", "on")):
            case = desk.complete(name, DESK, outcome)
            assert (case.stops, due(case)) == ((Stop.STEP,), [None])
        assert desk.at("2026-03-09 08:30").complete("C", DESK).due_at == local("2026-03-11 08:30")

    def test_the_clock_stands_still_until_everything_that_was_asked_for_is_there(self) -> None:
        desk = Desk()
        desk.accept()
        desk.ask(LAND, "SO_DO", "GIAY_UY_QUYEN")
        case = desk.at("2026-03-03 08:30").bring("SO_DO")
        assert [item.document for item in case.missing] == ["GIAY_UY_QUYEN"]
        assert (case.status, case.stops) == (Status.SUPPLEMENT_REQUESTED, (Stop.SUPPLEMENT,))
        case = desk.at("2026-03-04 08:30").bring("GIAY_UY_QUYEN")
        assert (case.missing, len(case.attachments), case.supplement_rounds) == ((), 2, 1)
        assert (case.status, case.due_at) == (Status.ACCEPTED, local("2026-03-18 08:30"))

    def test_something_of_what_was_asked_for_must_come(self) -> None:
        desk = Desk()
        desk.accept()
        desk.ask(LAND, "SO_DO", "GIAY_UY_QUYEN")
        with pytest.raises(Invalid) as refused:
            desk.bring("KHAC")
        assert [fault.detail.en for fault in refused.value.faults] == [
            "Still missing: SO_DO.",
            "Still missing: GIAY_UY_QUYEN.",
        ]

    def test_an_open_step_gets_back_the_time_that_it_stood_still(self) -> None:
        desk = Desk()
        desk.accept()
        desk.at("2026-03-04 08:30").ask(LAND, "SO_DO")
        assert due(desk.at("2026-03-16 08:30").bring("SO_DO")) == [local("2026-03-18 08:30")]


class TestDeciding:
    def test_a_case_is_decided_by_the_agency_that_answers_for_it(self) -> None:
        with pytest.raises(AnotherAgency):
            at_the_tax_office().decide(TAX)

    def test_nothing_is_decided_while_the_applicant_is_waited_for(self) -> None:
        desk = at_the_tax_office()
        desk.complete("TINH_THUE", TAX)
        with pytest.raises(ClockStopped):
            desk.decide(DESK)

    def test_the_last_step_waits_for_the_decision(self) -> None:
        desk = Desk()
        desk.accept()
        desk.complete("THAM_DINH", LAND, "exempt")
        desk.complete("KY", LEADER)
        with pytest.raises(DecisionMissing):
            desk.complete("TRA_KET_QUA", DESK)

    def test_the_term_is_measured_to_the_decision_and_not_to_the_hand_over(self) -> None:
        for decided, on_time in (("2026-03-16 08:30", True), ("2026-03-16 08:31", False)):
            desk = Desk()
            desk.accept()
            desk.complete("THAM_DINH", LAND, "exempt")
            desk.at(decided).decide(LEADER)
            desk.at("2026-04-01 08:30").complete("KY", LEADER)
            case = desk.complete("TRA_KET_QUA", DESK)
            assert (case.status, case.on_time, case.due_at) == (Status.CLOSED, on_time, None)
            assert desk.log[-1].act == Closed(on_time=on_time)

    def test_a_step_that_would_pause_the_clock_does_not_once_the_matter_is_decided(self) -> None:
        desk = Desk()
        desk.accept()
        desk.decide(LAND)
        desk.complete("THAM_DINH", LAND, "taxed")
        case = desk.complete("TINH_THUE", TAX)
        assert (case.status, case.stops, case.due_at) == (
            Status.DECIDED,
            (),
            local("2026-03-16 08:30"),
        )

    def test_the_result_joins_the_case_once_it_is_decided(self) -> None:
        desk = Desk()
        desk.accept()
        with pytest.raises(ActionNotAllowed):
            handling.record_result(desk.case, LAND, [paper("KET_QUA")])
        desk.decide(LAND)
        with pytest.raises(NotThisUnit):
            handling.record_result(desk.case, TAX, [paper("KET_QUA")])
        case = desk.done(handling.record_result(desk.case, LAND, [paper("KET_QUA")]))
        assert [attachment.document for attachment in case.result] == ["KET_QUA"]


class TestEnding:
    def test_a_case_can_be_withdrawn_until_it_is_decided(self) -> None:
        for bring_it_there in (lambda desk: None, Desk.accept, lambda desk: (desk.accept(), desk.ask(LAND))):
            desk = Desk()
            bring_it_there(desk)
            case = desk.done(handling.withdraw(desk.case, reason=None))
            assert (case.status, case.tasks, case.due_at) == (Status.WITHDRAWN, (), None)
        desk = Desk()
        desk.accept()
        desk.decide(LAND)
        with pytest.raises(ActionNotAllowed):
            handling.withdraw(desk.case, reason=None)

    def test_a_log_without_its_submission_is_no_case(self) -> None:
        desk = Desk()
        desk.accept()
        with pytest.raises(ValueError, match="begins with the submission"):
            fold(desk.case.id, desk.log[1:])
        with pytest.raises(ValueError, match="submitted once"):
            fold(desk.case.id, [desk.log[0], desk.log[0]])
