"""Every SQL statement about keys."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import cases, documents
from shared.db import AnyRow

SEALED: Sequence[tuple[Table, Column[bytes], str]] = (
    (cases, cases.c.data_key, "key of case {}"),
    (documents, documents.c.file_name, "name of document {}"),
    (documents, documents.c.content_key, "key of document {}"),
)
"""Where something stands that is sealed under the master key: table, column, and what it is bound to, by id."""


def _older(column: Column[bytes], mark: bytes) -> ColumnElement[bool]:
    return func.substring(column, 1, len(mark)) != mark


async def older(
    tx: AsyncConnection, table: Table, column: Column[bytes], mark: bytes, *, after: UUID, limit: int
) -> Sequence[AnyRow]:
    """The next rows that are not sealed under the newest version, locked; none that others are at work on."""
    query = (
        select(table.c.id, column.label("sealed"))
        .where(table.c.id > after, _older(column, mark))
        .order_by(table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(query)).all()


async def put_sealed(
    tx: AsyncConnection, table: Table, column: Column[bytes], sealed: Sequence[tuple[UUID, bytes]]
) -> None:
    """Store what was sealed anew."""
    statement = update(table).where(table.c.id == bindparam("of")).values({column.name: bindparam("anew")})
    await tx.execute(statement, [{"of": one, "anew": content} for one, content in sealed])


async def count_older(tx: AsyncConnection, table: Table, column: Column[bytes], mark: bytes) -> int:
    """How many rows are not sealed under the newest version."""
    number: int = (
        await tx.execute(select(func.count()).select_from(table).where(_older(column, mark)))
    ).scalar_one()
    return number
