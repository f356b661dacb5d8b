"""How the form of a procedure is laid out for people: pages, sections, order, labels, widgets, conditions.

The answers are described by JSON Schema; what it has no word for stands beside it under `x-motcua`:

    at the root     "pages": [{"title": {…}, "sections": [{"title": {…}, "help": {…}, "fields": ["name", …],
                               "visibleWhen": {…}}]}]          or "sections" alone, for a form of one page
    at a field      "label", "help": {"vi": …, "en": …}, or one text for both
                    "widget": one of WIDGETS; else it follows from the schema
                    "options": [{"value": …, "label": {…}}]     what the values of `enum` are called
                    "visibleWhen": a condition                  shown only while it holds
                    "document": code of the document that the field stands for
                    "detailOf": name of the field that it explains

A condition is `{"field": "name", "equals": value}`, `{"field": …, "oneOf": [values]}`, `{"field": …,
"filled": true}`, or `{"all": [conditions]}`, `{"any": […]}`, `{"not": condition}`.

What is left out is made up: fields that no section names come last, so that nothing that is asked for is
lost. Only the first level of the form is laid out; what a field holds inside is its own affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from procedures.domain.json_input import Node, escaped, quoted
from shared.errors import Fault, Text

KEY = "x-motcua"
WIDGETS = (
    "text", "name", "text_area", "date", "money", "number", "email", "phone", "drop_down", "radio",
    "check_box", "check_boxes", "list", "group",
)  # fmt: skip
DEEPEST_CONDITION = 5


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose, and what it is called."""

    value: Any
    label: Text


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form."""

    name: str
    label: Text
    labelled: bool
    """Whether the form itself names it; else the label is the name of the field."""
    help: Text | None
    widget: str
    known_widget: bool
    required: bool
    options: tuple[Option, ...]
    visible_when: Mapping[str, Any] | None
    document: str | None
    detail_of: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that stand together."""

    title: Text | None
    help: Text | None
    fields: tuple[str, ...]
    visible_when: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Page:
    """What is filled in at once."""

    title: Text | None
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A form as it is shown."""

    fields: Mapping[str, Field]
    pages: tuple[Page, ...]
    faults: tuple[Fault, ...]
    """What of the layout cannot be read, and was left out; pointers lead into the definition."""
    named: tuple[tuple[str, str], ...]
    """Each field that a section names, and where."""
    conditions: tuple[tuple[str, str], ...]
    """Each field that a condition asks, and where."""
    laid_out: bool
    """Whether the form has a layout; else all fields stand on one page in their order."""


def read_layout(form: Mapping[str, Any] | None) -> Layout:
    """The layout of a form, as far as it can be read."""
    reading = _Reading(form or {})
    pages = reading.pages()
    return Layout(
        fields=reading.fields,
        pages=pages,
        faults=tuple(reading.faults),
        named=tuple(reading.named),
        conditions=tuple(reading.conditions),
        laid_out=bool(reading.named),
    )


def label_of(schema: object, name: str) -> Text:
    """What a part of the form is called: its label, else its title, else its name."""
    part = schema if isinstance(schema, Mapping) else {}
    layout = part.get(KEY)
    label = layout.get("label") if isinstance(layout, Mapping) else None
    return _text(label) or _text(part.get("title")) or Text(name, name)


def _text(value: object) -> Text | None:
    """Words in both languages; None for what is none."""
    if isinstance(value, str) and value.strip():
        return Text(value, value)
    if isinstance(value, Mapping) and isinstance(value.get("vi"), str) and isinstance(value.get("en"), str):
        return Text(value["vi"], value["en"])
    return None


class _Reading:
    """What is read of a form so far."""

    def __init__(self, form: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self.named: list[tuple[str, str]] = []
        self.conditions: list[tuple[str, str]] = []
        self.form = Node(form, "/form", self.faults)
        properties = form.get("properties")
        required = form.get("required")
        self.required = set(map(str, required)) if isinstance(required, list) else set()
        self.fields = {
            name: self._field(name, schema)
            for name, schema in (properties.items() if isinstance(properties, dict) else ())
        }

    def pages(self) -> tuple[Page, ...]:
        layout = self.form.get(KEY)
        pages: list[Page] = []
        if layout.given and layout.object():
            layout.only("pages", "sections")
            if layout.get("pages").given:
                pages = [self._page(item) for item in layout.get("pages").items() if item.object()]
            elif layout.get("sections").given:
                pages = [Page(None, self._sections(layout.get("sections")))]
        named = {name for name, _ in self.named}
        left_out = tuple(name for name in self.fields if name not in named)
        if left_out:
            rest = Section(None, None, left_out, None)
            last = pages.pop() if pages else Page(None, ())
            pages.append(Page(last.title, (*last.sections, rest)))
        return tuple(pages)

    def _page(self, node: Node) -> Page:
        node.only("title", "sections")
        return Page(self._words(node.get("title")), self._sections(node.get("sections")))

    def _sections(self, node: Node) -> tuple[Section, ...]:
        return tuple(self._section(item) for item in node.items() if item.object())

    def _section(self, node: Node) -> Section:
        node.only("title", "help", "fields", "visibleWhen")
        fields = []
        for item in node.get("fields").items():
            name = item.text()
            if name in self.fields and name not in {named for named, _ in self.named}:
                fields.append(name)
            self.named.append((name, item.pointer))
        return Section(
            title=self._words(node.get("title")),
            help=self._words(node.get("help")),
            fields=tuple(fields),
            visible_when=self._condition(node.get("visibleWhen")),
        )

    def _field(self, name: str, schema: object) -> Field:
        part: Mapping[str, Any] = schema if isinstance(schema, dict) else {}
        node = Node(part, f"/form/properties/{escaped(name)}", self.faults).get(KEY)
        if not node.given or not node.object():
            node = Node({}, node.pointer, self.faults)
        node.only("label", "help", "widget", "options", "visibleWhen", "document", "detailOf")
        widget = node.get("widget")
        said = widget.text() if widget.given else _widget_of(part)
        detail_of = node.get("detailOf")
        if detail_of.given:
            self.conditions.append((detail_of.text(), detail_of.pointer))
        label = self._words(node.get("label")) or _text(part.get("title"))
        document = node.get("document")
        return Field(
            name=name,
            label=label or Text(name, name),
            labelled=label is not None,
            help=self._words(node.get("help")) or _text(part.get("description")),
            widget=said if said in WIDGETS else "text",
            known_widget=said in WIDGETS,
            required=name in self.required,
            options=self._options(node.get("options"), part),
            visible_when=self._condition(node.get("visibleWhen")),
            document=document.text() if document.given else None,
            detail_of=detail_of.text() if detail_of.given else None,
        )

    def _options(self, node: Node, schema: Mapping[str, Any]) -> tuple[Option, ...]:
        """What can be chosen: the values of `enum`, by the names that the layout gives them."""
        labels: list[Option] = []
        for item in node.items() if node.given else ():
            if item.object():
                item.only("value", "label")
                value = item.get("value").value if isinstance(item.value, dict) else None
                labels.append(Option(value, self._words(item.get("label")) or _named(value)))
        values = schema.get("enum")
        if not isinstance(values, list):
            return tuple(labels)
        for option in labels:
            if option.value not in values:
                node.fault(
                    "option_mismatch",
                    vi=f"Danh sách có lựa chọn {quoted(option.value)}, nhưng biểu mẫu không nhận giá trị đó.",
                    en=f"There is an option {quoted(option.value)}, but the form does not take that value.",
                )
        known = {repr(option.value): option for option in labels}
        return tuple(known.get(repr(value)) or Option(value, _named(value)) for value in values)

    def _words(self, node: Node) -> Text | None:
        """A label: one text, or one in each language."""
        if not node.given:
            return None
        if isinstance(node.value, str):
            text = node.text()
            return Text(text, text) if text else None
        if not node.object():
            return None
        node.only("vi", "en")
        words = Text(node.get("vi").text(), node.get("en").text())
        if not (words.vi and words.en):
            node.fault(
                "missing_title", vi="Cần đủ hai ngôn ngữ.", en="Words in both languages are needed here."
            )
        return words

    def _condition(self, node: Node) -> Mapping[str, Any] | None:
        if not node.given:
            return None
        before = len(self.faults)
        self._read_condition(node, DEEPEST_CONDITION)
        if len(self.faults) > before:
            del self.faults[before:]
            node.fault(
                "unreadable_condition",
                vi="Không đọc được điều kiện hiển thị này.",
                en="This condition cannot be read.",
            )
            return None
        assert isinstance(node.value, dict)
        return node.value

    def _read_condition(self, node: Node, deepest: int) -> None:
        if not node.object() or not deepest:
            node.fault("unreadable_condition", vi="", en="")
            return
        members = node.value if isinstance(node.value, dict) else {}
        if len(members) == 1 and set(members) <= {"all", "any"}:
            for item in node.get(next(iter(members))).items():
                self._read_condition(item, deepest - 1)
        elif set(members) == {"not"}:
            self._read_condition(node.get("not"), deepest - 1)
        else:
            node.only("field", "equals", "oneOf", "filled")
            field = node.get("field")
            self.conditions.append((field.text(), field.pointer))
            asked = [key for key in ("equals", "oneOf", "filled") if key in members]
            if len(asked) != 1:
                node.fault("unreadable_condition", vi="", en="")
            elif asked == ["oneOf"]:
                node.get("oneOf").items()
            elif asked == ["filled"]:
                node.get("filled").flag()


def _widget_of(schema: Mapping[str, Any]) -> str:
    """The widget that suits what the schema takes."""
    kind = schema.get("type")
    by_format = {"date": "date", "email": "email"}
    by_type = {
        "boolean": "check_box",
        "integer": "number",
        "number": "number",
        "array": "list",
        "object": "group",
    }
    if isinstance(schema.get("enum"), list):
        return "drop_down"
    given, kind = schema.get("format"), kind if isinstance(kind, str) else ""
    return by_format.get(given if isinstance(given, str) else "") or by_type.get(kind, "text")


def _named(value: object) -> Text:
    said = value if isinstance(value, str) else quoted(value)
    return Text(said, said)
