"""What the linter says of results that nobody could issue, or that would not hold."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from procedures.domain.automation import Approval, Automation
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.result_findings import result_findings

GRANT = {
    "code": "GIAY",
    "title": {"vi": "Giấy xác nhận", "en": "Confirmation"},
    "symbol": "GXN",
    "outcome": "granted",
    "template": "Xác nhận {{ form.fullName }}.",
}
REJECT = {
    **GRANT,
    "code": "TU_CHOI",
    "outcome": "rejected",
    "template": "Từ chối vì: {{ decision.reason }}. Căn cứ: {{ decision.legalGround }}.",
    "remedies": "Có quyền khiếu nại trong 90 ngày.",
}


@pytest.fixture
def ending_in(definition: Callable[..., dict[str, Any]]) -> Callable[..., Definition]:
    """`ending_in(*results)`: a procedure that can end in these."""
    return lambda *results: definition_from_json(definition(results=list(results)))


def found(definition: Definition) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in result_findings(definition)]


def test_a_template_that_names_nothing_that_is_known_is_found(ending_in: Any) -> None:
    wrong = {**GRANT, "template": "{{ form.fullName }} {{ form.shoeSize }}"}
    assert found(ending_in(GRANT)) == []
    assert found(ending_in(GRANT, wrong)) == [("unknown_variable", "/results/1/template")]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"type": "object", "properties": {"street": {"type": "string"}}}, ["unwritable_variable"]),
        ({"properties": {"street": {"type": "string"}}}, ["unwritable_variable"]),
        ({"type": ["object", "null"]}, ["unwritable_variable"]),
        ({"type": "array", "items": {"type": "object"}}, ["unwritable_variable"]),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "string", "format": "date"}, []),
        ({"enum": ["a", 1]}, []),
        (True, []),
    ],
)
def test_a_template_that_names_what_no_sentence_can_hold_is_found(
    definition: Callable[..., dict[str, Any]], field: Any, expected: list[str]
) -> None:
    form = {"type": "object", "properties": {"address": field, "fullName": {"type": "string"}}}
    at_home = {**GRANT, "template": "{{ form.fullName }}, {{ form.address }}, {{form.address}}"}
    procedure = definition_from_json(definition(form=form, results=[GRANT, at_home]))
    assert found(procedure) == [(code, "/results/1/template") for code in expected]


@pytest.mark.parametrize(
    ("results", "step", "expected"),
    [
        ([GRANT], None, [("closed_before_result", "/automation/approval/to")]),
        ([GRANT], "TRA_KET_QUA", []),
        ([], None, []),
        ([REJECT], None, []),
    ],
)
def test_a_rule_that_closes_what_it_grants_leaves_no_time_for_a_result(
    ending_in: Any, results: Any, step: str | None, expected: Any
) -> None:
    by_rule = Automation(approval=Approval("DUYET_NGAY", step))
    assert found(replace(ending_in(*results), automation=by_rule)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"template": "Từ chối. {{ decision.legalGround }}"}, [("rejection_without_reason", "/results/0/template")]),
        ({"template": "Từ chối. {{ decision.reason }}"}, [("rejection_without_ground", "/results/0/template")]),
        ({"remedies": None}, [("rejection_without_remedies", "/results/0/remedies")]),
        ({"outcome": "granted", "template": "Đồng ý.", "remedies": None}, []),
    ],
)  # fmt: skip
def test_a_rejection_tells_its_reason_its_ground_and_the_remedies(
    ending_in: Any, changes: Any, expected: Any
) -> None:
    assert found(ending_in({**REJECT, **changes})) == expected
