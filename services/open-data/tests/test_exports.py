"""Rows as CSV and JSON."""

import csv
import io
import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from open_data.domain.table import Column, Row, Type
from open_data.exports import CsvWriter, JsonWriter, Writer, written
from shared.errors import Text

NAME = Text(vi="", en="")
FIELDS = [
    Column("code", Type.TEXT, NAME),
    Column("mean", Type.DECIMAL, NAME),
    Column("hidden", Type.BOOLEAN, NAME),
]


async def _written(form: type[Writer], *batches: list[Row]) -> str:
    writer = form(FIELDS)

    async def parts() -> AsyncIterator[bytes]:
        for batch in batches:
            yield writer.rows(batch)

    return b"".join([part async for part in written(writer, parts())]).decode()


async def test_csv_has_a_header_and_crlf_and_quotes_what_needs_quotes() -> None:
    text = await _written(CsvWriter, [('Đường "A", 1', Decimal("1.5"), True)], [("B", None, False)])
    assert text == 'code,mean,hidden\r\n"Đường ""A"", 1",1.5,true\r\nB,,false\r\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
async def test_text_that_a_spreadsheet_would_run_is_kept_text(text: str) -> None:
    written = await _written(CsvWriter, [(text, Decimal("-1.5"), None)])
    _, row = csv.reader(io.StringIO(written, newline=""))
    assert row == [f"'{text}", "-1.5", ""]


async def test_json_is_one_array_over_all_batches() -> None:
    text = await _written(JsonWriter, [("A", Decimal("1.5"), True)], [("=B", None, None)])
    assert json.loads(text) == [
        {"code": "A", "mean": 1.5, "hidden": True},
        {"code": "=B", "mean": None, "hidden": None},
    ]


async def test_no_rows_are_a_header_alone_and_an_empty_array() -> None:
    assert await _written(CsvWriter) == "code,mean,hidden\r\n"
    assert await _written(JsonWriter) == "[]"
