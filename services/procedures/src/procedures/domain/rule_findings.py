"""What is wrong with the rules of a procedure, and with what it lets them do.

| code                 | severity | what it says                                                               |
|----------------------|----------|----------------------------------------------------------------------------|
| unreadable_rule      | error    | a rule is no decision table that can be evaluated                          |
| rule_not_there       | error    | the automation names a rule that is not there                              |
| rule_without_answer  | error    | a rule does not answer what the automation asks it                         |
| unknown_input        | error    | a rule looks at something that no submission has                           |
| unknown_way          | error    | a rule answers with an outcome that the step does not have                 |
| unknown_step         | error    | the automation names a step that is not there, or that receives the case   |
"""

from collections.abc import Generator, Iterator, Mapping
from typing import Any

from procedures.domain.automation import ANSWERS, Purpose
from procedures.domain.decision_table import DecisionTable
from procedures.domain.definition import Definition, steps_by_code
from procedures.domain.expressions import literal_texts
from procedures.domain.finding import Finding, Severity, error
from procedures.domain.json_input import quoted
from procedures.domain.rule_inputs import DOCUMENTS, FORM, SUBMITTED_DATE
from procedures.domain.rules import faults_of, table_of


def rule_findings(definition: Definition) -> Iterator[Finding]:
    """Findings about the rules, and about the automation that asks them."""
    seen: set[str] = set()
    for at, rule in enumerate(definition.rules):
        if rule.name in seen:
            yield error(
                "duplicate_code",
                f"/rules/{at}/name",
                vi=f"Tên {quoted(rule.name)} đã dùng ở trên; mỗi tên chỉ dùng một lần.",
                en=f"The name {quoted(rule.name)} is used above; each is used once.",
            )
        seen.add(rule.name)
        faults = faults_of(rule)
        for fault in faults:
            pointer = f"/rules/{at}/table{fault.pointer}"
            yield Finding("unreadable_rule", Severity.ERROR, pointer, fault.detail)
        if not faults:
            yield from _inputs(definition, at, rule.name, rule.inputs)
    yield from _automation(definition)


def _inputs(definition: Definition, at: int, name: str, inputs: tuple[str, ...]) -> Iterator[Finding]:
    for named in inputs:
        if named not in (DOCUMENTS, SUBMITTED_DATE) and not _is_field(definition.form, named):
            yield error(
                "unknown_input",
                f"/rules/{at}/table",
                vi=f"Quy tắc {quoted(name)} xem {quoted(named)}, nhưng hồ sơ không có dữ liệu này.",
                en=f"The rule {quoted(name)} looks at {quoted(named)}, which no submission has.",
            )


def _is_field(form: Mapping[str, Any] | None, named: str) -> bool:
    """Whether the form asks for this; what is inside an object without listed fields is not known."""
    root, *path = named.split(".")
    if root != FORM or not path:
        return False
    schema: Any = form or {}
    for field in path:
        fields = schema.get("properties") if isinstance(schema, Mapping) else None
        if not isinstance(fields, Mapping):
            return schema is not form and form is not None
        if field not in fields:
            return False
        schema = fields[field]
    return True


def _automation(definition: Definition) -> Iterator[Finding]:
    automation = definition.automation
    if automation.completeness is not None:
        where = "/automation/completeness"
        table = yield from _asked(definition, Purpose.COMPLETENESS, automation.completeness, where)
        listed = {document.code for document in definition.documents}
        for code in _answers(table, Purpose.COMPLETENESS) - listed:
            yield error(
                "unknown_document",
                where,
                vi=f"Quy tắc yêu cầu giấy tờ {quoted(code)}, nhưng thủ tục không có giấy tờ này.",
                en=f"The rule calls for the document {quoted(code)}, which is not listed.",
            )
    if automation.approval is not None:
        yield from _asked(definition, Purpose.APPROVAL, automation.approval.rule, "/automation/approval/rule")
        if automation.approval.to is not None:
            yield from _step(definition, automation.approval.to, "/automation/approval/to")
    for at, routing in enumerate(automation.routing):
        where = f"/automation/routing/{at}"
        yield from _step(definition, routing.step, f"{where}/step")
        table = yield from _asked(definition, Purpose.ROUTING, routing.rule, f"{where}/rule")
        step = steps_by_code(definition).get(routing.step)
        ways = {way.outcome for way in step.transitions} if step else set()
        for outcome in _answers(table, Purpose.ROUTING) - ways if step else ():
            yield error(
                "unknown_way",
                f"{where}/rule",
                vi=f"Quy tắc trả lời {quoted(outcome)}, nhưng bước {quoted(routing.step)} không có kết quả này.",
                en=f"The rule answers {quoted(outcome)}, but the step {quoted(routing.step)} has no such outcome.",
            )


def _asked(
    definition: Definition, purpose: Purpose, name: str, pointer: str
) -> Generator[Finding, None, DecisionTable | None]:
    """Findings about a rule that is asked for something; gives its table, when that can be read."""
    rule = definition.rule(name)
    if rule is None:
        yield error(
            "rule_not_there",
            pointer,
            vi=f"Thủ tục không có quy tắc {quoted(name)}.",
            en=f"The procedure has no rule {quoted(name)}.",
        )
        return None
    if faults_of(rule):
        return None
    if ANSWERS[purpose] not in rule.outputs:
        yield error(
            "rule_without_answer",
            pointer,
            vi=f"Quy tắc {quoted(name)} không có kết quả tên {quoted(ANSWERS[purpose])}.",
            en=f"The rule {quoted(name)} has no output {quoted(ANSWERS[purpose])}.",
        )
        return None
    return table_of(rule)


def _answers(table: DecisionTable | None, purpose: Purpose) -> set[str]:
    """The texts that a table always answers with; what it makes of its inputs is not known beforehand."""
    if table is None:
        return set()
    return {text for answer in table.answers(ANSWERS[purpose]) for text in literal_texts(answer)}


def _step(definition: Definition, code: str, pointer: str) -> Iterator[Finding]:
    if code in steps_by_code(definition) and code != definition.first_step:
        return
    yield error(
        "unknown_step",
        pointer,
        vi=f"Không có bước {quoted(code)}, hoặc đó là bước tiếp nhận.",
        en=f"There is no step {quoted(code)}, or it is the one that receives the case.",
    )
