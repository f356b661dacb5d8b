"""The lake: files that depend on their rows alone, and questions that DuckDB answers as a plain scan would."""

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from open_data.domain.query import Filter, Op, Query, read_place, read_query
from open_data.domain.table import Column, Row, Table, Type
from open_data.domain.version import File
from open_data.lake import FileMissing, Lake
from shared.errors import Text

NAME = Text(vi="", en="")
COLUMNS = (
    Column("code", Type.TEXT, NAME, key=True),
    Column("count", Type.INTEGER, NAME),
    Column("mean", Type.DECIMAL, NAME),
    Column("hidden", Type.BOOLEAN, NAME),
)
ROWS: list[Row] = [
    ("A", 3, Decimal("1.5"), False),
    ("B", None, None, True),
    ("C", -3, Decimal("-0.1"), None),
    ("D", 3, Decimal("0.0"), False),
    ("=Đ", 10**15, Decimal("99999.9"), True),
]


def _query(*parameters: tuple[str, str]) -> Query:
    return read_query(COLUMNS, parameters)


async def _write(lake: Lake, rows: list[Row] = ROWS) -> Path:
    return lake.path("sample", await lake.write("sample", Table(COLUMNS, rows)))


async def _all(lake: Lake, path: Path, query: Query) -> list[Row]:
    return [row async for batch in lake.rows(path, query, list) for row in batch]


async def test_the_same_rows_are_the_same_bytes_wherever_and_whenever_they_are_written(
    lake: Lake, tmp_path: Path
) -> None:
    elsewhere = Lake(tmp_path / "another folder" / "it's", queries=1, memory="128MB")
    one, other = await _write(lake), await _write(elsewhere)
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()
    assert str(tmp_path).encode() not in one.read_bytes()


async def test_what_was_written_is_read_back_row_by_row(lake: Lake) -> None:
    path = await _write(lake)
    assert await _all(lake, path, _query()) == sorted(ROWS, key=lambda row: str(row[0]))


async def test_the_file_is_plain_parquet_with_typed_columns(lake: Lake) -> None:
    path = await _write(lake)
    described = duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()
    assert [row[:2] for row in described] == [
        ("code", "VARCHAR"),
        ("count", "BIGINT"),
        ("mean", "DECIMAL(18,1)"),
        ("hidden", "BOOLEAN"),
    ]


async def test_a_table_without_rows_is_a_file_too(lake: Lake) -> None:
    path = await _write(lake, [])
    assert await _all(lake, path, _query()) == []


async def test_what_an_interrupted_writer_left_is_removed_by_the_next(lake: Lake) -> None:
    path = await _write(lake)
    (path.parent / "half.tmp").write_bytes(b"PAR1")
    await _write(lake)
    assert [kept.name for kept in path.parent.iterdir()] == [path.name]


async def test_a_file_that_is_gone_is_unavailable_and_not_a_defect(lake: Lake) -> None:
    with pytest.raises(FileMissing):
        lake.path("sample", File("0" * 64, 1))


async def test_duckdb_reaches_nothing_outside_its_folder(lake: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "secret.parquet"
    duckdb.sql("SELECT 1 AS code").write_parquet(str(secret))
    with pytest.raises(duckdb.PermissionException):
        await _all(lake, secret, _query(("fields", "code")))


@pytest.mark.parametrize("text", ["' OR 1=1 --", '"', "\\", "%", "A\nB", "Đường"])
async def test_a_value_stays_a_value_whatever_it_looks_like(lake: Lake, text: str) -> None:
    path = await _write(lake, [("A", 1, None, None), (text, 2, None, None)])
    assert [row[1] for row in await _all(lake, path, _query(("code", text)))] == [2]


_ROWS = st.lists(
    st.tuples(
        st.text("ABab =Đ", max_size=3),
        st.none() | st.integers(-2, 2),
        st.none() | st.integers(-15, 15).map(lambda tenths: Decimal(tenths) / 10),
        st.none() | st.booleans(),
    ),
    unique_by=lambda row: row[0],
    max_size=25,
)
_PARAMETERS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["code", "code.gt", "code.lte"]), st.text("ABab =Đ", max_size=3)),
        st.tuples(st.sampled_from(["count", "count.gte", "count.lt"]), st.sampled_from(["-1", "0", "2"])),
        st.tuples(st.sampled_from(["mean", "mean.gt", "mean.lte"]), st.sampled_from(["-0.5", "0", "0.25"])),
        st.tuples(st.just("hidden"), st.sampled_from(["true", "false"])),
        st.tuples(
            st.just("sort"),
            st.sampled_from(["count", "-count", "mean,-count", "-mean,hidden", "-hidden,code", "-code"]),
        ),
    ),
    unique_by=lambda parameter: parameter[0],
    max_size=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS, parameters=_PARAMETERS, limit=st.integers(1, 7))
async def test_pages_one_after_another_are_what_a_plain_scan_finds(
    lake: Lake, rows: list[Row], parameters: list[tuple[str, str]], limit: int
) -> None:
    path, query = await _write(lake, rows), _query(*parameters)
    expected = _scanned(rows, query)
    assert await _all(lake, path, query) == expected
    paged: list[Row] = []
    after: Row | None = None
    while page := await lake.page(path, query, after=after, limit=limit):
        assert len(page) <= limit
        paged += [row for row, _ in page]
        after = read_place(query, [str(v) if isinstance(v, Decimal) else v for v in page[-1][1]])
    assert paged == expected


def _scanned(rows: list[Row], query: Query) -> list[Row]:
    index = {column: place for place, column in enumerate(COLUMNS)}
    kept = [row for row in rows if all(_holds(f, row[index[f.column]]) for f in query.filters)]

    def compare(one: Row, other: Row) -> int:
        for sort in query.order:
            a: Any = one[index[sort.column]]
            b: Any = other[index[sort.column]]
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            lower, higher = (_octets(a), _octets(b)) if not sort.descending else (_octets(b), _octets(a))
            return -1 if lower < higher else 1
        return 0

    return sorted(kept, key=cmp_to_key(compare))


def _octets(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _holds(condition: Filter, value: Any) -> bool:
    if value is None:
        return False
    if condition.op is Op.EQ:
        return value in condition.values
    (bound,) = condition.values
    compared: dict[Op, Callable[[Any, Any], bool]] = {
        Op.GT: lambda a, b: a > b,
        Op.GTE: lambda a, b: a >= b,
        Op.LT: lambda a, b: a < b,
        Op.LTE: lambda a, b: a <= b,
    }
    return compared[condition.op](_octets(value), _octets(bound))
