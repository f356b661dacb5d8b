"""A definition written as a register sheet, for agencies that keep sheets; see `register_sheet` for reading.

A sheet says less than a definition: one way on from each task, one unit for each stage, working days, fields
from a short list, Vietnamese words. Whether a definition fits is found by reading its sheet again: what is
then different is what the sheet could not say. English titles and the codes of stages do not count as that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from procedures.domain.changes import Change, changes
from procedures.domain.definition import Definition, Stage, Step
from procedures.domain.form_layout import KEY
from procedures.domain.register_sheet import read_sheet
from procedures.domain.sheet_form import RULES, WIDGETS, rule_fits
from procedures.domain.terms import WORKING_DAY, Term, TermKind
from shared.errors import Text

_KINDS = {widget: kind for kind, widget in WIDGETS.items()}
_LAYOUT = ("title", KEY, "minLength")
"""What of a field's schema is not about which answers are taken."""


def sheet_of(definition: Definition) -> dict[str, Any]:
    """The sheet that says of a definition as much as a sheet can say."""
    return {
        "sheet": definition.code,
        "code": definition.code,
        "title": definition.title.vi,
        "total_days": _days(definition.term),
        "fee": None if definition.fee is None else str(definition.fee.amount),
        "steps": [_sheet_step(stage, steps) for stage, steps in _grouped(definition)],
        "form": list(_fields(definition.form or {})),
    }


def lost_in_sheet(definition: Definition, sheet: Mapping[str, Any]) -> tuple[Change, ...] | None:
    """What the sheet does not say of the definition; nothing when it fits, None when it is no sheet at all."""
    read = read_sheet(sheet, agency=definition.agency).definition
    return None if read is None else changes(_plain(definition), read)


def _plain(definition: Definition) -> Definition:
    """The definition without what sheets leave open: English titles, the codes of stages."""
    codes = {stage.code: str(number) for number, stage in enumerate(definition.stages, 1)}
    return replace(
        definition,
        title=_vietnamese(definition.title),
        stages=tuple(
            replace(stage, code=codes[stage.code], title=_vietnamese(stage.title))
            for stage in definition.stages
        ),
        steps=tuple(
            replace(
                step,
                title=_vietnamese(step.title),
                stage=None if step.stage is None else codes.get(step.stage, step.stage),
            )
            for step in definition.steps
        ),
        documents=tuple(
            replace(document, title=_vietnamese(document.title)) for document in definition.documents
        ),
    )


def _vietnamese(text: Text) -> Text:
    return Text(text.vi, text.vi)


def _grouped(definition: Definition) -> Iterator[tuple[Stage | None, list[Step]]]:
    """The stages with their steps; a step of no stage stands alone."""
    loose = [step for step in definition.steps if definition.stage(step.stage) is None]
    for stage in definition.stages:
        if steps := [step for step in definition.steps if step.stage == stage.code]:
            yield stage, steps
    for step in loose:
        yield None, [step]


def _sheet_step(stage: Stage | None, steps: list[Step]) -> dict[str, Any]:
    title = stage.title if stage else steps[0].title
    allowance = stage.allowance if stage else steps[0].allowance
    return {
        "unit": steps[0].unit,
        "name": title.vi,
        "days": _days(allowance),
        "role": steps[0].role,
        "tasks": [_task(step) for step in steps],
    }


def _task(step: Step) -> dict[str, Any]:
    to = step.transitions[0].to if step.transitions else None
    effects = {
        "pauses_clock": step.pauses_clock,
        "resumes_clock": step.resumes_clock,
        "business_done": step.completes_processing,
    }
    return {
        "code": step.code,
        "name": step.title.vi,
        "days": max(0, _days(step.allowance)),
        "next": "NULL" if to is None else to,
        **{name: True for name, takes_place in effects.items() if takes_place},
    }


def _days(term: Term) -> int | float:
    """In working days; -1 for no term."""
    if term.kind is TermKind.NONE:
        return -1
    days = term.amount
    if term.kind is TermKind.WORKING_HOURS:
        days = term.amount / (WORKING_DAY.seconds // 3600)
    return int(days) if days == int(days) else float(days)


def _fields(form: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields of a form in the order of its sections."""
    properties, layout = form.get("properties"), form.get(KEY)
    sections = layout.get("sections") if isinstance(layout, Mapping) else None
    required = form.get("required")
    for section in sections if isinstance(sections, list) else ():
        named = section.get("fields") if isinstance(section, Mapping) else None
        for name in named if isinstance(named, list) else ():
            schema = properties.get(name) if isinstance(properties, Mapping) else None
            if isinstance(schema, Mapping):
                needed = isinstance(required, list) and name in required
                yield _sheet_field(name, schema, section.get("title"), required=needed)


def _sheet_field(name: str, schema: Mapping[str, Any], section: Any, *, required: bool) -> dict[str, Any]:
    layout = schema.get(KEY)
    layout = layout if isinstance(layout, Mapping) else {}
    widget = layout.get("widget")
    answer = {keyword: value for keyword, value in schema.items() if keyword not in _LAYOUT}
    spoken = f"{schema.get('title')} {name}"
    rules = [rule for rule, taken in RULES.items() if taken == answer and rule_fits(rule, spoken)]
    return {
        "section": section,
        "id": name,
        "type": _KINDS.get(widget, "Textbox") if isinstance(widget, str) else "Textbox",
        "label": None if "detailOf" in layout else schema.get("title"),
        "required": required,
        "validate": rules[0] if rules and widget in ("text", "name", "text_area") else None,
    }
