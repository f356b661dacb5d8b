"""Procedures tried out in simulated time: the ways, the due dates, the delays and the dead ends."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.case import Outcome
from procedures.domain.clock import Stop
from procedures.domain.definition import END, Definition, Fee, Join, Step, Transition, can_end, reachable
from procedures.domain.fee_demand import DemandedAt, FeeDemand
from procedures.domain.happenings import Run
from procedures.domain.holidays_vn import vietnam
from procedures.domain.scenario import InventedExtension, InventedSupplement, Scenario
from procedures.domain.simulation import MOST_RUNS, Simulation, simulate
from procedures.domain.simulation_words import simulation_in_words, timeline
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import Expiry, Extension, SupplementRule, TimeRules
from procedures.domain.time_to_pay import Unpaid
from shared.errors import Text

CALENDAR = vietnam(range(2026, 2028))
MONDAY = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
"""Monday 5 January 2026, 08:30 in Hà Nội."""


def days(amount: str) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def step(code: str, *ways: tuple[str | None, list[str]], **more: Any) -> Step:
    """Each way is its outcome and the steps that it opens."""
    following = tuple(Transition(to[0] if to else END, outcome, None, tuple(to[1:])) for outcome, to in ways)
    return replace(Step(code, Text(vi=code.title(), en=code.title()), "BP", following), **more)


def procedure(*steps: Step, term: Term = days("3"), **more: Any) -> Definition:
    return replace(Definition("P", Text("Mẫu", "Sample"), "A", term, steps[0].code, steps), **more)


DESK = procedure(
    step("receive", (None, ["examine"])),
    step("examine", ("ok", ["sign"]), ("ask", ["bring"]), allowance=days("2")),
    step("bring", (None, ["examine"])),
    step("sign", (None, ["hand"]), allowance=days("1"), completes_processing=True),
    step("hand", (None, [])),
)


def run(definition: Definition = DESK, **scenario: Any) -> Run:
    (only,) = simulate(definition, CALENDAR, Scenario(MONDAY, **scenario)).runs
    return only


def explore(definition: Definition, **scenario: Any) -> Simulation:
    return simulate(definition, CALENDAR, Scenario(MONDAY, explore=True, **scenario))


def local(instant: datetime | None) -> str:
    assert instant is not None
    return f"{instant.astimezone(ZoneInfo('Asia/Ho_Chi_Minh')):%a %H:%M}"


def done(one: Run) -> list[tuple[str, str | None, str]]:
    return [(each.kind, each.step and each.step.step, local(each.at)) for each in one.happenings]


def test_a_case_goes_its_usual_way_and_takes_the_time_it_is_allowed() -> None:
    one = run()
    assert done(one) == [
        ("submitted", None, "Mon 08:30"),
        ("accepted", "receive", "Mon 08:30"),
        ("completed", "examine", "Wed 08:30"),
        ("decided", None, "Thu 08:30"),
        ("completed", "sign", "Thu 08:30"),
        ("completed", "hand", "Thu 08:30"),
        ("closed", None, "Thu 08:30"),
    ]
    assert (one.on_time, local(one.due_at), one.dead_end, one.delays) == (True, "Thu 08:30", None, {})


def test_whoever_takes_longer_makes_the_case_late_and_is_named() -> None:
    one = run(takes={"examine": days("4")})
    assert (one.on_time, local(one.decided_at)) == (False, "Mon 08:30")
    assert one.delays == {("A", "BP"): timedelta(hours=16)}
    assert [each.late for each in one.happenings if each.kind == "decided"] == [timedelta(hours=16)]


def test_outcomes_are_taken_in_turn_and_the_last_from_then_on() -> None:
    one = run(outcomes={"examine": ["ask", "ok"]})
    assert [way for way in one.chosen if way[0] == "examine"] == [("examine", "ask"), ("examine", "ok")]
    assert one.ended_at is not None
    round_ = run(outcomes={"examine": ["ask"]})
    assert round_.dead_end is not None
    assert (round_.dead_end.code, round_.dead_end.steps) == ("goes_round", ("bring",))


def test_a_decision_may_be_invented_too() -> None:
    closed = run(decision=Outcome.REJECTED).happenings[-1]
    assert (closed.kind, closed.outcome) == ("closed", "rejected")


PAUSING = procedure(
    step("receive", (None, ["pay"])),
    step("pay", (None, ["paid"]), pauses_clock=True, allowance=days("1")),
    step("paid", (None, ["sign"]), resumes_clock=True),
    step("sign", (None, []), allowance=days("2")),
)


def test_while_the_clock_stands_still_nothing_is_due_and_the_term_goes_on_after() -> None:
    one = run(PAUSING, takes={"paid": days("10")})
    waiting = next(each for each in one.happenings if each.step and each.step.step == "pay")
    assert (waiting.stops, waiting.due_at) == ((Stop.STEP,), None)
    assert one.on_time is True
    assert one.decided_at == one.due_at


FORKED = procedure(
    step("receive", (None, ["tax", "police"])),
    step("tax", (None, ["sign"]), allowance=days("1"), agency="TAX"),
    step("police", (None, ["sign"]), allowance=days("2"), silence_consents=True),
    step("sign", (None, []), join=Join()),
)


def test_branches_run_side_by_side_and_the_join_waits() -> None:
    assert [(what, when) for kind, what, when in done(run(FORKED)) if kind == "completed"] == [
        ("tax", "Tue 08:30"),
        ("police", "Wed 08:30"),
        ("sign", "Wed 08:30"),
    ]


def test_whoever_never_answers_consents_where_the_procedure_says_so() -> None:
    one = run(FORKED, takes={"police": NO_TERM})
    assert ("consented_by_silence", "police", "Wed 08:30") in done(one)
    hung = run(FORKED, takes={"tax": NO_TERM})
    assert hung.dead_end is not None
    assert (hung.dead_end.code, hung.dead_end.steps) == ("waits_for_ever", ("tax",))


def test_no_answer_in_time_is_a_grant_where_the_procedure_says_so() -> None:
    silent = replace(DESK, time_rules=TimeRules(reminder=days("1"), consent_by_silence=True))
    one = run(silent, takes={"examine": days("9")})
    assert [(kind, when) for kind, _, when in done(one) if kind not in ("submitted", "accepted")][:3] == [
        ("reminded", "Wed 08:30"),
        ("became_overdue", "Wed 08:30"),
        ("granted_by_silence", "Thu 08:30"),
    ]
    assert one.decided_at is not None
    assert one.dead_end is None


def test_a_join_of_one_lets_the_others_lapse() -> None:
    first = replace(FORKED, steps=(*FORKED.steps[:3], replace(FORKED.steps[3], join=Join(1))))
    opening = next(each for each in run(first).happenings if each.step and each.step.step == "tax")
    assert (opening.lapses, [each.step for each in opening.opens]) == (("police",), ["sign"])


def test_every_way_is_gone_when_asked_to() -> None:
    found = explore(DESK)
    assert found.complete
    assert found.untried == ()
    assert all(each.dead_end is None for each in found.runs)
    assert {tuple(way[1] for way in each.chosen if way[0] == "examine") for each in found.runs} >= {
        ("ok",),
        ("ask", "ok"),
    }


def test_exploring_is_bounded_and_says_what_it_left_out() -> None:
    ways = [(str(number), ["receive"]) for number in range(6)]
    wide = procedure(step("z", (None, ["receive"])), step("receive", ("end", []), *ways))
    found = explore(wide, most_runs=3)
    assert (len(found.runs), found.complete) == (3, False)
    assert found.untried
    assert len(explore(wide, most_runs=10**9).runs) <= MOST_RUNS


DEAD_ENDS: Mapping[str, tuple[Definition, str]] = {
    "a way leads nowhere": (procedure(step("a", (None, ["b"])), step("b", (None, ["c"]))), "not_possible"),
    "a step has no way on": (procedure(step("a", (None, ["b"])), step("b")), "not_possible"),
    "the first step has no way on": (procedure(step("a")), "not_possible"),
    "a loop has no end": (
        procedure(step("a", (None, ["b"])), step("b", (None, ["c"])), step("c", (None, ["b"]))),
        "goes_round",
    ),
    "the clock never runs again": (
        procedure(step("a", (None, ["b"])), step("b", (None, ["c"]), pauses_clock=True), step("c", (None, []))),
        "not_decided",
    ),
    "only another agency could decide": (
        procedure(step("a", (None, ["b"])), step("b", (None, []), agency="B")),
        "not_decided",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DEAD_ENDS)
def test_a_dead_end_is_named_with_its_reason(what: str) -> None:
    definition, code = DEAD_ENDS[what]
    hung = run(definition).dead_end
    assert hung is not None
    assert hung.code == code
    assert hung.reason.vi
    assert hung.steps


def test_a_procedure_that_begins_nowhere_has_no_run() -> None:
    assert simulate(replace(DESK, first_step="x"), CALENDAR, Scenario(MONDAY)).runs == ()


def test_the_timeline_is_told_in_both_languages() -> None:
    simulation = simulate(DESK, CALENDAR, Scenario(MONDAY, takes={"examine": days("4")}))
    said = list(timeline(simulation.runs[0], CALENDAR))
    assert said[1].vi == (
        "08:30 ngày 05/01/2026: hồ sơ được tiếp nhận, thời hạn bắt đầu;"
        " mở “Examine” (A, BP), hạn 08:30 ngày 07/01/2026."
    )
    assert said[2].en == "2026-01-07 08:30: “Examine” (A, BP) is overdue."
    assert "16 hours of working time late" in next(each.en for each in said if "is done" in each.en)
    assert said[-1].en.endswith("late (due at 2026-01-08 08:30).")
    assert simulation_in_words(simulation).vi == "1 lượt chạy: 0 bị mắc lại, 1 quá hạn."


@st.composite
def procedures(draw: st.DrawFn) -> Definition:
    """One to six steps that lead anywhere and fork anywhere, sound or not."""
    codes = [f"B{number}" for number in range(draw(st.integers(1, 6)))]
    targets = st.lists(st.sampled_from([*codes, "nowhere"]), max_size=2, unique=True)

    def ways() -> Sequence[tuple[str, list[str]]]:
        return [(str(at), draw(targets)) for at in range(draw(st.integers(0, 2)))]

    steps = (
        step(
            code,
            *ways(),
            allowance=draw(st.sampled_from([NO_TERM, days("0.5"), Term(TermKind.CALENDAR_DAYS, Decimal(3))])),
            agency=draw(st.sampled_from([None, "B"])),
            pauses_clock=draw(st.booleans()),
            resumes_clock=draw(st.booleans()),
            exempt=draw(st.booleans()),
            silence_consents=draw(st.booleans()),
            completes_processing=draw(st.booleans()),
            join=draw(st.sampled_from([None, Join(), Join(2)])),
        )
        for code in codes
    )
    rules = TimeRules(
        reminder=draw(st.sampled_from([NO_TERM, days("1")])),
        extension=draw(st.sampled_from([None, Extension(days("2"))])),
        supplements=SupplementRule(answer_within=draw(ANSWERS), on_expiry=draw(st.sampled_from(Expiry))),
        consent_by_silence=draw(st.booleans()),
    )
    return procedure(*steps, term=draw(st.sampled_from([NO_TERM, days("5")])), time_rules=rules)


ANSWERS = st.sampled_from([NO_TERM, days("1"), Term(TermKind.CALENDAR_DAYS, Decimal(3))])
CODES = st.sampled_from(["B0", "B1"])
SUPPLEMENTS = st.lists(st.builds(InventedSupplement, CODES, ANSWERS), max_size=3)
EXTENSIONS = st.lists(st.builds(InventedExtension, CODES, ANSWERS), max_size=2)


@settings(deadline=None)
@given(procedures(), st.booleans(), st.dictionaries(CODES, st.just(NO_TERM)), SUPPLEMENTS, EXTENSIONS)
def test_any_draft_can_be_tried_out(
    definition: Definition,
    every: bool,
    takes: dict[str, Term],
    supplements: list[InventedSupplement],
    extensions: list[InventedExtension],
) -> None:
    invented = Scenario(
        MONDAY, takes, supplements=supplements, extensions=extensions, explore=every, most_runs=20
    )
    found = simulate(definition, CALENDAR, invented)
    assert found.runs
    for one in found.runs:
        assert (one.dead_end is None) == (one.ended_at is not None)
        assert [each.at for each in one.happenings] == sorted(each.at for each in one.happenings)
        assert {step for step, _ in one.chosen} <= reachable(definition)
        assert all(text.vi and text.en for text in timeline(one, CALENDAR))
    if definition.first_step not in can_end(definition):
        assert all(one.dead_end is not None or one.decided_at is None for one in found.runs)  # or it lapsed


PAID = replace(DESK, fee=Fee(150000), fee_demand=FeeDemand(DemandedAt.STEP, "examine", stops_clock=True))


def test_the_clock_of_an_invented_case_stands_still_until_its_fee_is_paid() -> None:
    one = run(PAID, pays_after=days("1"), takes={"examine": days("2")})
    assert done(one)[:4] == [
        ("submitted", None, "Mon 08:30"),
        ("accepted", "receive", "Mon 08:30"),
        ("fee_demanded", None, "Mon 08:30"),
        ("fee_paid", None, "Tue 08:30"),
    ]
    assert [each.stops for each in one.happenings[1:4]] == [(), (Stop.PAYMENT,), ()]
    assert (local(one.due_at), one.on_time) == (
        "Fri 08:30",
        True,
    )  # three working days, and the one that was waited
    said = [line.en for line in timeline(one, CALENDAR)]
    assert said[2].startswith(
        "2026-01-05 08:30: the applicant is asked to pay 150000 VND; the clock stands still"
    )
    assert said[3] == "2026-01-06 08:30: the applicant has paid 150000 VND."


def test_an_invented_case_whose_fee_is_never_paid_is_not_decided() -> None:
    one = run(PAID, pays_after=NO_TERM)
    assert one.dead_end is not None
    assert one.dead_end.code == "not_decided"
    assert "clock stands still" in one.dead_end.reason.en


TIMELY = replace(
    PAID,
    time_rules=TimeRules(reminder=days("1")),
    fee_demand=FeeDemand(DemandedAt.STEP, "examine", None, True, days("5")),
)


def test_an_invented_case_whose_fee_is_never_paid_in_time_comes_to_its_end() -> None:
    one = run(TIMELY, pays_after=NO_TERM)
    assert done(one)[-4:] == [
        ("completed", "examine", "Wed 08:30"),
        ("fee_reminded", None, "Fri 08:30"),
        ("fee_expired", None, "Mon 08:30"),
        ("lapsed", None, "Mon 08:30"),
    ]
    assert (one.dead_end, one.decided_at, local(one.ended_at)) == (None, None, "Mon 08:30")
    said = [line.en for line in timeline(one, CALENDAR)]
    assert said[-3].startswith("2026-01-12 08:30: 150000 VND was not paid in time")
    assert said[-1] == "It comes to its end undecided: the case lapses at 2026-01-12 08:30."


def test_whoever_decides_waits_for_a_fee_that_is_paid_in_time_or_not_waited_for_any_more() -> None:
    paid = run(TIMELY, pays_after=days("4"))
    assert ("fee_paid", None, "Fri 08:30") in done(paid)
    demand = replace(TIMELY.fee_demand, on_expiry=Unpaid.CONTINUE)
    unpaid = run(replace(TIMELY, fee_demand=demand), pays_after=NO_TERM)
    assert (paid.dead_end, paid.on_time) == (None, True)
    assert "decided" in [kind for kind, *_ in done(unpaid)]
    assert unpaid.dead_end is not None  # a case that is granted is handed over once its fee is paid
    assert (unpaid.dead_end.code, unpaid.dead_end.steps) == ("not_possible", ("hand",))
