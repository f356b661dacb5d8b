"""Every SQL statement about whose the cases are that are shown."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Seen
from procedures.tables import cases


async def seen_by_id(tx: AsyncConnection, ids: Sequence[UUID]) -> list[Seen]:
    """These cases, as they are recorded to be shown."""
    return await _seen(tx, cases.c.id.in_(ids))


async def seen_by_code(tx: AsyncConnection, codes: Sequence[str]) -> list[Seen]:
    """The cases of these codes, likewise."""
    return await _seen(tx, cases.c.code.in_(codes))


async def _seen(tx: AsyncConnection, condition: ColumnElement[bool]) -> list[Seen]:
    query = select(cases.c.id, cases.c.code, cases.c.procedure, cases.c.applicant).where(condition)
    return [Seen(row.id, row.code, row.procedure, row.applicant) for row in await tx.execute(query)]
