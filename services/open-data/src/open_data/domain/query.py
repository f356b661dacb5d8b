"""What can be asked of a version's rows: equalities and ranges on columns, fields, an order, a place in it.

`agency=000.00.01.H99&month.gte=2026-01&fields=month,onTime&sort=-late`

- `column=value` keeps equal rows; given several times, rows that equal any of them.
- `column.gt`, `.gte`, `.lt`, `.lte` keep a range.
- `sort` names columns, `-` before one for descending; the key columns follow by themselves, so that the order
  is total and a page can go on after any row. Absent values come last.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from open_data.domain.table import Column, Row, Type, Value
from shared.errors import Fault, Invalid, Text

_MOST_VALUES = 100
_MOST_CHARACTERS = 200
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


class Op(StrEnum):
    """How a column is compared."""

    EQ = "eq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a column; an equality may name several values, a range names one."""

    column: Column
    op: Op
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """One column of the order."""

    column: Column
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows, which of their fields, and in which order."""

    fields: tuple[Column, ...]
    filters: tuple[Filter, ...]
    order: tuple[Sort, ...]

    @property
    def canonical(self) -> str:
        """The same text for the same question, however it was written."""
        fields = ",".join(column.name for column in self.fields)
        order = ",".join(f"{'-' * sort.descending}{sort.column.name}" for sort in self.order)
        conditions = sorted(f"{f.column.name}.{f.op}={sorted(map(str, f.values))!r}" for f in self.filters)
        return f"{fields};{order};{conditions!r}"


def read_query(columns: Sequence[Column], parameters: Sequence[tuple[str, str]]) -> Query:
    """The query that these parameters of an address ask, `fields` and `sort` among them.

    Raises:
        Invalid: naming every fault at once.
    """
    by_name = {column.name: column for column in columns}
    faults: list[Fault] = []
    values: dict[tuple[str, Op], list[Value]] = {}
    listed: dict[str, list[str]] = {"fields": [], "sort": []}
    for name, text in parameters:
        if name in listed:
            listed[name] += text.split(",")
        else:
            _read_condition(name, text, by_name, values, faults)
    fields = tuple(column for column, _ in _named("fields", listed["fields"], by_name, faults))
    sorts = tuple(Sort(*named) for named in _named("sort", listed["sort"], by_name, faults))
    for (name, op), given in values.items():
        if len(given) > (_MOST_VALUES if op is Op.EQ else 1):
            faults.append(_fault(name if op is Op.EQ else f"{name}.{op}", "too_many", _TOO_MANY))
    if faults:
        raise Invalid(faults=faults)
    filters = tuple(Filter(by_name[name], op, tuple(given)) for (name, op), given in values.items())
    sorted_by = {sort.column for sort in sorts}
    keys = tuple(Sort(column) for column in columns if column.key and column not in sorted_by)
    return Query(fields or tuple(columns), filters, sorts + keys)


def read_place(query: Query, place: Sequence[object]) -> Row:
    """The place of a row in the query's order, out of what JSON keeps of it: decimals as text.

    Raises:
        ValueError: it is not a place in this order.
    """
    if len(place) != len(query.order):
        raise ValueError("another number of columns")
    return tuple(_placed(sort.column, value) for sort, value in zip(query.order, place, strict=True))


def _placed(column: Column, value: object) -> Value:
    if value is None and not column.key:
        return None
    match column.type, value:
        case Type.BOOLEAN, bool():
            return value
        case ((Type.TEXT | Type.DECIMAL), str()):
            return _READERS[column.type](value)
        case Type.INTEGER, int() if not isinstance(value, bool):
            return _integer(str(value))
    raise ValueError(f"not a value of {column.name}")


def _named(
    parameter: str, names: Sequence[str], by_name: Mapping[str, Column], faults: list[Fault]
) -> list[tuple[Column, bool]]:
    """The columns that are listed, each with whether it stands after a `-`."""
    found: dict[str, tuple[Column, bool]] = {}
    for listed in names:
        name = listed.removeprefix("-") if parameter == "sort" else listed
        if name not in by_name:
            faults.append(_fault(parameter, "unknown_column", _unknown(name, by_name)))
        elif name in found:
            faults.append(_fault(parameter, "repeated_column", _REPEATED))
        else:
            found[name] = (by_name[name], name != listed)
    return list(found.values())


def _read_condition(
    parameter: str,
    text: str,
    by_name: Mapping[str, Column],
    values: dict[tuple[str, Op], list[Value]],
    faults: list[Fault],
) -> None:
    name, dot, suffix = parameter.partition(".")
    if name not in by_name:
        faults.append(_fault(parameter, "unknown_column", _unknown(name, by_name)))
        return
    if dot and suffix not in (Op.GT, Op.GTE, Op.LT, Op.LTE):
        faults.append(_fault(parameter, "unknown_operator", _UNKNOWN_OPERATOR))
        return
    kind = by_name[name].type
    try:
        value = _READERS[kind](text)
    except ValueError:
        faults.append(_fault(parameter, f"{kind}_value", _WRONG[kind]))
        return
    values.setdefault((name, Op(suffix) if dot else Op.EQ), []).append(value)


def _fault(parameter: str, code: str, detail: Text) -> Fault:
    escaped = parameter.replace("~", "~0").replace("/", "~1")
    return Fault(f"/query/{escaped}", code, detail)


def _text(text: str) -> str:
    if len(text) > _MOST_CHARACTERS or "\0" in text:
        raise ValueError(text)
    return text


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError(text)
    return Decimal(text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_READERS: Mapping[Type, Callable[[str], Value]] = {
    Type.TEXT: _text,
    Type.INTEGER: _integer,
    Type.DECIMAL: _decimal,
    Type.BOOLEAN: _boolean,
}
_WRONG: Mapping[Type, Text] = {
    Type.TEXT: Text(vi=f"Nhiều nhất {_MOST_CHARACTERS} ký tự.", en=f"At most {_MOST_CHARACTERS} characters."),
    Type.INTEGER: Text(vi="Phải là số nguyên.", en="This must be a whole number."),
    Type.DECIMAL: Text(vi="Phải là số.", en="This must be a number."),
    Type.BOOLEAN: Text(vi="Phải là true hoặc false.", en="This must be true or false."),
}
_TOO_MANY = Text(
    vi=f"Phép so sánh bằng nhận nhiều nhất {_MOST_VALUES} giá trị, các phép khác nhận một.",
    en=f"An equality takes at most {_MOST_VALUES} values, a range one.",
)
_REPEATED = Text(vi="Mỗi cột chỉ nêu một lần.", en="Name each column once.")
_UNKNOWN_OPERATOR = Text(
    vi="Sau tên cột chỉ có thể là .gt, .gte, .lt hoặc .lte.",
    en="After the column's name, only .gt, .gte, .lt or .lte.",
)


def _unknown(name: str, by_name: Mapping[str, Column]) -> Text:
    known = ", ".join(by_name)
    return Text(
        vi=f"Không có cột “{name[:50]}”. Các cột: {known}.",
        en=f"There is no column “{name[:50]}”. Columns: {known}.",
    )
