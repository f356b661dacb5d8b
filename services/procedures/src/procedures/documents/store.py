"""Every SQL statement about documents."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.db import AnyRow
from sqlalchemy import ColumnElement, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.store import Viewer, visible_to
from procedures.tables import cases, documents


async def keep(tx: AsyncConnection, **row: Any) -> None:
    """Remember a document that was received."""
    await tx.execute(insert(documents).values(**row))


async def loose_of(tx: AsyncConnection, owner: str, ids: Sequence[UUID]) -> dict[UUID, AnyRow]:
    """Those of these documents that the owner sent and that are in no case yet, locked."""
    query = select(documents).where(
        documents.c.id.in_(ids), documents.c.owner == owner, documents.c.case_id.is_(None)
    )
    return {row.id: row for row in await tx.execute(query.with_for_update())}


async def put_into_case(tx: AsyncConnection, case_id: UUID, ids: Sequence[UUID]) -> None:
    """The documents belong to the case from now on."""
    await tx.execute(update(documents).where(documents.c.id.in_(ids)).values(case_id=case_id))


async def visible_document(tx: AsyncConnection, document: UUID, viewer: Viewer) -> AnyRow | None:
    """The document, when the viewer sent it or may see its case."""
    sent: ColumnElement[bool] = and_(documents.c.owner == viewer.subject, documents.c.case_id.is_(None))
    query = (
        select(documents)
        .outerjoin(cases, cases.c.id == documents.c.case_id)
        .where(documents.c.id == document, or_(sent, visible_to(viewer)))
    )
    return (await tx.execute(query)).one_or_none()
