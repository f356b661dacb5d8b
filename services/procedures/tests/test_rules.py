"""What a rule may be, what it tells of itself, and that no expression can hold the process that reads it."""

import time
from typing import Any

import pytest

from procedures.domain.by_rule import documents_needed
from procedures.domain.decision_table import MOST_CELLS, MOST_COPIES, graph
from procedures.domain.definition_json import definition_from_json, definition_to_json
from procedures.domain.expressions import DEEPEST, LONGEST
from procedures.domain.rule_inputs import inputs_of
from procedures.domain.rules import (
    LARGEST_INPUT,
    Rule,
    RuleFailed,
    RuleUnreadable,
    decide,
    faults_of,
    seen_by,
)
from shared.clock import SystemClock

HELD = 0.25
"""Seconds for which the largest table may hold a process; it takes a tenth of that on an idle machine."""


def rule(
    columns: list[str | None], outputs: list[str], *rows: list[str], hit: str = "first", **more: Any
) -> Rule:
    """Each row is its conditions, then its answers."""
    ids = [f"i{at}" for at in range(len(columns))] + [f"o{at}" for at in range(len(outputs))]
    content = {
        "hitPolicy": hit,
        "inputs": [{"id": f"i{at}", "field": field} for at, field in enumerate(columns)],
        "outputs": [{"id": f"o{at}", "field": field} for at, field in enumerate(outputs)],
        "rules": [dict(zip(ids, row, strict=True)) for row in rows],
        **more,
    }
    return Rule.of("R", graph(content))


def codes(read: Rule) -> list[tuple[str, str]]:
    return [(fault.pointer.removeprefix("/nodes/1/content"), fault.code) for fault in faults_of(read)]


def reason(read: Rule, **form: Any) -> str:
    with pytest.raises(RuleFailed) as failed:
        decide(read, {"form": form})
    return failed.value.reason


class TestVersions:
    def test_the_version_is_of_the_content_however_its_members_are_ordered(self) -> None:
        one, other = Rule.of("A", {"a": 1, "b": [2.0]}), Rule.of("B", {"b": [2], "a": 1})
        assert one.version == other.version
        assert one.version != Rule.of("A", {"a": 1, "b": [3]}).version

    def test_a_rule_tells_what_it_looks_at_and_what_it_answers(self) -> None:
        read = rule(["form.a", "len(documents)"], ["x", "y"], ["> form.b", "> 0", "form.a", "1"])
        assert (read.inputs, read.outputs) == (("form.a", "documents", "form.b"), ("x", "y"))
        assert seen_by(read, {"form": {"a": 1, "z": 2}}) == {"form.a": 1, "documents": None, "form.b": None}

    def test_a_definition_gives_its_rules_and_their_use_back_as_they_were(self, definition: Any) -> None:
        written = definition(
            rules=[{"name": "R", "table": dict(rule([None], ["x"], ["form.a > 1e3"[:10], "1"]).content)}],
            automation={"completeness": "R", "approval": {"rule": "R", "to": "THU_LY"}, "routing": []},
        )
        read = definition_from_json(written)
        again = definition_to_json(read)
        assert (again["rules"], again["automation"]) == (written["rules"], written["automation"])
        assert definition_from_json(again) == read


class TestAnswers:
    def test_without_a_row_that_matches_there_is_no_answer(self) -> None:
        assert reason(rule(["form.a"], ["x"], ["> 3", "1"]), a=3) == "no_row"
        assert reason(rule(["form.a"], ["x"])) == "no_row"

    def test_a_row_that_answers_with_nothing_is_no_answer(self) -> None:
        for answer in ("form.missing", "1 / 0", "null", "'a' + 1"):
            assert reason(rule([None], ["x"], ["", answer])) == "output_missing"

    def test_unique_and_any_hold_or_there_is_no_answer(self) -> None:
        rows = ["> 1", "1"], ["> 2", "1"], ["> 3", "2"]
        assert reason(rule(["form.a"], ["x"], *rows, hit="unique"), a=3) == "several_rows"
        assert decide(rule(["form.a"], ["x"], *rows, hit="any"), {"form": {"a": 3}}) == {"x": 1}
        assert reason(rule(["form.a"], ["x"], *rows, hit="any"), a=4) == "several_rows"

    @pytest.mark.parametrize("value", [8e28, -8e28, 1e308, 10**40, float("nan"), "\ud800"])
    def test_whatever_the_engine_cannot_take_is_no_answer(self, value: object) -> None:
        for read in (rule(["form.a"], ["x"], ["> 3", "1"]), rule(["form.a"], ["x"], ["", "form.a"])):
            assert reason(read, a=value) == "engine"

    def test_a_comparison_with_what_is_not_there_does_not_hold_and_keeps_no_other_test_from_holding(
        self,
    ) -> None:
        assert decide(rule(["form.a"], ["x"], ["< 3, null", "1"]), {"form": {}}) == {"x": 1}

    def test_dates_are_compared_and_the_present_is_not_to_be_had(self) -> None:
        born = rule(["date(form.born)"], ["adult"], ["<= date('2008-01-01')", "true"], ["", "false"])
        assert decide(born, {"form": {"born": "2007-12-31"}}) == {"adult": True}
        assert decide(born, {"form": {"born": "2008-01-02"}}) == {"adult": False}
        assert reason(born, born="now") == "clock_asked"

    def test_a_case_asks_for_the_documents_that_its_answers_call_for(self, definition: Any) -> None:
        needed = rule(["form.fullName"], ["document"], ["'x'", "'GIAY_TO'"], hit="collect")
        rules = [{"name": "R", "table": dict(needed.content)}]
        procedure = definition_from_json(definition(rules=rules, automation={"completeness": "R"}))
        today = SystemClock().now().date()
        for name, documents in (("x", {"GIAY_TO"}), ("y", set())):
            act, found = documents_needed(procedure, inputs_of({"fullName": name}, [], today))
            assert (act is not None, found) == (True, documents)


class TestBounds:
    @pytest.mark.parametrize(
        "expression",
        [
            "rand(9)", "d()", "date('now')", "date('n' + 'ow')", "date($) > 0", "date(lower(form.a))", "year(upper('now'))", "map([1..9], #)", "filter(form.a, # > 1)",
            "[1..999999999]", "len([1..999999999])", "$ in [[1..9]]", "2 ^ 9", "matches(form.a, '(a+)+$')", "$root", "$nodes",
            "form['a']", "`a`", "{a: 1}", "a ? b : c", "'a\\u0000'", "(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1),
            "((1)", "1 +", "form.a + form.b + form.c + form.d", "1" + " + 1" * LONGEST, "x.y z", "import os", "9" * 400,
        ],
    )  # fmt: skip
    def test_what_could_run_for_long_or_see_too_much_is_refused(self, expression: str) -> None:
        read = rule([expression], ["x"], ["", expression])
        assert {pointer for pointer, _ in codes(read)} == {"/inputs/0/field", "/rules/0/o0"}
        with pytest.raises(RuleUnreadable):
            decide(read, {})

    def test_only_one_table_makes_a_rule(self) -> None:
        function = {"nodes": [{"type": "functionNode", "content": "while (true) {}"}]}
        assert [fault.code for fault in faults_of(Rule.of("R", function))] == ["rule_node", "rule_node"]
        assert codes(rule(["form.a"], ["x"], executionMode="loop", inputField="form.list")) == [
            ("/executionMode", "rule_loop"),
            ("/inputField", "rule_loop"),
        ]

    def test_every_fault_of_a_table_is_named_at_once_with_its_place(self) -> None:
        read = rule(["form.a +"], ["x y", "z", "z"], ["> (", "1 +", "", "2"], hit="best")
        assert set(codes(read)) == {
            ("/hitPolicy", "unknown_kind"),
            ("/inputs/0/field", "expression_refused"),
            ("/outputs/0/field", "wrong_name"),
            ("/outputs/2/field", "repeated"),
            ("/rules/0/i0", "expression_refused"),
            ("/rules/0/o0", "expression_refused"),
            ("/rules/0/o1", "empty"),
        }

    def test_a_table_has_so_many_cells_and_answers_made_of_inputs(self) -> None:
        assert codes(rule(["form.a"], ["x"], *[["", "1"]] * (MOST_CELLS // 2 + 1))) == [
            ("", "rule_too_large")
        ]
        assert codes(rule([None], ["x"], *[["", "form.a"]] * (MOST_COPIES + 1))) == [("", "rule_too_large")]

    def test_no_more_is_taken_in_than_a_rule_may_look_at(self) -> None:
        read = rule(["form.a"], ["x"], ["", "1"])
        assert reason(read, a="x" * LARGEST_INPUT) == "input_too_large"
        assert decide(read, {"form": {"a": "x", "b": "x" * LARGEST_INPUT}}) == {"x": 1}

    @pytest.mark.parametrize(
        ("columns", "row", "rows"),
        [
            (["form.a"], ["contains($, 'q') or contains($, 'z') or len($) == 3", "1"], MOST_CELLS // 2),
            ([None], ["upper(form.a) + lower(form.a) != trim(form.a)", "form.a + form.a + form.a"], MOST_COPIES),
            (["form.a"] * 30, [*["upper($) == upper($)"] * 30, "1"], MOST_CELLS // 31),
            (["form.l"], ["not in ['a', 'b'], sum($) > 1, max($) > 2", "1"], MOST_CELLS // 2),
        ],
    )  # fmt: skip
    def test_the_worst_tables_hold_a_process_for_a_moment_only(
        self, columns: list[str | None], row: list[str], rows: int
    ) -> None:
        read = rule(columns, ["x"], *[row] * rows, hit="collect")
        inputs = {"form": {"a": "y" * (LARGEST_INPUT - 100), "l": list(range(700))}}
        for _ in range(2):  # read and compiled the first time, only asked the second
            began = time.perf_counter()
            assert len(decide(read, inputs)["x"]) in (0, rows)
            took = time.perf_counter() - began
        print(f"{rows} rows of {row[0]!r}: {took * 1000:.1f} ms")
        assert took < HELD
