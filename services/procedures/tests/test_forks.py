"""The linter on forks, joins, and the time of procedures that fork."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from procedures.domain.definition import END, Definition, Fee, Join, Stage, Step, Transition
from procedures.domain.findings import findings
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.usual_way import longest_way
from shared.errors import Text

NAME = Text(vi="Việc", en="Work")


def days(amount: str) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def step(code: str, *ways: list[str], **more: Any) -> Step:
    """Each of the ways is the list of steps that open together; an empty one ends."""
    following = tuple(
        Transition(to[0] if to else END, str(at) if len(ways) > 1 else None, beside=tuple(to[1:]))
        for at, to in enumerate(ways)
    )
    return replace(Step(code, NAME, "BP", following), **more)


def procedure(*steps: Step, term: Term = NO_TERM, **more: Any) -> Definition:
    return replace(Definition("P", NAME, "A", term, steps[0].code, steps), **more)


FORKED = procedure(
    step("begin", ["tax", "police"], allowance=days("1")),
    step("tax", ["sign"], allowance=days("2")),
    step("police", ["sign"], allowance=days("5")),
    step("sign", [], allowance=days("1"), join=Join()),
    term=days("7"),
)


def with_steps(definition: Definition, **changed: dict[str, Any]) -> Definition:
    steps = tuple(replace(each, **changed.get(each.code, {})) for each in definition.steps)
    return replace(definition, steps=steps)


def found(definition: Definition) -> list[tuple[str, str]]:
    return [
        (finding.code, finding.pointer) for finding in findings(definition) if finding.code != "no_fixed_term"
    ]


def test_of_parallel_branches_the_longest_counts() -> None:
    assert found(FORKED) == []
    assert [each.code for each in longest_way(FORKED) or ()] == ["begin", "police", "sign"]
    assert found(replace(FORKED, term=days("9"))) == [("sum_mismatch", "/term")]


def test_a_join_of_some_is_come_to_with_the_one_that_makes_them_enough() -> None:
    assert found(replace(with_steps(FORKED, sign={"join": Join(1)}), term=days("4"))) == []


def test_an_exempt_branch_uses_up_nothing_of_the_term() -> None:
    assert found(replace(with_steps(FORKED, police={"exempt": True}), term=days("4"))) == []


def test_of_branches_within_a_stage_the_longest_counts() -> None:
    steps = tuple(replace(each, stage="S") for each in FORKED.steps)
    staged = replace(FORKED, steps=steps, stages=(Stage("S", NAME, days("7")),))
    assert found(staged) == []
    short = replace(staged, stages=(Stage("S", NAME, days("6")),), term=days("6"))
    assert found(short) == [("stage_sum_mismatch", "/stages/0/allowance")]


FAULTY: dict[str, tuple[Definition, list[tuple[str, str]]]] = {
    "nothing forks to a join": (
        procedure(step("a", ["b"]), step("b", [], join=Join())),
        [("join_without_fork", "/steps/1/join")],
    ),
    "the ways to a join exclude each other": (
        procedure(
            step("z", ["a"]), step("a", ["b"], ["c"]), step("b", ["d"]), step("c", ["d"]), step("d", [], join=Join())
        ),
        [("join_without_fork", "/steps/4/join")],
    ),
    "more branches are needed than come": (
        with_steps(FORKED, sign={"join": Join(3)}),
        [("join_needs_too_many", "/steps/3/join/needed")],
    ),
    "two branches come to a step that waits for none": (
        with_steps(FORKED, sign={"join": None}),
        [("opened_twice", "/steps/3")],
    ),
    "a branch leads to another": (
        procedure(step("a", ["b", "c"]), step("b", ["c"]), step("c", [])),
        [("opened_twice", "/steps/2")],
    ),
    "one branch goes past the join of the others": (
        procedure(
            step("a", ["b", "c", "d"]),
            step("b", ["j"]),
            step("c", ["j"]),
            step("d", ["e"]),
            step("j", ["e"], join=Join()),
            step("e", []),
        ),
        [("opened_twice", "/steps/5")],
    ),
    "silence is consent, but nothing is ever due": (
        procedure(step("a", ["b"]), step("b", [], silence_consents=True)),
        [("silence_without_due", "/steps/1/silenceConsents")],
    ),
    "silence is consent while the clock of the case stands still": (
        procedure(step("a", ["b"]), step("b", [], silence_consents=True, exempt=True), term=days("3")),
        [("silence_without_due", "/steps/1/silenceConsents")],
    ),
    "silence is consent after an allowance": (
        procedure(step("a", ["b"]), step("b", [], silence_consents=True, exempt=True, allowance=days("3"))),
        [],
    ),
    "a step off the usual way has more time than there is": (
        procedure(
            step("z", ["a"]),
            step("a", ["c"], ["b"], allowance=days("3")),
            step("b", ["c"], allowance=days("4")),
            step("c", []),
            term=days("3"),
        ),
        [("allowance_exceeds_term", "/steps/2/allowance")],
    ),
    "the fee is nothing": (replace(FORKED, fee=Fee(0)), [("fee_of_nothing", "/fee/amount")]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_each_fault_is_found_alone_and_where_it_is(fault: str) -> None:
    definition, expected = FAULTY[fault]
    assert found(definition) == expected


def test_units_of_other_agencies_are_held_against_those_agencies() -> None:
    definition = with_steps(FORKED, tax={"agency": "TAX"}, police={"agency": "POLICE", "unit": "X"})
    known = {"TAX": {"BP"}, "POLICE": {"BP"}}
    said = [(each.code, each.pointer) for each in findings(definition, {"BP"}, known)]
    assert said == [("unknown_unit", "/steps/2/unit")]
    said = [(each.code, each.pointer) for each in findings(definition, {"BP"}, {"TAX": {"BP"}})]
    assert said == [("unknown_agency", "/steps/2/agency")]


def test_a_procedure_with_everything_leading_to_everything_is_looked_at_in_no_time() -> None:
    codes = [f"S{number}" for number in range(60)]
    dense = procedure(
        *(step(code, codes[:40], codes[20:], join=Join() if n % 2 else None) for n, code in enumerate(codes))
    )
    assert {"no_end"} <= {each.code for each in findings(dense)}
