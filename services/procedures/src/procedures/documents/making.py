"""Documents that the platform itself makes for a case."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.documents import store
from procedures.documents.contents import Contents
from procedures.domain.acts import Actor
from procedures.domain.case import Attachment
from shared.db import Database
from shared.ids import new_id

_LIMIT = 20_000_000


async def announce(
    database: Database, now: datetime, by: Actor, media_types: Sequence[str]
) -> tuple[UUID, ...]:
    """The ids of documents that are about to be made, one of each type.

    Committed before the transaction that makes them begins: of those that never come to be, by a refusal or a
    kill, the sweep finds the row, and with it whatever content was kept.
    """
    ids = tuple(new_id() for _ in media_types)
    async with database.transaction() as tx:
        for document, media_type in zip(ids, media_types, strict=True):
            await store.expect(
                tx, id=document, owner=by.subject, agency=by.agency, media_type=media_type, began_at=now
            )
    return ids


async def keep_made(
    tx: AsyncConnection,
    contents: Contents,
    now: datetime,
    announced: UUID,
    *,
    case_id: UUID,
    document: str,
    file_name: str,
    media_type: str,
    content: bytes,
) -> Attachment:
    """Keep a document that was announced, in a case; how the case's log names it."""
    found = await contents.receive(announced, _whole(content), limit=_LIMIT)
    await store.keep_in_case(
        tx, announced, case_id, file_name=file_name, size=found.size, sha256=found.sha256, received_at=now
    )
    return Attachment(announced, document, media_type, found.size, found.sha256)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
