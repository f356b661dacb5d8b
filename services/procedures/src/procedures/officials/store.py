"""Every SQL statement about officials."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import officials
from shared.db import AnyRow


async def put_official(tx: AsyncConnection, **row: Any) -> bool:
    """Keep the copy, unless a newer one is kept; whether it was kept."""
    statement = insert(officials).values(**row)
    newer = statement.on_conflict_do_update(
        index_elements=[officials.c.subject], set_=row, where=officials.c.sequence < row["sequence"]
    )
    return (await tx.execute(newer.returning(officials.c.subject))).one_or_none() is not None


async def officials_of(tx: AsyncConnection, subjects: Collection[str]) -> dict[str, AnyRow]:
    """Those of these officials who are known here, by subject."""
    rows = await tx.execute(select(officials).where(officials.c.subject.in_(subjects)))
    return {row.subject: row for row in rows}
