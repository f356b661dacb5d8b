"""The form of a register sheet as JSON Schema 2020-12, and the papers that it ticks off.

| sheet widget                           | answer                                                            |
|----------------------------------------|-------------------------------------------------------------------|
| `Textbox`, `TextboxName`, `TextboxArea`| a text, or what its rule says:                                    |
|  · `number`                            | a text of digits, since identity numbers begin with zeros         |
|  · `numberString`                      | a number from 0: areas, heights                                   |
|  · `phone`, `fax`, `email`, `money`    | a text of that form; `money` as below                             |
| `TextboxDate`                          | a date, `2025-03-31`                                              |
| `TextboxMoney`                         | a whole number of dong                                            |
| `DropDownList`                         | a text; sheets do not carry the choices, the agency adds `enum`   |
| `Checkbox`                             | true or false                                                     |
| `Button`                               | left out: it holds no answer                                      |

What JSON Schema has no word for stands under `x-motcua`:

- at the root `sections`: `[{"title": "…" or null, "fields": ["name", …]}]`, in the order of the sheet;
- at a field `widget`: `text`, `name`, `text_area`, `date`, `money`, `drop_down` or `check_box`;
- at a field `document`: the code of the required document that it ticks off, for the check boxes of a
  section of attached papers;
- at a field `detailOf`: the check box that a text field without a label of its own explains.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Text

from procedures.domain.definition import RequiredDocument
from procedures.domain.finding import Finding, warning
from procedures.domain.json_input import Node, quoted

SCHEMA = "https://json-schema.org/draft/2020-12/schema"

WIDGETS = {
    "Textbox": "text",
    "TextboxName": "name",
    "TextboxArea": "text_area",
    "TextboxDate": "date",
    "TextboxMoney": "money",
    "DropDownList": "drop_down",
    "Checkbox": "check_box",
}
NO_ANSWER = "Button"

_TEXT = {"type": "string"}
_MONEY = {"type": "integer", "minimum": 0}
_PHONE = {"type": "string", "pattern": r"^\+?[0-9][0-9 ().-]{6,20}$"}

_ANSWERS_BY_RULE: dict[str, dict[str, Any]] = {
    "text": _TEXT,
    "number": {"type": "string", "pattern": "^[0-9]+$"},
    "numberstring": {"type": "number", "minimum": 0},
    "phone": _PHONE,
    "fax": _PHONE,
    "email": {"type": "string", "format": "email"},
    "money": _MONEY,
}

_ANSWERS_BY_WIDGET: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "money": _MONEY,
    "drop_down": _TEXT,
    "check_box": {"type": "boolean"},
}
"""The widgets that settle what an answer is; the others leave it to the rule."""

_RULES_OF_WIDGET = {"date": ("date",), "money": ("text", "money"), "drop_down": ("ddli",), "check_box": ()}

_WORDS_OF_RULE = {"email": ("mail",), "phone": ("thoại", "phone", "đt"), "fax": ("fax",)}
"""What the label of a field speaks of when the rule is meant for it."""

_SECTIONS_OF_PAPERS = ("kèm theo", "thành phần hồ sơ")


@dataclass(slots=True)
class SheetForm:
    """What is read so far: fields and layout of the schema, papers, findings."""

    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    documents: list[RequiredDocument] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """Of each document, the pointer to its field in the sheet."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON Schema of the answers; None when the sheet asks nothing."""
        if not self.properties:
            return None
        return {
            "$schema": SCHEMA,
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": False,
            "x-motcua": {"sections": self.sections},
        }


def read_form(node: Node) -> SheetForm:
    """The form at a node of a sheet; what is not of the format is noted among the node's faults."""
    form = SheetForm()
    for item in node.items():
        if item.object():
            item.only("section", "id", "type", "label", "required", "validate")
            _read_field(item, form)
    return form


def _read_field(node: Node, form: SheetForm) -> None:
    section, label = _optional_words(node.get("section")), _optional_words(node.get("label"))
    name, kind = node.get("id").code(), node.get("type").text()
    if section is not None and (not form.sections or form.sections[-1]["title"] != section):
        form.sections.append({"title": section, "fields": []})
    if not name:
        return
    if kind == NO_ANSWER:
        form.findings.append(_not_a_field(node, name))
        return
    unique = _unique(name, form)
    if unique != name:
        form.findings.append(_duplicate(node, name, unique))
    if not form.sections:
        form.sections.append({"title": None, "fields": []})
    explained = _check_box_before(form) if label is None else None
    widget = WIDGETS.get(kind, "text")
    title = label or (name if explained is None else form.properties[explained]["title"])
    required = node.get("required").flag()
    layout = {"widget": widget} if explained is None else {"widget": widget, "detailOf": explained}
    form.findings.extend(_field_findings(node, kind, title, label, explained))
    form.sections[-1]["fields"].append(unique)
    form.properties[unique] = {"title": title, **_answer(node, widget, title, required), "x-motcua": layout}
    if required:
        form.required.append(unique)
    if widget == "check_box" and _is_of_papers(form.sections[-1]["title"]):
        layout["document"] = unique
        form.documents.append(RequiredDocument(unique, Text(vi=title, en=title), required))
        form.places.append(node.pointer)


def _answer(node: Node, widget: str, title: str, required: bool) -> dict[str, Any]:
    """What is a valid answer: a part of JSON Schema."""
    rule = _rule(node)
    if widget in _ANSWERS_BY_WIDGET:
        answer = _ANSWERS_BY_WIDGET[widget]
    elif _speaks_of(rule, title, node):
        answer = _ANSWERS_BY_RULE.get(rule, _TEXT)
    else:
        answer = _TEXT
    if required and answer == _TEXT:
        return {**answer, "minLength": 1}
    return {**answer, "const": True} if required and widget == "check_box" else dict(answer)


def _field_findings(
    node: Node, kind: str, title: str, label: str | None, explained: str | None
) -> Iterator[Finding]:
    rule = _rule(node)
    widget = WIDGETS.get(kind)
    said = quoted(node.get("validate").value)
    if label is None and explained is None:
        yield warning(
            "unlabelled_field",
            f"{node.pointer}/label",
            vi=f"Trường {quoted(title)} không có nhãn; tạm dùng mã trường làm nhãn.",
            en=f"The field {quoted(title)} has no label; its id stands in for it.",
        )
    if widget is None:
        yield warning(
            "unknown_widget",
            f"{node.pointer}/type",
            vi=f"Trường {quoted(title)} thuộc loại {quoted(kind)} không rõ là gì; đã nhập như ô chữ.",
            en=f"The field {quoted(title)} is of an unknown type, {quoted(kind)}; it became a text field.",
        )
    if widget in _RULES_OF_WIDGET:
        if rule and rule not in _RULES_OF_WIDGET[widget]:
            yield warning(
                "rule_mismatch",
                f"{node.pointer}/validate",
                vi=f"Trường {quoted(title)} là {kind} nhưng phiếu kiểm tra nó như {said}; đã nhập theo {kind}.",
                en=f"The field {quoted(title)} is a {kind} but is checked as {said}; it was read as a {kind}.",
            )
    elif rule and rule not in _ANSWERS_BY_RULE:
        yield warning(
            "unknown_rule",
            f"{node.pointer}/validate",
            vi=f"Trường {quoted(title)} có quy tắc kiểm tra {said} không rõ là gì; đã nhập như chữ.",
            en=f"The field {quoted(title)} has an unknown rule, {said}; it became plain text.",
        )
    elif not _speaks_of(rule, title, node):
        yield warning(
            "rule_mismatch",
            f"{node.pointer}/validate",
            vi=f"Trường {quoted(title)} bị kiểm tra như {said}, không hợp với nhãn của nó; đã nhập như chữ.",
            en=f"The field {quoted(title)} is checked as {said}, which its label contradicts; it became plain text.",
        )


def _not_a_field(node: Node, name: str) -> Finding:
    return warning(
        "not_a_field",
        node.pointer,
        vi=f"{quoted(name)} là nút bấm, không chứa câu trả lời, nên không đưa vào biểu mẫu.",
        en=f"{quoted(name)} is a button and holds no answer, so it was left out of the form.",
    )


def _duplicate(node: Node, name: str, unique: str) -> Finding:
    return warning(
        "duplicate_field",
        f"{node.pointer}/id",
        vi=f"Hai trường cùng mã {quoted(name)}; trường sau được đổi thành {quoted(unique)}.",
        en=f"Two fields are called {quoted(name)}; the later became {quoted(unique)}.",
    )


def _rule(node: Node) -> str:
    """The rule of a field, without regard to case; empty for none."""
    rule = node.get("validate")
    return rule.text().casefold() if rule.given else ""


def _speaks_of(rule: str, title: str, node: Node) -> bool:
    """Whether the label or the id of a field mentions what its rule is for; true of rules for anything."""
    words = _WORDS_OF_RULE.get(rule)
    name = node.get("id").value
    spoken = f"{title} {name}".casefold()
    return words is None or any(word in spoken for word in words)


def _optional_words(node: Node) -> str | None:
    """A label on one line, without the colon that paper forms put after it; None when there is none."""
    return (" ".join(node.text().split()).rstrip(" :") or None) if node.given else None


def _unique(name: str, form: SheetForm) -> str:
    """The name, or with the first number that makes it one of its own."""
    unique, count = name, 1
    while unique in form.properties:
        count += 1
        unique = f"{name}_{count}"
    return unique


def _check_box_before(form: SheetForm) -> str | None:
    """The field just before, when it is a check box of the same section."""
    fields = form.sections[-1]["fields"]
    if fields and form.properties[fields[-1]]["x-motcua"]["widget"] == "check_box":
        return str(fields[-1])
    return None


def _is_of_papers(section: str | None) -> bool:
    return section is not None and any(words in section.casefold() for words in _SECTIONS_OF_PAPERS)
