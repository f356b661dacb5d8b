"""Rows as CSV and as JSON, written as they are read."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass

import orjson

from open_data.domain.table import Column, Row, Value

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def as_csv(fields: Sequence[Column], batches: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    """RFC 4180 with a header line, in UTF-8; absent values are empty."""
    yield _lines([[column.name for column in fields]])
    async for rows in batches:
        yield _lines([_cell(value) for value in row] for row in rows)


async def as_json(fields: Sequence[Column], batches: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    """One array of objects, an object a line."""
    names = [column.name for column in fields]
    separator = b"["
    async for rows in batches:
        objects = (orjson.dumps(dict(zip(names, row, strict=True)), default=float) for row in rows)
        yield separator + b",\n".join(objects)
        separator = b",\n"
    yield b"[]" if separator == b"[" else b"]"


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Value) -> str:
    """A value as a spreadsheet should take it: text that would run as a formula is kept text by a quote."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
    return str(value)


@dataclass(frozen=True, slots=True)
class Form:
    """A form in which rows can be downloaded."""

    suffix: str
    media_type: str
    write: Callable[[Sequence[Column], AsyncIterator[list[Row]]], AsyncIterator[bytes]]


CSV = Form("csv", "text/csv; charset=utf-8", as_csv)
JSON = Form("json", "application/json", as_json)
