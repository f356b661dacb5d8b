"""What is wrong with how a procedure is linked to others.

| code                        | severity | what it says                                                        |
|-----------------------------|----------|---------------------------------------------------------------------|
| unknown_procedure           | error    | a step or the appeal names a procedure that takes no cases          |
| unknown_source_field        | error    | a step hands on a field that the form does not have                 |
| unknown_target_field        | error    | a step fills in a field that the other procedure's form lacks       |
| unknown_source_document     | error    | a step hands on a document that the procedure does not have         |
| unknown_target_document     | error    | a step hands on a document that the other procedure does not have   |
| required_field_not_filled   | warning  | the other procedure's form requires a field that is not filled in   |
| required_document_not_sent  | warning  | the other procedure requires a document that is not handed on       |
| opened_by_first_step        | error    | the first step, which receives the case, opens another one          |
| opened_by_external_step     | error    | a step that systems do opens a case: they would wait for it in vain |
| linked_in_circle            | error    | procedures open each other's cases without end                      |
"""

from collections.abc import Iterator, Mapping
from typing import Any

from procedures.domain.definition import Definition, Step
from procedures.domain.finding import Finding, error, warning
from procedures.domain.json_input import escaped, quoted
from procedures.domain.linked_cases import CaseToOpen


def link_findings(definition: Definition, others: Mapping[str, Definition] | None) -> Iterator[Finding]:
    """What can be told of a procedure's links.

    `others` are the procedures in force that it leads to, and those that they lead to, by code; None leaves
    them unchecked.
    """
    for at, step in enumerate(definition.steps):
        if step.opens_case is None:
            continue
        place = f"/steps/{at}/opensCase"
        if step.code == definition.first_step:
            yield error(
                "opened_by_first_step",
                place,
                vi=f"{quoted(step.title.vi)} là bước tiếp nhận nên không mở hồ sơ khác được.",
                en=f"{quoted(step.title.en)} receives the case, and cannot open another one.",
            )
        if step.external is not None:
            yield error(
                "opened_by_external_step",
                place,
                vi=f"{quoted(step.title.vi)} do hệ thống làm nên không chờ hồ sơ khác được; hãy tách thành hai bước.",
                en=f"{quoted(step.title.en)} is done by systems, and cannot wait for another case; make it two steps.",
            )
        yield from _sources(definition, step.opens_case, place)
        if others is not None:
            yield from _target(definition, step, step.opens_case, place, others)
    if others is not None and definition.appeal is not None and definition.appeal.procedure not in others:
        yield _unknown("/appeal/procedure", definition.appeal.procedure)


def links_of(definition: Definition) -> frozenset[str]:
    """The codes of the procedures whose cases its steps open."""
    return frozenset(step.opens_case.procedure for step in definition.steps if step.opens_case)


def _sources(definition: Definition, plan: CaseToOpen, place: str) -> Iterator[Finding]:
    fields = _fields(definition)
    for field, source in plan.form:
        if source not in fields:
            yield error(
                "unknown_source_field",
                f"{place}/form/{escaped(field)}",
                vi=f"Biểu mẫu của thủ tục này không có trường {quoted(source)}.",
                en=f"The form of this procedure has no field {quoted(source)}.",
            )
    documents = {document.code for document in definition.documents}
    for document, source in plan.documents:
        if source not in documents:
            yield error(
                "unknown_source_document",
                f"{place}/documents/{escaped(document)}",
                vi=f"Thủ tục này không có giấy tờ {quoted(source)}.",
                en=f"This procedure has no document {quoted(source)}.",
            )


def _target(
    definition: Definition, step: Step, plan: CaseToOpen, place: str, others: Mapping[str, Definition]
) -> Iterator[Finding]:
    if plan.procedure == definition.code or _leads_back(plan.procedure, definition.code, others):
        yield error(
            "linked_in_circle",
            f"{place}/procedure",
            vi=f"Từ {quoted(plan.procedure)} lại mở về thủ tục này; các hồ sơ sẽ chờ lẫn nhau.",
            en=f"{quoted(plan.procedure)} leads back to this procedure; the cases would wait for each other.",
        )
        return
    target = others.get(plan.procedure)
    if target is None:
        yield _unknown(f"{place}/procedure", plan.procedure)
        return
    fields = _fields(target)
    filled = {field for field, _ in plan.form}
    for field in sorted(filled - fields.keys()):
        yield error(
            "unknown_target_field",
            f"{place}/form/{escaped(field)}",
            vi=f"Biểu mẫu của thủ tục {quoted(target.code)} không có trường {quoted(field)}.",
            en=f"The form of {quoted(target.code)} has no field {quoted(field)}.",
        )
    for field in (target.form or {}).get("required") or ():
        if field not in filled:
            yield warning(
                "required_field_not_filled",
                f"{place}/form",
                vi=f"Thủ tục {quoted(target.code)} bắt buộc có {quoted(field)}; bộ phận sẽ phải tự mở hồ sơ.",
                en=f"{quoted(target.code)} requires {quoted(field)}; the unit has to open the case itself.",
            )
    yield from _papers(target, plan, place)


def _papers(target: Definition, plan: CaseToOpen, place: str) -> Iterator[Finding]:
    listed, sent = {paper.code for paper in target.documents}, {document for document, _ in plan.documents}
    for document in sorted(sent - listed):
        yield error(
            "unknown_target_document",
            f"{place}/documents/{escaped(document)}",
            vi=f"Thủ tục {quoted(target.code)} không có giấy tờ {quoted(document)}.",
            en=f"{quoted(target.code)} has no document {quoted(document)}.",
        )
    for paper in target.documents:
        if paper.required and paper.code not in sent:
            yield warning(
                "required_document_not_sent",
                place,
                vi=f"Thủ tục {quoted(target.code)} cần {quoted(paper.title.vi)}, nhưng bước này không chuyển theo.",
                en=f"{quoted(target.code)} requires {quoted(paper.title.en)}, which is not handed on.",
            )


def _leads_back(code: str, home: str, others: Mapping[str, Definition]) -> bool:
    found: set[str] = set()
    pending = [code]
    while pending:
        current = pending.pop()
        if current in found or current not in others:
            continue
        found.add(current)
        following = links_of(others[current])
        if home in following:
            return True
        pending.extend(following)
    return False


def _fields(definition: Definition) -> Mapping[str, Any]:
    properties = (definition.form or {}).get("properties")
    return properties if isinstance(properties, dict) else {}


def _unknown(pointer: str, code: str) -> Finding:
    return error(
        "unknown_procedure",
        pointer,
        vi=f"Không có thủ tục {quoted(code)} đang nhận hồ sơ; hãy ban hành thủ tục đó trước.",
        en=f"No procedure {quoted(code)} takes cases; publish that one first.",
    )
