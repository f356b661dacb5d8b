"""Moving a running case to another version: what keeps it, and how it goes on there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from procedures.domain import handling
from procedures.domain.acts import Act, Actor, Entry, Submitted
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, opened
from procedures.domain.clock import Stop
from procedures.domain.deciding import decide
from procedures.domain.definition import END, Definition, Join, Stage, Step, Transition
from procedures.domain.handling import Official, receiving_task
from procedures.domain.holidays_vn import vietnam
from procedures.domain.migration import Plan, migrated, obstacles, plan_faults
from procedures.domain.migration_acts import StepMove
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import TimeRules
from procedures.domain.timer import TimerKind
from procedures.domain.timers import timers_of
from shared.errors import Text
from shared.ids import new_id

CALENDAR = vietnam(range(2026, 2028))
MONDAY = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
"""Monday 5 January 2026, 08:30 in Hà Nội."""
NAME = Text("Việc", "Work")
DESK = Official("A", frozenset({("BP", "R"), ("NEW", "R")}))


def days(amount: int) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def step(code: str, *to: list[str], **more: Any) -> Step:
    ways = tuple(
        Transition(each[0] if each else END, str(at) if len(to) > 1 else None, None, tuple(each[1:]))
        for at, each in enumerate(to)
    )
    return replace(Step(code, NAME, "BP", ways), **more)


def procedure(*steps: Step, **more: Any) -> Definition:
    return replace(Definition("P", NAME, "A", days(3), steps[0].code, steps), **more)


BEFORE = procedure(
    step("receive", ["examine"]), step("examine", ["sign"], allowance=days(2)), step("sign", [])
)


class Life:
    """A case and what is done to it."""

    def __init__(self, definition: Definition = BEFORE) -> None:
        self.definition, self.now = definition, MONDAY
        task = receiving_task(definition, CALENDAR, MONDAY)
        act = Submitted("P", 1, "A", "citizen", "", (), (task,), None)
        self.case: Case = opened(new_id(), Entry(1, MONDAY, Actor("citizen", "person"), act))

    def do(self, *acts: Act) -> "Life":
        for act in acts:
            entry = Entry(self.case.sequence + 1, self.now, Actor("x", "official"), act)
            self.case = self.case.after(entry)
        return self

    def accepted(self) -> "Life":
        return self.do(*handling.accept(self.case, self.definition, CALENDAR, DESK, self.now))

    def done(self, code: str, outcome: str | None = None) -> "Life":
        task = self.case.task(code)
        assert task is not None
        return self.do(
            *handling.completed(
                self.case, self.definition, CALENDAR, self.now, task, outcome=outcome, note=None
            )
        )

    def later(self, number: int) -> "Life":
        self.now = CALENDAR.after(self.now, timedelta(hours=8 * number))
        return self

    def moved(self, after: Definition, plan: Plan) -> "Life":
        assert obstacles(self.case, plan, after) == ()
        act = migrated(self.case, plan, after, CALENDAR, self.now)
        self.definition = after
        return self.do(act)


def plan(*, new_term: bool = False, **steps: str) -> Plan:
    return Plan(new_id(), 1, 2, steps, new_term)


def in_the_way(life: Life, after: Definition, by: Plan) -> list[tuple[str, str]]:
    return [(each.code, each.step) for each in obstacles(life.case, by, after)]


AFTER = procedure(
    step("receive", ["examine"]),
    step("examine", ["approve"], allowance=days(1), unit="NEW", role="R"),
    step("approve", []),
    term=days(5),
)


def test_an_open_step_goes_on_as_the_step_of_the_same_code_with_the_unit_and_allowance_of_the_new() -> None:
    life = Life().accepted().moved(AFTER, plan())
    (task,) = life.case.tasks
    assert (life.case.version, task.step, task.unit, task.role) == (2, "examine", "NEW", "R")
    assert (task.opened_at, task.due_at) == (MONDAY, CALENDAR.after(MONDAY, timedelta(hours=8)))
    assert [open_.step for open_ in life.done("examine").case.tasks] == ["approve"]


def test_the_plan_names_a_step_in_place_of_one_that_is_gone() -> None:
    life = Life().accepted().done("examine")
    assert in_the_way(life, AFTER, plan()) == [("step_gone", "sign")]
    life.moved(AFTER, plan(sign="approve"))
    assert [task.step for task in life.case.tasks] == ["approve"]
    act = migrated(Life().accepted().done("examine").case, plan(sign="approve"), AFTER, CALENDAR, MONDAY)
    assert act.moves == (StepMove("sign", "approve"),)


def test_a_case_keeps_the_term_that_it_was_promised_unless_the_plan_gives_it_the_new_one() -> None:
    promised = Life().accepted().case.due_at
    assert Life().accepted().moved(AFTER, plan()).case.due_at == promised
    new = Life().accepted().moved(AFTER, plan(new_term=True)).case
    assert new.due_at == CALENDAR.after(MONDAY, timedelta(hours=40))
    assert new.clock is not None
    assert new.clock.term == days(5)


def test_a_case_that_waits_to_be_received_waits_where_the_new_version_begins() -> None:
    after = replace(
        AFTER,
        steps=(replace(AFTER.steps[0], code="intake", unit="NEW", role="R"), *AFTER.steps[1:]),
        first_step="intake",
    )
    life = Life().moved(after, plan(new_term=True))
    assert [(task.step, task.unit, task.opened_at) for task in life.case.tasks] == [("intake", "NEW", MONDAY)]
    assert (life.case.clock, life.case.due_at) == (None, None)
    assert [task.step for task in life.accepted().case.tasks] == ["examine"]


def test_a_decided_case_moves_and_stays_measured_by_what_it_was_due() -> None:
    life = Life().accepted()
    life.do(
        *decide(
            life.case,
            life.definition,
            Official("A", frozenset({("BP", "")})),
            outcome=Outcome.GRANTED,
            reason="",
            number=None,
        )
    )
    due = life.case.due_when_decided
    life.moved(AFTER, plan(new_term=True))
    assert (life.case.status, life.case.due_when_decided) == (Status.DECIDED, due)
    assert life.case.clock is not None
    assert life.case.clock.term == days(3)
    life.done("examine").done("approve")
    assert (life.case.status, life.case.on_time) == (Status.CLOSED, True)


def test_a_clock_that_stands_still_goes_on_standing_still() -> None:
    life = Life().accepted()
    asked = handling.request_supplement(
        life.case, CALENDAR, Official("A", frozenset({("BP", "")})), MONDAY, [MissingItem("X", "")]
    )
    life.do(*asked).later(5).moved(AFTER, plan())
    assert (life.case.stops, life.case.due_at) == ((Stop.SUPPLEMENT,), None)
    life.do(*handling.supplement(life.case, CALENDAR, life.now, attachments=[_paper()], note=None))
    assert life.case.due_at == CALENDAR.after(life.now, timedelta(hours=24))


def _paper() -> Attachment:
    return Attachment(new_id(), "X", "application/pdf", 1, "")


FORKED = procedure(
    step("receive", ["tax", "police"]), step("tax", ["sign"]), step("police", ["sign"]), step("sign", [], join=Join())
)  # fmt: skip


def test_branches_that_wait_go_on_waiting_at_the_join_of_the_new_version() -> None:
    after = procedure(
        step("receive", ["tax", "police"]), step("tax", ["seal"]), step("police", ["seal"]), step("seal", [], join=Join())
    )  # fmt: skip
    life = Life(FORKED).accepted().done("tax")
    assert in_the_way(life, after, plan()) == [("join_gone", "sign")]
    life.moved(after, plan(sign="seal")).done("police")
    assert [task.step for task in life.case.tasks] == ["seal"]


def test_branches_do_not_become_one() -> None:
    life = Life(FORKED).accepted()
    one = procedure(step("receive", ["tax"]), step("tax", []))
    assert in_the_way(life, one, plan(police="tax")) == [("steps_merged", "tax"), ("steps_merged", "police")]


def test_a_case_whose_clock_would_never_run_again_stays() -> None:
    before = procedure(
        step("receive", ["pay"]), step("pay", ["paid"], pauses_clock=True), step("paid", ["sign"], resumes_clock=True), step("sign", [])
    )  # fmt: skip
    after = procedure(step("receive", ["paid"]), step("paid", ["sign"]), step("sign", []))
    life = Life(before).accepted().done("pay")
    assert in_the_way(life, after, plan()) == [("clock_never_resumes", "paid")]
    assert in_the_way(life, before, plan()) == []


def test_the_allowance_of_a_stage_is_counted_from_when_the_case_came_into_it() -> None:
    staged = tuple(replace(each, stage="S", allowance=NO_TERM) for each in BEFORE.steps)
    before = replace(BEFORE, steps=staged, stages=(Stage("S", NAME, days(2)),))
    after = replace(before, stages=(Stage("S", NAME, days(3)),), term=days(9))
    life = Life(before).accepted().later(1).done("examine").moved(after, plan(new_term=True))
    assert life.case.tasks[0].due_at == CALENDAR.after(MONDAY, timedelta(hours=24))


def test_an_exempt_step_stops_the_clock_from_the_move_on() -> None:
    after = replace(AFTER, steps=(AFTER.steps[0], replace(AFTER.steps[1], exempt=True), AFTER.steps[2]))
    life = Life().accepted().moved(after, plan())
    assert life.case.stops == (Stop.CONSULTATION,)
    assert life.done("examine").case.stops == ()


def test_silence_is_consent_at_a_step_as_the_new_version_says() -> None:
    after = replace(
        AFTER, steps=(AFTER.steps[0], replace(AFTER.steps[1], silence_consents=True), AFTER.steps[2])
    )
    life = Life().accepted()
    assert [timer.kind for timer in timers_of(life.case)] == [TimerKind.STEP_OVERDUE, TimerKind.CASE_OVERDUE]
    life.moved(after, plan())
    assert [timer.kind for timer in timers_of(life.case)] == [TimerKind.STEP_CONSENT, TimerKind.CASE_OVERDUE]


@pytest.mark.parametrize("new_term", [False, True])
def test_what_silence_means_for_the_case_goes_with_its_term(new_term: bool) -> None:
    after = replace(AFTER, time_rules=TimeRules(reminder=days(1), consent_by_silence=True))
    case = Life().accepted().moved(after, plan(new_term=new_term)).case
    assert case.silence_consents is new_term
    assert case.clock is not None
    assert case.clock.reminder == (days(1) if new_term else NO_TERM)


def test_a_plan_of_steps_that_there_are_not_is_refused_with_every_fault() -> None:
    faults = [fault.pointer for fault in plan_faults(plan(sign="x", y="examine"), BEFORE, AFTER)]
    assert faults == ["/steps/sign", "/steps/y"]


def test_an_undecided_case_does_not_move_behind_the_step_that_decides() -> None:
    after = procedure(
        step("receive", ["examine"]), step("examine", ["approve"], decides=True), step("approve", [])
    )
    life = Life().accepted().done("examine")
    assert in_the_way(life, after, plan(sign="approve")) == [("never_decided", "sign")]
    assert in_the_way(life, after, plan(sign="examine")) == []
    decided = decide(life.case, BEFORE, Official("A", frozenset({("BP", "")})), outcome=Outcome.GRANTED, reason="", number=None)  # fmt: skip
    assert in_the_way(life.do(*decided), after, plan(sign="approve")) == []


def test_an_undecided_case_does_not_move_to_where_its_clock_stands_still_for_the_decision() -> None:
    before = procedure(
        step("receive", ["pay"]), step("pay", ["paid"], pauses_clock=True), step("paid", ["sign"], resumes_clock=True), step("sign", [])
    )  # fmt: skip
    after = procedure(
        step("receive", ["sign"]), step("sign", ["hand"], decides=True), step("hand", [], resumes_clock=True)
    )
    life = Life(before).accepted().done("pay")
    assert in_the_way(life, after, plan(paid="sign")) == [("never_decided", "paid")]


def test_a_case_that_waits_to_be_received_has_the_time_that_the_new_version_gives_it() -> None:
    def received_within(term: Term) -> Definition:
        return replace(BEFORE, steps=(replace(BEFORE.steps[0], allowance=term), *BEFORE.steps[1:]))

    life = Life(received_within(days(1))).later(1)
    assert life.case.tasks[0].due_at == CALENDAR.after(MONDAY, timedelta(hours=8))
    for given, due in ((days(2), CALENDAR.after(MONDAY, timedelta(hours=16))), (NO_TERM, None)):
        (task,) = life.moved(received_within(given), plan()).case.tasks
        assert (task.opened_at, task.allowance, task.due_at) == (MONDAY, given, due)


def test_a_case_does_not_move_to_its_own_version_or_back() -> None:
    for older in (1, 2):
        back = Plan(new_id(), 2, older, {}, False)
        (fault,) = plan_faults(back, BEFORE, BEFORE)
        assert (fault.pointer, fault.code) == ("/fromVersion", "not_an_earlier_version")
        assert fault.detail.vi == f"Hồ sơ chỉ chuyển từ một phiên bản trước phiên bản {older}."


@pytest.mark.parametrize("done", [0, 1, 2])
def test_moving_to_the_same_procedure_changes_nothing_but_the_version(done: int) -> None:
    life = Life()
    if done:
        life.accepted()
    if done > 1:
        life.later(1).done("examine")
    before = life.case
    life.moved(BEFORE, plan(new_term=True))
    moved = {"version": 2, "moved_in": before.status}
    assert life.case == replace(before, sequence=life.case.sequence, **moved)
