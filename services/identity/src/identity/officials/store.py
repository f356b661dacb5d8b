"""Every SQL statement about officials and their posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.official import Official, Post
from identity.tables import officials, posts

_OFFICIAL = (officials.c.id, officials.c.person_id, officials.c.agency, officials.c.version)
_SERVING = officials.c.removed_at.is_(None)


async def add_official(tx: AsyncConnection, official: Official, now: datetime) -> bool:
    """Write an appointment with its posts; False when the person is appointed already."""
    written = await tx.execute(
        postgresql.insert(officials)
        .values(id=official.id, person_id=official.person_id, agency=official.agency, appointed_at=now)
        .on_conflict_do_nothing(index_elements=["person_id"], index_where=_SERVING)
        .returning(officials.c.id)
    )
    if written.one_or_none() is None:
        return False
    await _put_posts(tx, official)
    return True


async def save_official(
    tx: AsyncConnection, official: Official, *, removed_at: datetime | None = None
) -> None:
    """Write an official whose row is locked; with `removed_at` the appointment ends."""
    await tx.execute(
        update(officials)
        .where(officials.c.id == official.id)
        .values(version=official.version, removed_at=removed_at)
    )
    await _put_posts(tx, official)


async def official_by_id(tx: AsyncConnection, official_id: UUID, *, lock: bool = False) -> Official | None:
    """A serving official with their posts."""
    statement = select(*_OFFICIAL).where(officials.c.id == official_id, _SERVING)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return (await _with_posts(tx, [row]))[0] if row else None


async def official_of_person(tx: AsyncConnection, person_id: UUID) -> Official | None:
    """The appointment that a person holds now."""
    statement = select(*_OFFICIAL).where(officials.c.person_id == person_id, _SERVING)
    row = (await tx.execute(statement)).one_or_none()
    return (await _with_posts(tx, [row]))[0] if row else None


async def list_officials(
    tx: AsyncConnection, agency: str, *, after: UUID | None, limit: int
) -> list[Official]:
    """The serving officials of an agency, in the order of their appointment."""
    statement = select(*_OFFICIAL).where(officials.c.agency == agency, _SERVING)
    if after is not None:
        statement = statement.where(officials.c.id > after)
    return await _with_posts(tx, (await tx.execute(statement.order_by(officials.c.id).limit(limit))).all())


async def _put_posts(tx: AsyncConnection, official: Official) -> None:
    await tx.execute(delete(posts).where(posts.c.official_id == official.id))
    if official.posts:
        await tx.execute(
            insert(posts),
            [
                {"official_id": official.id, "agency": official.agency, "unit": post.unit, "role": post.role}
                for post in official.posts
            ],
        )


async def _with_posts(tx: AsyncConnection, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Official]:
    found = await tx.execute(
        select(posts.c.official_id, posts.c.unit, posts.c.role)
        .where(posts.c.official_id.in_([row.id for row in rows]))
        .order_by(posts.c.unit, posts.c.role)
    )
    by_official: dict[UUID, list[Post]] = {}
    for post in found:
        by_official.setdefault(post.official_id, []).append(Post(post.unit, post.role))
    return [
        Official(row.id, row.person_id, row.agency, tuple(by_official.get(row.id, ())), row.version)
        for row in rows
    ]
