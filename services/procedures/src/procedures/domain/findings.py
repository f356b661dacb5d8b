"""What is wrong with a definition, in sentences for the clerk who will correct it.

An error keeps the definition from being published; a warning does not.

| code                        | severity | what it says                                                        |
|-----------------------------|----------|---------------------------------------------------------------------|
| no_end                      | error    | from the first step, or from one that is reached, no way ends       |
| dangling_transition         | error    | a way on leads to a step that does not exist; so does the beginning |
| unreachable_step            | error    | no case ever comes to the step                                      |
| ambiguous_transition        | error    | two ways on cannot be told apart by their outcome                   |
| first_step_branches         | error    | the first step, which receives the case, has several ways on        |
| join_without_fork           | warning  | a step waits for branches, but none come side by side               |
| join_needs_too_many         | warning  | a step waits for more branches than can come                        |
| opened_twice                | warning  | branches come to one step that does not wait for them               |
| silence_without_due         | warning  | silence is taken for consent, but the step is never due             |
| clock_contradiction         | error    | a step both pauses and resumes the clock                            |
| clock_never_resumes         | error    | a case can end while its clock is paused                            |
| clock_not_paused            | warning  | a step resumes a clock that never stands still there                |
| sum_mismatch                | warning  | the allowances along the usual way do not add up to the term        |
| stage_sum_mismatch          | warning  | the steps of a stage do not add up to its allowance                 |
| allowance_exceeds_term      | warning  | one step, off the usual way, has more time than the procedure       |
| no_fixed_term               | warning  | the procedure has no term, so that nothing is ever late             |
| duplicate_code              | error    | two steps, stages or documents bear the same code                   |
| unknown_stage, empty_stage  | error    | a step names no stage that there is; a stage has no step            |
| unknown_unit                | error    | the agency that a step belongs to has no such unit                  |
| decided_elsewhere           | error    | the step that decides is another agency's                           |
| cannot_decide_there         | error    | a step decides that only receives the case, is exempt, is done by   |
|                             |          | silence, or opens while the clock is paused                         |
| end_without_decision        | error    | a way leads past all steps that decide: its cases never finish      |
| unknown_agency              | warning  | a step belongs to an agency that is not known here                  |
| fee_of_nothing              | warning  | the fee is 0, where a free procedure has none                       |
| missing_title               | error    | something has no name in one of the languages                       |
| form_invalid                | error    | the form is no self-contained JSON Schema 2020-12 of an object      |
| unknown_document            | error    | a field of the form stands for a document that is not listed        |
| document_without_form_field | warning  | the form has fields for documents, but none for this one            |
| extension_without_term      | error    | an extension is not counted like the procedure's term               |
| silence_without_term        | error    | silence is consent, but there is no term                            |
| reminder_too_early          | warning  | the reminder is as long as the term or longer                       |
| fee_step_unknown            | error    | the fee is asked for at a step that does not exist                  |
| fee_rule_unknown            | error    | the fee follows from a rule that the procedure does not have        |
| fee_rule_without_amount     | error    | the rule does not answer how much the fee is                        |
| fee_of_unknown_amount       | error    | a fee is asked for, but nothing says how much it is                 |
| fee_not_awaited             | error    | a rule grants and closes cases whose fee is not paid                |
| fee_twice                   | warning  | the fee follows from a rule, and there is a fixed one besides       |
| fee_never_expires           | warning  | it says what follows when nobody pays in time, but there is no time |
| fee_expires_after_term      | warning  | the time to pay is as long as the term, which runs on meanwhile     |
| fee_reminder_too_early      | warning  | the reminder is as long as the time to pay or longer                |
| external_first_step         | error    | the step that receives the case is left to systems                  |
| external_without_system     | warning  | a step is left to systems, but its agency has no client for it      |
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import jsonschema_rs

from procedures.domain.allowances import allowance_findings
from procedures.domain.deciding_findings import deciding_findings
from procedures.domain.definition import Definition
from procedures.domain.external_work import external_findings
from procedures.domain.fee_findings import fee_findings, time_to_pay_findings
from procedures.domain.finding import Finding, error, warning
from procedures.domain.flow import flow_findings
from procedures.domain.forks import fork_findings
from procedures.domain.json_input import escaped, quoted
from procedures.domain.layout_findings import layout_findings
from procedures.domain.link_findings import link_findings
from procedures.domain.result_findings import result_findings
from procedures.domain.rule_findings import rule_findings
from procedures.domain.time_findings import time_findings
from shared.errors import Text


def findings(
    definition: Definition,
    known_units: Collection[str] | None = None,
    units_elsewhere: Mapping[str, Collection[str]] | None = None,
    systems: Mapping[str, Collection[str]] | None = None,
    procedures: Mapping[str, Definition] | None = None,
) -> tuple[Finding, ...]:
    """Everything that is wrong with a definition; pointers lead into its JSON.

    `known_units` are the codes of the responsible agency's units, `units_elsewhere` those of the units of
    other agencies, by agency, `systems` the clients that may do steps, by agency, `procedures` what
    `link_findings` takes; None leaves them unchecked.
    """
    return (
        *_untitled(definition),
        *_duplicates(definition),
        *_misplaced(definition),
        *flow_findings(definition),
        *fork_findings(definition),
        *(() if known_units is None else _unknown_units(definition, known_units)),
        *(() if units_elsewhere is None else _unknown_elsewhere(definition, units_elsewhere)),
        *allowance_findings(definition),
        *_fee(definition),
        *_form(definition),
        *_documents(definition),
        *result_findings(definition),
        *layout_findings(definition),
        *time_findings(definition),
        *rule_findings(definition),
        *fee_findings(definition),
        *time_to_pay_findings(definition),
        *deciding_findings(definition),
        *external_findings(definition, systems),
        *link_findings(definition, procedures),
    )


def _untitled(definition: Definition) -> Iterator[Finding]:
    named = [("", definition.title, definition.code)]
    named += [(f"/stages/{at}", stage.title, stage.code) for at, stage in enumerate(definition.stages)]
    named += [(f"/steps/{at}", step.title, step.code) for at, step in enumerate(definition.steps)]
    named += [(f"/documents/{at}", paper.title, paper.code) for at, paper in enumerate(definition.documents)]
    for pointer, title, code in named:
        if not (title.vi.strip() and title.en.strip()):
            yield error(
                "missing_title",
                f"{pointer}/title",
                vi=f"{quoted(code)} chưa có tên bằng đủ hai ngôn ngữ.",
                en=f"{quoted(code)} has no name in both languages.",
            )


def _duplicates(definition: Definition) -> Iterator[Finding]:
    parts: dict[str, Iterable[str]] = {
        "stages": (stage.code for stage in definition.stages),
        "steps": (step.code for step in definition.steps),
        "documents": (document.code for document in definition.documents),
        "results": (kind.code for kind in definition.results),
    }
    for part, codes in parts.items():
        seen: set[str] = set()
        for at, code in enumerate(codes):
            if code in seen:
                yield error(
                    "duplicate_code",
                    f"/{part}/{at}/code",
                    vi=f"Mã {quoted(code)} đã dùng ở trên; mỗi mã chỉ dùng một lần.",
                    en=f"The code {quoted(code)} is used above; each is used once.",
                )
            seen.add(code)


def _misplaced(definition: Definition) -> Iterator[Finding]:
    """Steps of no stage that there is, and stages of no step."""
    stages = {stage.code for stage in definition.stages}
    for at, step in enumerate(definition.steps):
        if step.stage is not None and step.stage not in stages:
            yield error(
                "unknown_stage",
                f"/steps/{at}/stage",
                vi=f"Công việc {quoted(step.title.vi)} thuộc bước {quoted(step.stage)}, nhưng không có bước này.",
                en=f"The step {quoted(step.title.en)} belongs to the stage {quoted(step.stage)}, which does not exist.",
            )
    used = {step.stage for step in definition.steps}
    for at, stage in enumerate(definition.stages):
        if stage.code not in used:
            yield error(
                "empty_stage",
                f"/stages/{at}",
                vi=f"Bước {quoted(stage.title.vi)} không có công việc nào.",
                en=f"The stage {quoted(stage.title.en)} has no step.",
            )


def _unknown_units(definition: Definition, known: Collection[str]) -> Iterator[Finding]:
    for at, step in enumerate(definition.steps):
        if step.agency in (None, definition.agency) and step.unit not in known:
            yield _unknown_unit(at, definition.agency, step.unit)


def _unknown_elsewhere(definition: Definition, known: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Units of other agencies; an agency may have been founded so lately that it is not heard of yet."""
    for at, step in enumerate(definition.steps):
        if step.agency in (None, definition.agency):
            continue
        if step.agency not in known:
            yield warning(
                "unknown_agency",
                f"/steps/{at}/agency",
                vi=f"Chưa biết cơ quan nào mang mã {quoted(step.agency)}; hãy xem lại mã.",
                en=f"No agency with the code {quoted(step.agency)} is known; check the code.",
            )
        elif step.unit not in known[step.agency]:
            yield _unknown_unit(at, step.agency, step.unit)


def _unknown_unit(at: int, agency: str, unit: str) -> Finding:
    return error(
        "unknown_unit",
        f"/steps/{at}/unit",
        vi=f"Cơ quan {quoted(agency)} không có bộ phận {quoted(unit)}.",
        en=f"The agency {quoted(agency)} has no unit {quoted(unit)}.",
    )


def _fee(definition: Definition) -> Iterator[Finding]:
    if definition.fee is not None and not definition.fee.amount:
        yield warning(
            "fee_of_nothing",
            "/fee/amount",
            vi="Phí ghi là 0; nếu thủ tục không thu phí thì để trống mục phí.",
            en="The fee is 0; leave the fee out when the procedure is free of charge.",
        )


def _form(definition: Definition) -> Iterator[Finding]:
    if definition.form is None:
        return
    if definition.form.get("type") != "object":
        reason = Text(vi="phần gốc phải có “type”: “object”", en="its root must have “type”: “object”")
    else:
        try:
            jsonschema_rs.Draft202012Validator(dict(definition.form), offline=True)
        except ValueError as refused:
            said = quoted(str(refused).partition("\n")[0], 200)
            reason = Text(vi=said, en=said)
        else:
            return
    yield error(
        "form_invalid",
        "/form",
        vi=f"Biểu mẫu không phải là JSON Schema 2020-12 dùng được: {reason.vi}.",
        en=f"The form is no usable JSON Schema 2020-12: {reason.en}.",
    )


def _documents(definition: Definition) -> Iterator[Finding]:
    """Fields of the form and documents that do not match; a form may also leave all documents out."""
    fields = dict(_document_fields(definition))
    listed = {document.code for document in definition.documents}
    for name, document in fields.items():
        if document not in listed:
            yield error(
                "unknown_document",
                f"/form/properties/{escaped(name)}/x-motcua/document",
                vi=f"Trường {quoted(name)} chỉ đến giấy tờ {quoted(document)}, nhưng thủ tục không có giấy tờ này.",
                en=f"The field {quoted(name)} stands for the document {quoted(document)}, which is not listed.",
            )
    for at, paper in enumerate(definition.documents):
        if fields and paper.code not in fields.values():
            yield warning(
                "document_without_form_field",
                f"/documents/{at}",
                vi=f"Biểu mẫu không có trường nào cho giấy tờ {quoted(paper.title.vi)}.",
                en=f"The form has no field for the document {quoted(paper.title.en)}.",
            )


def _document_fields(definition: Definition) -> Iterator[tuple[str, str]]:
    """The fields of the form that say which document they stand for."""
    properties = (definition.form or {}).get("properties")
    for name, field in properties.items() if isinstance(properties, dict) else ():
        layout = field.get("x-motcua") if isinstance(field, dict) else None
        document = layout.get("document") if isinstance(layout, dict) else None
        if isinstance(document, str):
            yield name, document
