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

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from procedures.domain.definition import RequiredDocument
from procedures.domain.finding import Finding, warning
from procedures.domain.json_input import Node, quoted
from shared.errors import Text

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

RULES: dict[str, dict[str, Any]] = {
    "text": _TEXT,
    "number": {"type": "string", "pattern": "^[0-9]+$"},
    "numberstring": {"type": "number", "minimum": 0},
    "phone": _PHONE,
    "fax": _PHONE,
    "email": {"type": "string", "format": "email"},
    "money": _MONEY,
}
"""What is a valid answer by each rule of a text field."""

_ANSWERS_BY_WIDGET: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "money": _MONEY,
    "drop_down": _TEXT,
    "check_box": {"type": "boolean"},
}
"""The widgets that settle what an answer is; the others leave it to the rule."""

_TEXTS = ("text", "name", "text_area")

_RULES_OF_WIDGET = {"date": ("date",), "money": ("text", "money"), "drop_down": ("ddli",), "check_box": ()}

_WORDS_OF_RULE = {"email": ("mail",), "phone": ("thoại", "phone", "đt"), "fax": ("fax",)}
"""What the label of a field speaks of when the rule is meant for it."""

_SECTIONS_OF_PAPERS = ("kèm theo", "thành phần hồ sơ")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field as the sheet has it: its id, type and rule as written, its label cleaned."""

    node: Node
    name: str
    kind: str
    label: str | None
    written_rule: str
    required: bool

    @property
    def widget(self) -> str:
        return WIDGETS.get(self.kind, "text")

    @property
    def rule(self) -> str:
        """The rule without regard to case: sheets write both `email` and `Email`."""
        return self.written_rule.casefold()

    @property
    def rule_fits_label(self) -> bool:
        """Whether the label or the id speaks of what the rule is for; so it is with rules for anything."""
        return rule_fits(self.rule, f"{self.label} {self.name}")


@dataclass(slots=True)
class SheetForm:
    """What is read of a form so far."""

    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    documents: list[RequiredDocument] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """Of each document, the pointer to its field in the sheet."""
    findings: list[Finding] = field(default_factory=list)
    _names: Counter[str] = field(default_factory=Counter)

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

    def unique(self, name: str) -> str:
        """The name, with a number when it is taken."""
        unique = name
        while unique in self.properties:
            self._names[name] += 1
            unique = f"{name}_{self._names[name] + 1}"
        return unique

    def begin(self, section: str | None) -> None:
        """Goes on in a section; a field that names none, or the present one, stays in it."""
        if not self.sections or section not in (None, self.sections[-1]["title"]):
            self.sections.append({"title": section, "fields": []})

    @property
    def last_check_box(self) -> str | None:
        """The field just read in this section, when it is a check box."""
        fields = self.sections[-1]["fields"]
        if fields and self.properties[fields[-1]]["x-motcua"]["widget"] == "check_box":
            return str(fields[-1])
        return None


def rule_fits(rule: str, spoken: str) -> bool:
    """Whether a rule may be meant for a field that is called like this."""
    words = _WORDS_OF_RULE.get(rule)
    return words is None or any(word in spoken.casefold() for word in words)


def read_form(node: Node) -> SheetForm:
    """The form at a node of a sheet; what is not of the format is noted among the node's faults."""
    form = SheetForm()
    for item in node.items():
        if item.object():
            item.only("section", "id", "type", "label", "required", "validate")
            form.begin(_words(item.get("section")))
            read = _field(item)
            if read.kind == NO_ANSWER:
                form.findings.append(_not_a_field(read))
            elif read.name:
                _add(read, form)
    return form


def _field(node: Node) -> _Field:
    rule = node.get("validate")
    return _Field(
        node=node,
        name=node.get("id").code(),
        kind=node.get("type").text(),
        label=_words(node.get("label")),
        written_rule=rule.text() if rule.given else "",
        required=node.get("required").flag(),
    )


def _add(read: _Field, form: SheetForm) -> None:
    name = form.unique(read.name)
    if name != read.name:
        form.findings.append(_duplicate(read, name))
    layout: dict[str, Any] = {"widget": read.widget}
    title = read.label
    explained = form.last_check_box if read.widget in _TEXTS else None
    if title is None and explained is not None:
        title = form.properties[explained]["title"]
        layout["detailOf"] = explained
    elif title is None:
        title = read.name
        form.findings.append(_unlabelled(read))
    form.findings.extend(_doubts(read, quoted(title)))
    if read.widget == "check_box" and _is_of_papers(form.sections[-1]["title"]):
        layout["document"] = name
        form.documents.append(RequiredDocument(name, Text(vi=title, en=title), read.required))
        form.places.append(read.node.pointer)
    form.sections[-1]["fields"].append(name)
    form.properties[name] = {"title": title, **_answer(read), "x-motcua": layout}
    if read.required:
        form.required.append(name)


def _answer(read: _Field) -> dict[str, Any]:
    """What is a valid answer: a part of JSON Schema."""
    rule = read.rule if read.rule_fits_label else "text"
    answer = _ANSWERS_BY_WIDGET.get(read.widget) or RULES.get(rule, _TEXT)
    if read.required and answer == _TEXT:
        return {**answer, "minLength": 1}
    return {**answer, "const": True} if read.required and read.widget == "check_box" else dict(answer)


def _doubts(read: _Field, title: str) -> Iterator[Finding]:
    """Findings about the type and the rule of a field."""
    pointer, said, kind = f"{read.node.pointer}/validate", quoted(read.written_rule), read.kind
    if kind and kind not in WIDGETS:
        yield warning(
            "unknown_widget",
            f"{read.node.pointer}/type",
            vi=f"Trường {title} thuộc loại {quoted(kind)} không rõ là gì; đã nhập như ô chữ.",
            en=f"The field {title} is of an unknown type, {quoted(kind)}; it became a text field.",
        )
    if not read.rule:
        return
    if read.widget not in _TEXTS:
        if read.rule not in _RULES_OF_WIDGET[read.widget]:
            yield warning(
                "rule_mismatch",
                pointer,
                vi=f"Trường {title} là {kind} nhưng phiếu kiểm tra nó như {said}; đã nhập theo {kind}.",
                en=f"The field {title} is a {kind} but is checked as {said}; it was read as a {kind}.",
            )
    elif read.rule not in RULES:
        yield warning(
            "unknown_rule",
            pointer,
            vi=f"Trường {title} có quy tắc kiểm tra {said} không rõ là gì; đã nhập như chữ.",
            en=f"The field {title} has an unknown rule, {said}; it became plain text.",
        )
    elif not read.rule_fits_label:
        yield warning(
            "rule_mismatch",
            pointer,
            vi=f"Trường {title} bị kiểm tra như {said}, không hợp với nhãn của nó; đã nhập như chữ.",
            en=f"The field {title} is checked as {said}, which its label contradicts; it became plain text.",
        )


def _unlabelled(read: _Field) -> Finding:
    return warning(
        "unlabelled_field",
        f"{read.node.pointer}/label",
        vi=f"Trường {quoted(read.name)} không có nhãn; tạm dùng mã trường làm nhãn.",
        en=f"The field {quoted(read.name)} has no label; its id stands in for it.",
    )


def _not_a_field(read: _Field) -> Finding:
    return warning(
        "not_a_field",
        read.node.pointer,
        vi=f"{quoted(read.name)} là nút bấm, không chứa câu trả lời, nên không đưa vào biểu mẫu.",
        en=f"{quoted(read.name)} is a button and holds no answer, so it was left out of the form.",
    )


def _duplicate(read: _Field, name: str) -> Finding:
    return warning(
        "duplicate_field",
        f"{read.node.pointer}/id",
        vi=f"Hai trường cùng mã {quoted(read.name)}; trường sau được đổi thành {quoted(name)}.",
        en=f"Two fields are called {quoted(read.name)}; the later became {quoted(name)}.",
    )


def _words(node: Node) -> str | None:
    """A label on one line, without the colon that paper forms put after it; None when there is none."""
    return (" ".join(node.text().split()).rstrip(" :") or None) if node.given else None


def _is_of_papers(section: str | None) -> bool:
    return section is not None and any(words in section.casefold() for words in _SECTIONS_OF_PAPERS)
