"""Invented cases whose applicants are asked for what is missing, and whose agencies give themselves more time."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from procedures.domain.clock import Stop
from procedures.domain.definition import END, Definition, Join, Step, Transition
from procedures.domain.happenings import Run
from procedures.domain.holidays_vn import vietnam
from procedures.domain.scenario import InventedExtension, InventedSupplement, Scenario
from procedures.domain.simulation import simulate
from procedures.domain.simulation_words import timeline
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import Expiry, Extension, SupplementRule, TimeRules
from shared.errors import Text

CALENDAR = vietnam(range(2026, 2028))
MONDAY = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
"""Monday 5 January 2026, 08:30 in Hà Nội."""


def days(amount: str) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def step(code: str, *ways: str, **more: Any) -> Step:
    following = (Transition(ways[0], beside=ways[1:]),) if ways else (Transition(END),)
    return replace(Step(code, Text(code.title(), code.title()), "BP", following), **more)


def desk(*, more: str = "0", **supplements: Any) -> Definition:
    rules = TimeRules(
        extension=Extension(days(more)) if more != "0" else None,
        supplements=SupplementRule(**supplements),
    )
    steps = (
        step("receive", "examine"),
        step("examine", "hand", allowance=days("2"), decides=True),
        step("hand"),
    )
    return Definition("P", Text("Mẫu", "Sample"), "A", days("2"), "receive", steps, time_rules=rules)


def run(definition: Definition, *asked: Term, extensions: Any = (), **more: Any) -> Run:
    supplements = [InventedSupplement("examine", takes) for takes in asked]
    scenario = Scenario(MONDAY, supplements=supplements, extensions=extensions, **more)
    (only,) = simulate(definition, CALENDAR, scenario).runs
    return only


def told(one: Run) -> list[tuple[str, str]]:
    local = ZoneInfo("Asia/Ho_Chi_Minh")
    return [(each.kind, f"{each.at.astimezone(local):%a %H:%M}") for each in one.happenings][2:]


def test_while_the_applicant_is_asked_the_clock_and_the_work_stand_still() -> None:
    one = run(desk(), days("3"))
    assert told(one) == [
        ("supplement_requested", "Mon 08:30"),
        ("supplemented", "Thu 08:30"),
        ("decided", "Mon 08:30"),
        ("completed", "Mon 08:30"),
        ("completed", "Mon 08:30"),
        ("closed", "Mon 08:30"),
    ]
    assert [each.stops for each in one.happenings[2:4]] == [(Stop.SUPPLEMENT,), ()]
    assert (one.on_time, one.dead_end, one.delays) == (True, None, {})


def test_the_next_is_asked_for_when_the_one_before_is_brought() -> None:
    one = run(desk(), days("1"), days("1"))
    assert [kind for kind, _ in told(one)][:4] == ["supplement_requested", "supplemented"] * 2
    assert one.on_time is True


WITHIN: dict[Expiry, list[tuple[str, str]]] = {
    Expiry.LAPSE: [("lapsed", "Thu 08:30")],
    Expiry.CONTINUE: [
        ("supplement_expired", "Thu 08:30"),
        ("decided", "Mon 08:30"),
        ("completed", "Mon 08:30"),
        ("completed", "Mon 08:30"),
        ("closed", "Mon 08:30"),
    ],
    Expiry.REJECT: [
        ("supplement_expired", "Thu 08:30"),
        ("decided", "Thu 08:30"),
        ("completed", "Mon 08:30"),
        ("completed", "Mon 08:30"),
        ("closed", "Mon 08:30"),
    ],
}


@pytest.mark.parametrize("expiry", WITHIN)
@pytest.mark.parametrize("late", [NO_TERM, days("9")])
def test_what_is_not_brought_in_time_ends_as_the_procedure_says(expiry: Expiry, late: Term) -> None:
    one = run(desk(answer_within=days("3"), on_expiry=expiry), late)
    assert told(one)[1:] == WITHIN[expiry]
    assert one.dead_end is None
    said = [line.en for line in timeline(one, CALENDAR)]
    assert said[2].startswith(
        "2026-01-05 08:30: the applicant is asked for what is missing; until 2026-01-08 08:30;"
    )
    if expiry is Expiry.REJECT:
        assert "2026-01-08 08:30: the case is rejected." in said
        assert one.happenings[-1].outcome == "rejected"


def test_an_applicant_is_reminded_of_what_is_to_be_brought() -> None:
    rules = replace(desk(answer_within=days("3")).time_rules, reminder=days("1"))
    assert ("supplement_reminded", "Wed 08:30") in told(run(replace(desk(), time_rules=rules), NO_TERM))


def test_what_is_never_brought_and_has_no_time_is_a_dead_end() -> None:
    hung = run(desk(), NO_TERM).dead_end
    assert hung is not None
    assert (hung.code, hung.steps) == ("waits_for_ever", ("examine",))
    assert "sets no time" in hung.reason.en


def test_more_rounds_than_the_procedure_allows_are_a_dead_end() -> None:
    hung = run(desk(rounds=1), days("1"), days("1")).dead_end
    assert hung is not None
    assert (hung.code, hung.reason.en) == (
        "not_possible",
        "The procedure allows no further request for a supplement; decide on what is there.",
    )


def test_a_step_that_the_law_exempts_goes_on_while_the_applicant_is_asked() -> None:
    plain = desk()
    steps = (
        step("receive", "examine", "consult"),
        step("examine", "hand", allowance=days("2"), decides=True),
        step("consult", "hand", allowance=days("1"), exempt=True),
        step("hand", join=Join()),
    )
    one = run(replace(plain, steps=steps), days("3"))
    assert [kind for kind, _ in told(one)][:3] == ["supplement_requested", "completed", "supplemented"]
    assert one.on_time is True


def test_half_done_work_of_a_branch_is_taken_up_where_it_was_left() -> None:
    plain = desk()
    steps = (
        step("receive", "check", "look"),
        step("check", "hand", allowance=days("2"), decides=True),
        step("look", "examine"),
        step("examine", "hand"),
        step("hand", join=Join()),
    )
    one = run(replace(plain, steps=steps), days("3"), takes={"look": days("1")})
    assert told(one)[:4] == [
        ("completed", "Tue 08:30"),
        ("supplement_requested", "Tue 08:30"),
        ("supplemented", "Fri 08:30"),
        ("completed", "Fri 08:30"),
    ]
    assert ("decided", "Mon 08:30") in told(one)


def test_a_term_that_is_extended_is_due_later() -> None:
    late = {"takes": {"examine": days("4")}}
    assert run(desk(more="5"), **late).on_time is False
    one = run(desk(more="5"), extensions=[InventedExtension("examine", days("2"))], **late)
    assert told(one)[0] == ("extended", "Mon 08:30")
    assert one.on_time is True
    assert [line.vi for line in timeline(one, CALENDAR)][2] == (
        "08:30 ngày 05/01/2026: thời hạn được gia hạn; hạn 08:30 ngày 09/01/2026."
    )


@pytest.mark.parametrize(
    ("more", "by", "why"),
    [("0", "1", "allows no extension"), ("1", "2", "At most 1"), ("1", "1", "extended 1 times")],
)
def test_more_time_than_the_procedure_allows_is_a_dead_end(more: str, by: str, why: str) -> None:
    hung = run(desk(more=more), extensions=[InventedExtension("examine", days(by))] * 2).dead_end
    assert hung is not None
    assert hung.code == "not_possible"
    assert why in hung.reason.en
