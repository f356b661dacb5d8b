"""Decision tables of the DMN standard (1.1 to 1.5) as rules: what a modelling tool draws, evaluated here.

Each decision with a table becomes a rule of its own, named after the decision's id. The findings:

| code                 | severity | what it says                                                               |
|----------------------|----------|----------------------------------------------------------------------------|
| unreadable_dmn       | error    | it is no DMN, or too large                                                 |
| no_table             | error    | a decision is no table                                                     |
| required_decision    | error    | a decision needs the answer of another; a rule looks at a submission alone |
| hit_policy_unknown   | error    | the hit policy is none of UNIQUE, FIRST, ANY and COLLECT without a sum     |
| feel_not_understood  | error    | a cell says something that rules cannot                                    |
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from procedures.domain.decision_table import HitPolicy, graph
from procedures.domain.feel import condition_of, value_of
from procedures.domain.finding import Finding, Severity, error
from procedures.domain.json_input import quoted, storable
from procedures.domain.rules import MOST_RULES, Rule, faults_of

LARGEST = 1_000_000
"""Bytes of a file that are read."""

_MODEL = re.compile(r"\{https?://www\.omg\.org/spec/DMN/[^}]*\}(\w+)")
_DATE = "date"


@dataclass(frozen=True, slots=True)
class ReadDmn:
    """The rules in a file, and what of it could not be read."""

    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]


def read_dmn(raw: bytes) -> ReadDmn:
    """The decision tables in a file, as far as they can be read. Never raises."""
    root = _parsed(raw)
    if root is None:
        unreadable = error(
            "unreadable_dmn",
            "#",
            vi="Tệp không phải là bảng quyết định DMN, hoặc quá lớn.",
            en="The file is no DMN, or too large.",
        )
        return ReadDmn((), (unreadable,))
    rules: list[Rule] = []
    findings: list[Finding] = []
    for decision in _children(root, "decision")[:MOST_RULES]:
        found: list[Finding] = []
        rule = _rule(decision, found)
        findings += found or _unfit(rule)
        if rule is not None and not any(rule.name == other.name for other in rules):
            rules.append(rule)
    return ReadDmn(tuple(rules), tuple(findings))


def _parsed(raw: bytes) -> Element | None:
    if len(raw) > LARGEST:
        return None
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    return root if _kind(root) == "definitions" else None


def _rule(decision: Element, findings: list[Finding]) -> Rule | None:
    tables = _children(decision, "decisionTable")
    if any(_children(part, "requiredDecision") for part in _children(decision, "informationRequirement")):
        findings.append(
            error(
                "required_decision",
                _place(decision),
                vi="Quyết định này cần kết quả của quyết định khác; quy tắc chỉ xem hồ sơ.",
                en="This decision needs the answer of another; a rule looks at the submission alone.",
            )
        )
    if not tables:
        findings.append(
            error(
                "no_table",
                _place(decision),
                vi="Quyết định này không phải là một bảng.",
                en="This decision is no table.",
            )
        )
        return None
    content = {
        "hitPolicy": _hit_policy(tables[0], findings),
        "inputs": [_input(part, findings) for part in _children(tables[0], "input")],
        "outputs": [_output(part, decision) for part in _children(tables[0], "output")],
    }
    content["rules"] = [_row(part, content, findings) for part in _children(tables[0], "rule")]
    return None if findings else Rule.of(_name(decision), graph(content))


def _hit_policy(table: Element, findings: list[Finding]) -> str:
    policy = table.get("hitPolicy", "UNIQUE").lower()
    if policy in set(HitPolicy) and table.get("aggregation") is None:
        return policy
    said = quoted(f"{table.get('hitPolicy', 'UNIQUE')} {table.get('aggregation', '')}".strip())
    findings.append(
        error(
            "hit_policy_unknown",
            _place(table),
            vi=f"Chưa hỗ trợ cách chọn dòng {said}.",
            en=f"The hit policy {said} is not supported.",
        )
    )
    return HitPolicy.UNIQUE.value


def _input(part: Element, findings: list[Finding]) -> dict[str, str]:
    (expression, *_) = [*_children(part, "inputExpression"), part]
    field = _translated(expression, findings, condition=False)
    if expression.get("typeRef", "").rpartition(":")[2] == _DATE and not field.startswith("date("):
        field = f"date({field})"
    label = storable(part.get("label") or field)
    return {"id": storable(part.get("id", "")) or field, "name": label, "field": field}


def _output(part: Element, decision: Element) -> dict[str, str]:
    name = storable(part.get("name") or part.get("label") or _name(decision))
    return {
        "id": storable(part.get("id", "")) or name,
        "name": storable(part.get("label") or name),
        "field": name,
    }


def _row(part: Element, content: dict[str, Any], findings: list[Finding]) -> dict[str, str]:
    row = {"_id": storable(part.get("id", ""))}
    for column, cell in zip(content["inputs"], _children(part, "inputEntry"), strict=False):
        row[column["id"]] = _translated(cell, findings, condition=True)
    for column, cell in zip(content["outputs"], _children(part, "outputEntry"), strict=False):
        row[column["id"]] = _translated(cell, findings, condition=False)
    return row


def _translated(cell: Element, findings: list[Finding], *, condition: bool) -> str:
    feel = storable("".join(part.text or "" for part in _children(cell, "text"))).strip()
    written = condition_of(feel) if condition else value_of(feel)
    if written is None:
        findings.append(
            error(
                "feel_not_understood",
                _place(cell),
                vi=f"Không hiểu được {quoted(feel)}.",
                en=f"{quoted(feel)} is not understood.",
            )
        )
    return written or ""


def _unfit(rule: Rule | None) -> Iterator[Finding]:
    """What was understood of a table, and still cannot be evaluated."""
    for fault in () if rule is None else faults_of(rule):
        yield Finding("unreadable_rule", Severity.ERROR, fault.pointer, fault.detail)


def _children(element: Element, kind: str) -> list[Element]:
    return [child for child in element if _kind(child) == kind]


def _kind(element: Element) -> str:
    match = _MODEL.fullmatch(str(element.tag))
    return match[1] if match else ""


def _name(decision: Element) -> str:
    return storable(decision.get("id") or decision.get("name") or "decision")[:100]


def _place(element: Element) -> str:
    return f"#{storable(element.get('id', ''))}"
