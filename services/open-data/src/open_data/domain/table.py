"""What a dataset is a table of: named and typed columns, and rows of plain values in their order."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.errors import Text

Value = str | int | bool | Decimal | None
Row = tuple[Value, ...]


class Type(StrEnum):
    """The type of a column's values; a decimal has one place after the point."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, under one name in JSON, CSV, Parquet and the queries.

    The `key` columns are never absent, tell the rows apart, and are what the rows are sorted by.
    """

    name: str
    type: Type
    title: Text
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and the rows under them."""

    columns: tuple[Column, ...]
    rows: list[Row]
