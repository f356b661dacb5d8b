"""The folder of the versions' Parquet files, and DuckDB over it.

A file is named by its own SHA-256 and appears whole: written under another name, flushed to the disk, then
renamed. So whoever is killed while writing leaves at most a `.tmp`, which the next writer removes.

DuckDB runs in a few threads of its own, one query a thread, and can reach this folder alone. Every value of a
query is bound; column names come from the version's columns, never from a caller.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from open_data.domain.query import Filter, Op, Query, Sort
from open_data.domain.table import Column, Row, Table, Type, Value
from open_data.domain.version import File
from shared.errors import Text, Unavailable
from shared.ids import new_id

T = TypeVar("T")
_FETCH = 5000
_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.DECIMAL: "DECIMAL(18,1)",
    Type.BOOLEAN: "BOOLEAN",
}
_OPERATORS = {Op.GT: ">", Op.GTE: ">=", Op.LT: "<", Op.LTE: "<="}


class FileMissing(Unavailable):
    slug = "version-file-missing"
    title = Text(
        vi="Tệp của phiên bản này tạm thời không đọc được. Hãy thử lại sau.",
        en="The file of this version cannot be read for now. Try again later.",
    )


class Lake:
    """The version files under `folder`; at most `queries` queries run at once, in `memory` (as `512MB`)."""

    def __init__(self, folder: Path, *, queries: int, memory: str) -> None:
        self._folder = folder.resolve()
        self._threads = ThreadPoolExecutor(queries, thread_name_prefix="duckdb")
        self._duckdb = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": memory})
        self._duckdb.execute("SET temp_directory = ''")
        self._duckdb.execute(f"SET allowed_directories = [{_literal(str(self._folder))}]")
        self._duckdb.execute("SET enable_external_access = false")
        self._duckdb.execute("SET lock_configuration = true")

    def path(self, slug: str, file: File) -> Path:
        """Where the file is.

        Raises:
            FileMissing: it should be there and is not.
        """
        path = self._named(slug, file.sha256)
        if not path.is_file():
            raise FileMissing
        return path

    async def write(self, slug: str, table: Table) -> File:
        """Write the table as a Parquet file and return which it is; the same table is the same file.

        One writer a dataset at a time: the caller holds the dataset's lock.
        """
        return await self._run(partial(self._write, slug, table))

    async def page(self, path: Path, query: Query, *, after: Row | None, limit: int) -> list[tuple[Row, Row]]:
        """The first rows after a place in the query's order, each with its own place."""
        sql, values = _select(path, query, after=after, places=True)
        found = await self._run(
            lambda: self._duckdb.cursor().execute(f"{sql} LIMIT {limit:d}", values).fetchall()
        )
        fields = len(query.fields)
        return [(row[:fields], row[fields:]) for row in found]

    async def rows(self, path: Path, query: Query, made: Callable[[list[Row]], T]) -> AsyncIterator[T]:
        """All rows of a query, in batches as they are read: what is `made` of each, in DuckDB's thread too."""
        sql, values = _select(path, query, after=None, places=False)
        cursor = self._duckdb.cursor()

        def batch() -> T | None:
            rows = cursor.fetchmany(_FETCH)
            return made(rows) if rows else None

        try:
            await self._run(lambda: cursor.execute(sql, values))
            while (part := await self._run(batch)) is not None:
                yield part
        finally:
            cursor.close()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _named(self, slug: str, sha256: str) -> Path:
        return self._folder / slug / f"{sha256}.parquet"

    def _write(self, slug: str, table: Table) -> File:
        folder = self._folder / slug
        folder.mkdir(parents=True, exist_ok=True)
        for abandoned in folder.glob("*.tmp"):
            abandoned.unlink()
        path = folder / f"{new_id()}.tmp"
        _copy(self._duckdb.cursor(), table, path)
        with path.open("rb") as written:
            sha256 = hashlib.file_digest(written, "sha256").hexdigest()
            size = os.fstat(written.fileno()).st_size
            os.fsync(written.fileno())
        path.replace(self._named(slug, sha256))
        _flush(folder)
        return File(sha256, size)


def _copy(cursor: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    values: Sequence[Sequence[Value]] = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    columns = ", ".join(f"unnest(?::{_TYPES[column.type]}[]) AS {_name(column)}" for column in table.columns)
    cursor.execute(f"CREATE TEMP TABLE rows AS SELECT {columns}", [list(column) for column in values])
    cursor.execute("COPY rows TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
    cursor.close()


def _flush(folder: Path) -> None:
    """Make a rename in the folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _select(path: Path, query: Query, *, after: Row | None, places: bool) -> tuple[str, list[Any]]:
    """The statement of a query and its values; with `places`, each row is followed by its place."""
    columns = [*query.fields, *(sort.column for sort in query.order if places)]
    conditions = ["true"]
    values: list[Any] = [str(path)]
    for condition, bound in [
        *map(_condition, query.filters),
        *([_beyond(query.order, after)] if after else []),
    ]:
        conditions.append(condition)
        values += bound
    sql = (
        f"SELECT {', '.join(map(_name, columns))} FROM read_parquet(?) "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY {', '.join(map(_ordered, query.order))}"
    )
    return sql, values


def _condition(wanted: Filter) -> tuple[str, list[Any]]:
    name = _name(wanted.column)
    if wanted.op is Op.EQ:
        return f"{name} IN ({', '.join('?' * len(wanted.values))})", list(wanted.values)
    return f"{name} {_OPERATORS[wanted.op]} ?", list(wanted.values)


def _beyond(order: Sequence[Sort], place: Row) -> tuple[str, list[Any]]:
    """The rows after a place: those that first differ from it in a column where they come later."""
    alternatives, values = [], []
    for depth, (sort, value) in enumerate(zip(order, place, strict=True)):
        if value is None:
            continue  # nothing comes after an absent value
        name = _name(sort.column)
        later = f"({name} {'<' if sort.descending else '>'} ? OR {name} IS NULL)"
        same = [f"{_name(before.column)} IS NOT DISTINCT FROM ?" for before in order[:depth]]
        alternatives.append(f"({' AND '.join([*same, later])})")
        values += [*place[:depth], value]
    return f"({' OR '.join(alternatives)})", values


def _ordered(sort: Sort) -> str:
    return f"{_name(sort.column)} {'DESC' if sort.descending else 'ASC'} NULLS LAST"


def _name(column: Column) -> str:
    return '"' + column.name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
