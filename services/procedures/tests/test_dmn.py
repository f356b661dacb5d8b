"""Decision tables drawn in a modelling tool answer here as they would there."""

from pathlib import Path
from typing import Any

import pytest

from procedures.domain.dmn import read_dmn
from procedures.domain.feel import condition_of, value_of
from procedures.domain.rules import Rule, RuleFailed, decide

DRAWN = (Path(__file__).parent / "samples" / "duyet-ngay.dmn").read_bytes()


def dmn(inside: str, table: str = '<decisionTable id="T" hitPolicy="FIRST">') -> bytes:
    return (
        '<definitions xmlns="http://www.omg.org/spec/DMN/20180521/MODEL/"><decision id="D">'
        f"{table}{inside}</decisionTable></decision></definitions>"
    ).encode()


def cell(kind: str, feel: str) -> str:
    return f'<{kind} id="C"><text>{feel.replace("<", "&lt;")}</text></{kind}>'


def codes(raw: bytes) -> list[tuple[str, str]]:
    return [(finding.code, finding.pointer) for finding in read_dmn(raw).findings]


@pytest.fixture
def drawn() -> tuple[Rule, ...]:
    read = read_dmn(DRAWN)
    assert read.findings == ()
    return read.rules


@pytest.mark.parametrize(
    ("kind", "copies", "approved"),
    [("renewal", 1, True), ("exchange", 2, True), ("renewal", 3, False), ("first", 1, False)],
)
def test_a_table_is_read_with_its_tests_and_answers(
    drawn: tuple[Rule, ...], kind: str, copies: int, approved: bool
) -> None:
    assert drawn[0].name == "DUYET_NGAY"
    assert decide(drawn[0], {"form": {"kind": kind, "copies": copies}}) == {"approve": approved}


def test_an_end_that_does_not_belong_to_an_interval_is_outside(drawn: tuple[Rule, ...]) -> None:
    with pytest.raises(RuleFailed) as failed:
        decide(drawn[0], {"form": {"kind": "renewal", "copies": 0}})
    assert failed.value.reason == "no_row"


@pytest.mark.parametrize(("born", "documents"), [("2015-05-05", ["GIAY_KHAI_SINH"]), ("2000-01-01", [])])
def test_dates_are_compared_as_dates_and_answers_collected(
    drawn: tuple[Rule, ...], born: str, documents: list[str]
) -> None:
    assert decide(drawn[1], {"form": {"born": born}}) == {"document": documents}


@pytest.mark.parametrize(
    ("feel", "ours"),
    [
        ('"a", "b"', "'a', 'b'"),
        ("= 3", "== 3"),
        ("]1..3[", "(1..3)"),
        ("(x + 1), [1..2[, > 7", "(form.x + 1), [1..2), > 7"),
        ('not("a", > 5, [1..3[)', "not ($ == 'a' or $ > 5 or ($ >= 1 and $ < 3))"),
        ("? > 3 and ? < 5", "$ > 3 and $ < 5"),
        ('starts with(?, "x")', "startsWith($, 'x')"),
        ('@"2024-01-01"', "date('2024-01-01')"),
        ("-", ""),
        ("if x then 1 else 2", None),
        ("for i in 1..3 return i", None),
        ("applicant age > 3", None),
        ('"a\\"b"', None),
        ("{a: 1}", None),
    ],
)
def test_tests_are_put_into_our_words_or_not_understood(feel: str, ours: str | None) -> None:
    assert condition_of(feel) == ours


def test_values_name_fields_of_the_form(drawn: tuple[Rule, ...]) -> None:
    assert value_of("fee * copies") == "form.fee * form.copies"
    assert value_of("count(documents)") == "len(documents)"
    assert value_of("") is None


OUTPUT = '<output id="O" name="answer"/>'


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"<definitions/>", [("unreadable_dmn", "#")]),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", [("unreadable_dmn", "#")]),
        (dmn(OUTPUT, '<decisionTable id="T" hitPolicy="PRIORITY">'), [("hit_policy_unknown", "#T")]),
        (dmn(OUTPUT, '<decisionTable id="T" hitPolicy="COLLECT" aggregation="SUM">'), [("hit_policy_unknown", "#T")]),
        (dmn(f'{OUTPUT}<rule id="R">{cell("outputEntry", "some x in y satisfies x")}</rule>'), [("feel_not_understood", "#C")]),
        (dmn(f'{OUTPUT}<rule id="R">{cell("outputEntry", "matches(x, y)")}</rule>'), [("unreadable_rule", "/nodes/1/content/rules/0/O")]),
        (dmn("").replace(b"decisionTable", b"literalExpression"), [("no_table", "#D")]),
        (dmn(OUTPUT).replace(b"<decisionTable", b'<informationRequirement><requiredDecision href="#x"/></informationRequirement><decisionTable', 1), [("required_decision", "#D")]),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_say_is_named_with_its_place(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert codes(raw) == expected


async def test_a_drawn_table_is_put_into_a_definition_and_works(world: Any, definition: Any) -> None:
    headers = {**world.official("desk"), "content-type": "application/xml"}
    read = await world.http.post("/procedures/v1/imports/dmn", content=DRAWN, headers=headers)
    assert read.status_code == 200, read.text
    form = {"type": "object", "properties": {"kind": {}, "copies": {"type": "integer"}, "born": {}}}
    automation = {"approval": {"rule": "DUYET_NGAY", "to": None}}
    code = await world.publish(form=form, rules=read.json()["rules"], automation=automation)
    case = (await world.submit(code, form={"kind": "renewal", "copies": 1}))["id"]
    assert (await world.read(case)).json()["status"] == "closed"


async def test_an_empty_file_is_refused(world: Any) -> None:
    answer = await world.http.post("/procedures/v1/imports/dmn", headers=world.official("desk"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "missing")
