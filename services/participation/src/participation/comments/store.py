"""Every SQL statement about comments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from participation.domain.comment import Comment, Hiding
from participation.tables import comments, consultations


async def add(tx: AsyncConnection, comment: Comment) -> None:
    """Write a new comment."""
    await tx.execute(insert(comments).values(_row(comment)))


async def save(tx: AsyncConnection, comment: Comment) -> None:
    """Write a locked comment as it now stands."""
    await tx.execute(update(comments).where(comments.c.id == comment.id).values(_row(comment)))


async def lock_of_author(
    tx: AsyncConnection, consultation_id: UUID, comment_id: UUID, author: str
) -> Comment | None:
    """The author's own comment, locked."""
    query = _in(consultation_id).where(comments.c.id == comment_id, comments.c.author == author)
    return await _one(tx, query.with_for_update())


async def lock_of_agency(
    tx: AsyncConnection, consultation_id: UUID, comment_id: UUID, agency: str
) -> Comment | None:
    """The comment in the agency's own consultation, locked."""
    query = (
        _in(consultation_id)
        .join(consultations, consultations.c.id == comments.c.consultation_id)
        .where(comments.c.id == comment_id, consultations.c.agency == agency)
    )
    return await _one(tx, query.with_for_update(of=comments))


async def page(
    tx: AsyncConnection,
    consultation_id: UUID,
    *,
    passage: int | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Comment]:
    """Comments that were not withdrawn, newest first; all, or those on one passage."""
    query = _in(consultation_id).where(comments.c.withdrawn_at.is_(None))
    if passage is not None:
        query = query.where(comments.c.passage == passage)
    return await _page(tx, query, after, limit)


async def page_of_author(
    tx: AsyncConnection, author: str, *, after: Sequence[Any] | None, limit: int
) -> list[Comment]:
    """All that the author ever said, newest first."""
    return await _page(tx, select(comments).where(comments.c.author == author), after, limit)


def _in(consultation_id: UUID) -> Select[Any]:
    return select(comments).where(comments.c.consultation_id == consultation_id)


async def _one(tx: AsyncConnection, query: Select[Any]) -> Comment | None:
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _comment(row)


async def _page(
    tx: AsyncConnection, query: Select[Any], after: Sequence[Any] | None, limit: int
) -> list[Comment]:
    if after is not None:
        query = query.where(comments.c.id < after[0])
    return [_comment(row) for row in await tx.execute(query.order_by(comments.c.id.desc()).limit(limit))]


def _comment(row: Row[Any]) -> Comment:
    return Comment(
        id=row.id,
        consultation_id=row.consultation_id,
        author=row.author,
        passage=row.passage,
        text=row.text,
        at=row.at,
        withdrawn_at=row.withdrawn_at,
        hiding=None if row.hidden_at is None else Hiding(row.hidden_at, row.hidden_reason),
    )


def _row(comment: Comment) -> dict[str, Any]:
    hiding = comment.hiding
    return {
        "id": comment.id,
        "consultation_id": comment.consultation_id,
        "author": comment.author,
        "passage": comment.passage,
        "text": comment.text,
        "at": comment.at,
        "withdrawn_at": comment.withdrawn_at,
        "hidden_at": hiding.at if hiding else None,
        "hidden_reason": hiding.reason if hiding else None,
    }
