"""Random decision tables answer as a reading of them row by row does.

`MOTCUA_TABLES` says how many tables are tried.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from procedures.domain.decision_table import graph
from procedures.domain.rules import Rule, RuleFailed, decide

TABLES = int(os.environ.get("MOTCUA_TABLES", "400"))
ASKED = 4
"""How often each table is asked."""

WORDS = ["online", "desk", "post", "Đà Nẵng", "a b", ""]
NUMBERS = [-3, 0, 1, 2, 5, 7, 10, 2.5, 0.1, 1_000_000_000]


@dataclass(frozen=True)
class Condition:
    """A condition as it is written, and what it means; the meaning of a value that is not there included."""

    written: str
    holds: Callable[[Any], bool]


def number(random: Random) -> tuple[str, float]:
    value = random.choice(NUMBERS)
    return repr(value), value


def _compared(random: Random, prefix: str = "") -> Condition:
    written, value = number(random)
    operators: dict[str, Callable[[Any], bool]] = {
        "<": lambda given: given is not None and given < value,
        "<=": lambda given: given is not None and given <= value,
        ">": lambda given: given is not None and given > value,
        ">=": lambda given: given is not None and given >= value,
        "==": lambda given: given == value,
        "!=": lambda given: given != value,
    }
    name = random.choice(list(operators))
    return Condition(f"{prefix}{name} {written}", operators[name])


def _spelled_out(random: Random) -> Condition:
    return _compared(random, "$ ")


def _interval(random: Random) -> Condition:
    (low, least), (high, most) = sorted((number(random) for _ in range(2)), key=lambda pair: pair[1])
    opens, closes = random.choice("[("), random.choice("])")

    def holds(given: Any) -> bool:
        if given is None:
            return False
        above = given >= least if opens == "[" else given > least
        return above and (given <= most if closes == "]" else given < most)

    return Condition(f"{opens}{low}..{high}{closes}", holds)


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else repr(value)


def _listed(random: Random, values: list[Any]) -> Condition:
    chosen = random.sample(values, random.randint(1, 3))
    written = ", ".join(map(_literal, chosen))
    form = random.choice(["{}", "in [{}]", "not in [{}]", "not ($ in [{}])"])
    wanted = not form.startswith("not")
    return Condition(form.format(written), lambda given: (given in chosen) is wanted)


def _null(random: Random) -> Condition:
    return random.choice(
        [
            Condition("null", lambda given: given is None),
            Condition("!= null", lambda given: given is not None),
        ]
    )


def _anything(random: Random) -> Condition:
    return Condition(random.choice(["", "-"]), lambda _: True)


def _several(random: Random) -> Condition:
    tests = [random.choice([_compared, _interval])(random) for _ in range(random.randint(2, 3))]
    written = ", ".join(test.written for test in tests)
    return Condition(written, lambda given: any(test.holds(given) for test in tests))


def _starts(random: Random) -> Condition:
    part = random.choice(["o", "d", "Đà", "x"])
    return Condition(f"startsWith($, '{part}')", lambda given: given is not None and given.startswith(part))


COLUMNS: dict[str, tuple[list[Any], list[Callable[[Random], Condition]]]] = {
    "form.amount": (
        [*NUMBERS, None],
        [
            _compared,
            _spelled_out,
            _interval,
            lambda random: _listed(random, NUMBERS),
            _null,
            _anything,
            _several,
        ],
    ),
    "form.channel": (
        [*WORDS, None],
        [lambda random: _listed(random, WORDS), _null, _anything, _starts],
    ),
    "form.urgent": (
        [True, False, None],
        [
            lambda random: random.choice(
                [
                    Condition("true", lambda given: given is True),
                    Condition("== false", lambda given: given is False),
                ]
            ),
            _null,
            _anything,
        ],
    ),
}


@dataclass(frozen=True)
class Table:
    """A table as it is written, and its reading row by row."""

    hit_policy: str
    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[tuple[tuple[Condition, ...], tuple[Any, ...]], ...]

    @classmethod
    def invented(cls, random: Random) -> "Table":
        columns = tuple(random.sample(list(COLUMNS), random.randint(1, 3)))
        outputs = tuple(f"answer{at}" for at in range(random.randint(1, 2)))
        answers = [True, "granted", "", 5000, 0, 1.5, -1]
        rows = tuple(
            (
                tuple(random.choice(COLUMNS[column][1])(random) for column in columns),
                tuple(random.choice(answers) for _ in outputs),
            )
            for _ in range(random.randint(0, 6))
        )
        return cls(random.choice(["first", "unique", "any", "collect"]), columns, outputs, rows)

    def as_rule(self) -> Rule:
        def written(value: Any) -> str:
            return str(value).lower() if isinstance(value, bool) else _literal(value)

        content = {
            "hitPolicy": self.hit_policy,
            "inputs": [{"id": f"i{at}", "field": field} for at, field in enumerate(self.columns)],
            "outputs": [{"id": f"o{at}", "field": field} for at, field in enumerate(self.outputs)],
            "rules": [
                {f"i{at}": test.written for at, test in enumerate(tests)}
                | {f"o{at}": written(answer) for at, answer in enumerate(answers)}
                for tests, answers in self.rows
            ],
        }
        return Rule.of("RANDOM", graph(content))

    def answer(self, given: dict[str, Any]) -> Any:
        """What it answers, or why it does not."""
        hits = [
            dict(zip(self.outputs, answers, strict=True))
            for tests, answers in self.rows
            if all(test.holds(given[column]) for test, column in zip(tests, self.columns, strict=True))
        ]
        if self.hit_policy == "collect":
            return {output: [hit[output] for hit in hits] for output in self.outputs}
        if not hits:
            return "no_row"
        different = any(hit != hits[0] for hit in hits)
        if (self.hit_policy == "unique" and len(hits) > 1) or (self.hit_policy == "any" and different):
            return "several_rows"
        return hits[0]


def asked(rule: Rule, given: dict[str, Any]) -> Any:
    form = {column.removeprefix("form."): value for column, value in given.items()}
    try:
        return decide(rule, {"form": form})
    except RuleFailed as failed:
        return failed.reason


@pytest.mark.timeout(max(300, TABLES // 10))
def test_random_tables_answer_as_their_rows_are_read_one_by_one() -> None:
    random = Random(20261125)
    answers: dict[str, int] = {}
    for at in range(TABLES):
        table = Table.invented(random)
        rule = table.as_rule()
        for _ in range(ASKED):
            given = {column: random.choice(values) for column, (values, _) in COLUMNS.items()}
            expected = table.answer(given)
            assert asked(rule, given) == expected, (at, rule.content, given)
            kind = expected if isinstance(expected, str) else "answered"
            answers[kind] = answers.get(kind, 0) + 1
    assert set(answers) == {"answered", "no_row", "several_rows"}
    print(f"{TABLES} tables, asked {sum(answers.values())} times: {answers}")
