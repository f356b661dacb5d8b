"""Rows as CSV and as JSON, written as they are read."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

import orjson

from open_data.domain.table import Column, Row, Value

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvWriter:
    """RFC 4180 with a header line, in UTF-8; absent values are empty."""

    suffix = "csv"
    media_type = "text/csv; charset=utf-8"

    def __init__(self, fields: Sequence[Column]) -> None:
        self._names = [column.name for column in fields]

    def begin(self) -> bytes:
        return _lines([self._names])

    def rows(self, rows: Sequence[Row]) -> bytes:
        return _lines([_cell(value) for value in row] for row in rows)

    def end(self) -> bytes:
        return b""


class JsonWriter:
    """One array of objects, an object a line."""

    suffix = "json"
    media_type = "application/json"

    def __init__(self, fields: Sequence[Column]) -> None:
        self._names = [column.name for column in fields]
        self._separator = b""

    def begin(self) -> bytes:
        return b"["

    def rows(self, rows: Sequence[Row]) -> bytes:
        objects = [orjson.dumps(dict(zip(self._names, row, strict=True)), default=float) for row in rows]
        separator, self._separator = self._separator, b",\n"
        return separator + b",\n".join(objects)

    def end(self) -> bytes:
        return b"]"


Writer = CsvWriter | JsonWriter
"""Writes rows in one form: `begin`, then `rows` any number of times, then `end`."""


async def written(writer: Writer, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The whole of a download, around the parts that the writer makes of the rows."""
    yield writer.begin()
    async for part in parts:
        yield part
    yield writer.end()


def _lines(rows: Iterable[Sequence[Value]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Value) -> Value:
    """A value as a spreadsheet should take it: text that would run as a formula is kept text by a quote."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
