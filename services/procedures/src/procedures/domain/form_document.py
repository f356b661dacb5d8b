"""The form of a procedure in one language, ready to be rendered: schema, layout, labels, papers to attach."""

from collections.abc import Mapping
from typing import Any

from procedures.domain.definition import Definition
from procedures.domain.form_layout import KEY, Field, Page, Section, label_of, read_layout
from procedures.domain.json_input import escaped
from shared.errors import Text

_NOTHING: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
_OF_SCHEMAS = ("properties", "$defs", "patternProperties", "dependentSchemas")
"""Keywords whose members are schemas under names of their own."""
_WITH_SCHEMAS = ("items", "prefixItems", "allOf", "anyOf", "oneOf", "if", "then", "else", "not", "contains")


def form_document(definition: Definition, language: str) -> dict[str, Any]:
    """What a program needs to show the form and to check answers before they are sent.

    `language`: `vi` or `en`. Pointers are those under which faults of answers are told.
    """
    layout = read_layout(definition.form)
    return {
        "title": definition.title.in_language(language),
        "schema": _schema(definition.form or _NOTHING, language),
        "pages": [_page(page, layout.fields, language) for page in layout.pages],
        "documents": [
            {
                "code": document.code,
                "title": document.title.in_language(language),
                "required": document.required,
                "mediaTypes": list(document.media_types),
                "maxBytes": document.max_bytes,
            }
            for document in definition.documents
        ],
    }


def _page(page: Page, fields: Mapping[str, Field], language: str) -> dict[str, Any]:
    return {
        "title": _said(page.title, language),
        "sections": [_section(section, fields, language) for section in page.sections],
    }


def _section(section: Section, fields: Mapping[str, Field], language: str) -> dict[str, Any]:
    return {
        "title": _said(section.title, language),
        "help": _said(section.help, language),
        "visibleWhen": section.visible_when,
        "fields": [_field(fields[name], language) for name in section.fields],
    }


def _field(field: Field, language: str) -> dict[str, Any]:
    return {
        "name": field.name,
        "pointer": f"/form/{escaped(field.name)}",
        "label": field.label.in_language(language),
        "help": _said(field.help, language),
        "widget": field.widget,
        "required": field.required,
        "options": [
            {"value": option.value, "label": option.label.in_language(language)} for option in field.options
        ],
        "visibleWhen": field.visible_when,
        "document": field.document,
        "detailOf": field.detail_of,
    }


def _said(text: Text | None, language: str) -> str | None:
    return None if text is None else text.in_language(language)


def _schema(schema: Any, language: str) -> Any:
    """The schema with its titles in one language, and without the layout, which stands beside it."""
    if isinstance(schema, list):
        return [_schema(part, language) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    shown: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _OF_SCHEMAS and isinstance(value, Mapping):
            shown[keyword] = {name: _titled(name, part, language) for name, part in value.items()}
        elif keyword in _WITH_SCHEMAS:
            shown[keyword] = _schema(value, language)
        elif keyword != KEY:
            shown[keyword] = value
    return shown


def _titled(name: str, schema: Any, language: str) -> Any:
    shown = _schema(schema, language)
    if not isinstance(shown, dict) or not isinstance(schema, Mapping):
        return shown
    label = label_of(schema, name).in_language(language)
    layout = schema.get(KEY)
    explained = layout.get("help") if isinstance(layout, Mapping) else None
    if label != name or "title" in shown:
        shown["title"] = label
    if isinstance(explained, Mapping) and isinstance(explained.get(language), str):
        shown["description"] = explained[language]
    return shown
