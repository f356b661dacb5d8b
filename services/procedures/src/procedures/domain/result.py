"""Results: what an agency issues at the end of a case, its words and its number.

A type of result has a template, in which `{{ name }}` stands for something that is known of the case. There is
no other logic in it, so that a template cannot do anything but be read.

    {{ case.code }}  {{ procedure.title }}  {{ agency.name }}  {{ decision.number }}  {{ decision.date }}
    {{ decision.reason }}  {{ decision.legalGround }}  {{ result.number }}  {{ result.date }}  {{ form.<field> }}
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from procedures.domain.json_input import Node
from shared.errors import Text

LONGEST_TEMPLATE = 20_000

VARIABLES = frozenset(
    {
        "case.code",
        "procedure.title",
        "agency.name",
        "decision.number",
        "decision.date",
        "decision.reason",
        "decision.legalGround",
        "result.number",
        "result.date",
    }
)
"""What a template may name besides the fields of the form."""

BLANK = "………"
"""What stands for something that is not known of the case."""

_PARTED_FROM = 10_000
"""The digits of smaller whole numbers stand together."""

_PLACE = re.compile(r"\{\{\s*([A-Za-z][\w.]*)\s*\}\}")


class ResultState(StrEnum):
    """Whether an issued result counts."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class IssuedResult:
    """A result of a case: which type, its legal number, and the fingerprint of its canonical JSON."""

    id: UUID
    type: str
    number: str
    issued_at: datetime
    sha256: str
    state: ResultState = ResultState.IN_FORCE


@dataclass(frozen=True, slots=True)
class ResultType:
    """A type of result that a procedure can end in."""

    code: str
    title: Text
    symbol: str
    """Ends the legal number: `12/2026/GCN`."""
    template: str
    outcome: str | None = None
    """`granted` or `rejected`: of which decisions it is; None: of both."""
    remedies: str | None = None
    """What the applicant can do against it, and until when."""

    @classmethod
    def read(cls, node: Node) -> "ResultType":
        """The type that stands at a node of a definition; faults are noted there."""
        node.object()
        node.only("code", "title", "symbol", "template", "outcome", "remedies")
        title, outcome, remedies = node.get("title"), node.get("outcome"), node.get("remedies")
        title.object()
        title.only("vi", "en")
        template = node.get("template").text()
        if len(template) > LONGEST_TEMPLATE:
            node.get("template").fault(
                "too_long",
                vi=f"Dài quá {LONGEST_TEMPLATE} ký tự.",
                en=f"Longer than {LONGEST_TEMPLATE} characters.",
            )
        if outcome.given and outcome.value not in ("granted", "rejected"):
            outcome.fault(
                "unknown_outcome",
                vi="Cần granted hoặc rejected.",
                en="Needs granted or rejected.",
            )
        return cls(
            code=node.get("code").code(),
            title=Text(vi=title.get("vi").text(), en=title.get("en").text()),
            symbol=node.get("symbol").code(20),
            template=template,
            outcome=str(outcome.value) if outcome.given else None,
            remedies=remedies.text() if remedies.given else None,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": {"vi": self.title.vi, "en": self.title.en},
            "symbol": self.symbol,
            "template": self.template,
            "outcome": self.outcome,
            "remedies": self.remedies,
        }


def named_in(template: str) -> list[str]:
    """The names in a template, in their order."""
    return list(dict.fromkeys(_PLACE.findall(template)))


def unknown_names(template: str, fields: Collection[str]) -> list[str]:
    """The names in a template that stand for nothing; `fields` are those of the form."""
    known = VARIABLES | {f"form.{field}" for field in fields}
    return [name for name in named_in(template) if name not in known]


def rendered(template: str, values: Mapping[str, object]) -> str:
    """The template with everything in its place; what is not known is left blank."""

    def put(place: re.Match[str]) -> str:
        value = values.get(place[1])
        return BLANK if value in (None, "") else as_words(value)

    return _PLACE.sub(put, template)


def form_values(form: Mapping[str, Any], schema: Mapping[str, Any] | None) -> dict[str, object]:
    """What was filled in, by the names that templates have for it; what the form's schema calls a date is one."""
    fields = fields_of(schema)
    return {f"form.{name}": _read(value, fields.get(name)) for name, value in form.items()}


def fields_of(schema: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The fields of a form, each with its schema."""
    fields = (schema or {}).get("properties")
    return fields if isinstance(fields, Mapping) else {}


def has_words(field: object) -> bool:
    """Whether what is filled in there can stand in a sentence: an object cannot, nor can a list of objects."""
    if not isinstance(field, Mapping):
        return True
    kind = field.get("type")
    if "object" in (kind if isinstance(kind, list) else [kind]) or (kind is None and "properties" in field):
        return False
    return has_words(field.get("items"))


def _read(value: object, field: object) -> object:
    if not isinstance(field, Mapping):
        return value
    if isinstance(value, list):
        return [_read(part, field.get("items")) for part in value]
    if field.get("format") != "date" or not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def as_words(value: object) -> str:
    """A value as it stands in a text: dates and numbers as they are written in Viet Nam.

    A number of four digits may be a year, or a house's: it is not parted. Of an object, which templates of newer
    versions do not name, what is in it is told.
    """
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".") if abs(value) >= _PARTED_FROM else str(value)
    if isinstance(value, Mapping):
        return as_words(list(value.values()))
    if isinstance(value, list):
        return ", ".join(as_words(part) for part in value)
    return str(value)


def legal_number(count: int, year: int, symbol: str) -> str:
    """The number of the `count`-th result of an agency, a symbol and a year: `07/2026/GCN`."""
    return f"{count:02}/{year}/{symbol}"
