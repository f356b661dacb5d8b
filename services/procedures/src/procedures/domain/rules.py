"""Rules of a procedure that are data: decision tables, by name, evaluated by the ZEN engine.

    "rules": [{"name": "MIEN_PHI", "table": {…JDM: input, one decision table, output…}}]

The version of a rule is the SHA-256 of its canonical JSON (RFC 8785), so that what was decided can be decided again: a
table knows its inputs and nothing else, neither a clock nor chance.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Self

import rfc8785
import zen

from procedures.domain.decision_table import MATCHED, DecisionTable, HitPolicy, as_jdm, read_table
from procedures.domain.expressions import CLOCK
from procedures.domain.json_input import Node, note_unstorable
from shared.errors import Fault, Invalid, Text

MOST_RULES = 20
"""Of one procedure."""

LARGEST_INPUT = 4000
"""Bytes of canonical JSON that one evaluation takes in."""

JsonValue = Any
"""Plain JSON: null, a truth value, a number, a text, a list or an object of such."""


class RuleUnreadable(Invalid):
    """A rule of the procedure is no decision table that can be evaluated; the faults say where."""

    slug = "rule-unreadable"
    title = Text(
        vi="Quy tắc không phải là bảng quyết định dùng được.", en="The rule is no usable decision table."
    )


class RuleFailed(Invalid):
    """A rule gives no answer for these inputs; `reason` says why.

    `no_row` (nothing matches), `several_rows` (`unique` or `any` does not hold), `output_missing` (a row answers with
    nothing), `input_too_large`, `clock_asked` or `engine` (it refused).
    """

    slug = "rule-failed"
    title = Text(
        vi="Quy tắc không đưa ra được kết quả cho dữ liệu này.",
        en="The rule gives no answer for these inputs.",
    )

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rule:
    """A named decision table."""

    name: str
    canonical: str
    """The JDM as canonical JSON."""

    @classmethod
    def of(cls, name: str, jdm: Mapping[str, Any]) -> Self:
        """The rule of a JDM in plain JSON."""
        return cls(name, rfc8785.dumps(dict(jdm)).decode())

    @classmethod
    def read(cls, node: Node) -> Self:
        """The rule at a node of a definition; whether it can be evaluated is for the linter to say."""
        node.object()
        node.only("name", "table")
        name, table = node.get("name").code(), node.get("table")
        before = len(node.faults)
        table.object()
        note_unstorable(table)
        return cls.of(
            name, table.value if len(node.faults) == before and isinstance(table.value, dict) else {}
        )

    def to_json(self) -> dict[str, Any]:
        """As it stands in a definition."""
        return {"name": self.name, "table": self.content}

    @property
    def content(self) -> Mapping[str, Any]:
        """The JDM."""
        jdm: Mapping[str, Any] = json.loads(self.canonical)
        return jdm

    @property
    def version(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal."""
        return sha256(self.canonical.encode()).hexdigest()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of what the table looks at (`form.copies`).

        Raises:
            RuleUnreadable
        """
        return table_of(self).inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it answers.

        Raises:
            RuleUnreadable
        """
        return table_of(self).outputs


def read_rules(node: Node) -> tuple[Rule, ...]:
    """The rules at a node of a definition; faults are noted."""
    items = node.items() if node.given else ()
    if len(items) > MOST_RULES:
        node.fault(
            "too_many", vi=f"Nhiều nhất {MOST_RULES} quy tắc.", en=f"At most {MOST_RULES} rules are taken."
        )
    return tuple(Rule.read(item) for item in items[:MOST_RULES])


def faults_of(rule: Rule) -> tuple[Fault, ...]:
    """What keeps a rule from being evaluated; pointers lead into its JDM."""
    return _read(rule)[1]


def table_of(rule: Rule) -> DecisionTable:
    """The table of a rule.

    Raises:
        RuleUnreadable
    """
    table, faults = _read(rule)
    if faults:
        raise RuleUnreadable(faults=faults)
    return table


def seen_by(rule: Rule, inputs: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What of the inputs the rule looks at, under the names that it uses; null for what is not there.

    Raises:
        RuleUnreadable
    """
    return {name: _at(inputs, name) for name in rule.inputs}


def decide(rule: Rule, inputs: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What the rule answers, by output; with `collect` a list for each output, one value a matching row.

    Raises:
        RuleUnreadable, RuleFailed.
    """
    table = table_of(rule)
    seen = seen_by(rule, inputs)
    if len(json.dumps(seen, ensure_ascii=False).encode(errors="surrogatepass")) > LARGEST_INPUT:
        raise RuleFailed("input_too_large")
    if CLOCK in seen.values() and any(part.of_dates for part in table.expressions):
        raise RuleFailed("clock_asked")
    given = _nested(seen)
    try:
        found = _engine(rule).evaluate(given)["result"]
    except Exception as refused:  # the engine tells of numbers beyond its decimals by a bare one
        raise RuleFailed("engine") from refused
    hits = [hit[MATCHED] for hit in ([found] if isinstance(found, dict) else found) if hit]
    return _answer(table, [_row_answer(rule, at, given) for at in hits])


def _answer(table: DecisionTable, answers: Sequence[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    if table.hit_policy is HitPolicy.COLLECT:
        return {output: [answer[output] for answer in answers] for output in table.outputs}
    if not answers:
        raise RuleFailed("no_row")
    first, *others = answers
    if others and (table.hit_policy is HitPolicy.UNIQUE or any(other != first for other in others)):
        raise RuleFailed("several_rows")
    return first


def _row_answer(rule: Rule, row: int, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        answers = {
            output: _plain(answer.evaluate(given)) for output, answer in _answers_of(rule)[row].items()
        }
    except Exception as refused:  # as above
        raise RuleFailed("output_missing") from refused
    if None in answers.values():
        raise RuleFailed("output_missing")
    return answers


def _plain(value: JsonValue) -> JsonValue:
    """The engine counts in decimals; whole numbers are told as such."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@lru_cache(maxsize=256)
def _read(rule: Rule) -> tuple[DecisionTable, tuple[Fault, ...]]:
    faults: list[Fault] = []
    table = read_table(Node(rule.content, "", faults))
    return table, tuple(faults)


@lru_cache(maxsize=256)
def _engine(rule: Rule) -> zen.ZenDecision:
    return zen.ZenEngine().create_decision(json.dumps(as_jdm(table_of(rule))))


@lru_cache(maxsize=256)
def _answers_of(rule: Rule) -> tuple[Mapping[str, "zen.Expression"], ...]:
    table = table_of(rule)
    return tuple(
        {
            output: zen.compile_expression(answer.text)
            for output, answer in zip(table.outputs, row.answers, strict=True)
        }
        for row in table.rows
    )


def _at(inputs: Mapping[str, JsonValue], name: str) -> JsonValue:
    """The value at a dotted name; null where there is none, or only an object with further values."""
    value: JsonValue = inputs
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if isinstance(value, Mapping) else value


def _nested(seen: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The values where the engine looks for them; of `a` and `a.b` the second shows what is there."""
    nested: dict[str, JsonValue] = {}
    for name, value in sorted(seen.items(), key=lambda item: -item[0].count(".")):
        *parents, last = name.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place.setdefault(last, value)
    return nested
