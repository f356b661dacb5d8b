"""What the linter says of rules that would not work, before anybody depends on them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from procedures.domain.automation import Approval, Automation, Routing
from procedures.domain.decision_table import graph
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.findings import findings
from procedures.domain.rules import Rule


def rule(name: str, field: str, output: str, condition: str, answer: str) -> Rule:
    inputs, outputs = [{"id": "i", "field": field}], [{"id": "o", "field": output}]
    return Rule.of(
        name, graph({"inputs": inputs, "outputs": outputs, "rules": [{"i": condition, "o": answer}]})
    )


SOUND = (
    rule("NEEDED", "form.fullName", "document", "!= null", "['GIAY_TO']"),
    rule("GRANTED", "submittedDate", "approve", "!= null", "false"),
    rule("WAY", "len(documents)", "outcome", "> 0", "'done'"),
)
USED = Automation("NEEDED", Approval("GRANTED", "TRA_KET_QUA"), (Routing("THU_LY", "WAY"),))


@pytest.fixture
def sound(definition: Callable[..., dict[str, Any]]) -> Definition:
    return replace(definition_from_json(definition()), rules=SOUND, automation=USED)


def found(definition: Definition) -> list[tuple[str, str]]:
    """The findings of rules: code and place."""
    return [
        (each.code, each.pointer)
        for each in findings(definition)
        if each.pointer.startswith(("/rules", "/automation"))
    ]


def test_sound_rules_have_no_findings(sound: Definition) -> None:
    assert found(sound) == []


def with_rule(sound: Definition, at: int, changed: Rule) -> Definition:
    return replace(sound, rules=(*sound.rules[:at], changed, *sound.rules[at + 1 :]))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (rule("WAY", "form.x y", "outcome", "", "'done'"), [("unreadable_rule", "/rules/2/table/nodes/1/content/inputs/0/field")]),
        (rule("WAY", "form.fullName", "outcome", "rand(3)", "'done'"), [("unreadable_rule", "/rules/2/table/nodes/1/content/rules/0/i")]),
        (rule("WAY", "form.fullName", "result", "", "'done'"), [("rule_without_answer", "/automation/routing/0/rule")]),
        (rule("WAY", "form.shoeSize", "outcome", "", "'done'"), [("unknown_input", "/rules/2/table")]),
        (rule("WAY", "form.fullName.last", "outcome", "", "'done'"), []),
        (rule("WAY", "weather", "outcome", "", "'done'"), [("unknown_input", "/rules/2/table")]),
        (rule("WAY", "form", "outcome", "", "'done'"), [("unknown_input", "/rules/2/table")]),
        (rule("WAY", "documents", "outcome", "", "'astray'"), [("unknown_way", "/automation/routing/0/rule")]),
        (rule("OTHER", "documents", "outcome", "", "'done'"), [("rule_not_there", "/automation/routing/0/rule")]),
        (rule("NEEDED", "documents", "outcome", "", "'done'"), [("duplicate_code", "/rules/2/name"), ("rule_not_there", "/automation/routing/0/rule")]),
    ],
)  # fmt: skip
def test_each_fault_of_a_rule_has_its_code_and_place(
    sound: Definition, changed: Rule, expected: list[tuple[str, str]]
) -> None:
    assert found(with_rule(sound, 2, changed)) == expected


def test_a_document_that_the_procedure_does_not_list_is_found(sound: Definition) -> None:
    changed = with_rule(sound, 0, rule("NEEDED", "form.fullName", "document", "", "['GIAY_TO', 'KHAC']"))
    assert found(changed) == [("unknown_document", "/automation/completeness")]


@pytest.mark.parametrize("step", ["NOWHERE", "TIEP_NHAN"])
def test_a_step_that_rules_cannot_lead_to_or_from_is_found(sound: Definition, step: str) -> None:
    used = replace(USED, approval=Approval("GRANTED", step), routing=())
    assert found(replace(sound, automation=used)) == [("unknown_step", "/automation/approval/to")]
    used = replace(USED, routing=(Routing(step, "GRANTED"),))
    assert ("unknown_step", "/automation/routing/0/step") in found(replace(sound, automation=used))


def test_a_rule_that_is_no_table_at_all_is_found(sound: Definition) -> None:
    broken = replace(sound, rules=(Rule.of("NEEDED", {}), *SOUND[1:]))
    assert ("unreadable_rule", "/rules/0/table/nodes") in found(broken)
