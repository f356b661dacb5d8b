"""Documents that the platform itself makes for a case."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.documents import store
from procedures.documents.contents import Content, Contents
from procedures.documents.sealing import new_key
from procedures.domain.acts import Actor
from procedures.domain.case import Attachment
from shared.db import Database
from shared.ids import new_id

_LIMIT = 20_000_000


async def announce(
    database: Database, now: datetime, by: Actor, media_types: Sequence[str]
) -> tuple[Content, ...]:
    """The ids and keys of documents that are about to be made, one of each type.

    Committed before the transaction that makes them begins: of those that never come to be, by a refusal or a
    kill, the sweep finds the row, and with it whatever content was kept.
    """
    sheets = tuple(Content(new_id(), new_key()) for _ in media_types)
    async with database.transaction() as tx:
        for sheet, media_type in zip(sheets, media_types, strict=True):
            await store.expect(
                tx,
                id=sheet.id,
                key=sheet.key,
                owner=by.subject,
                agency=by.agency,
                media_type=media_type,
                began_at=now,
            )
    return sheets


async def keep_made(
    tx: AsyncConnection,
    contents: Contents,
    now: datetime,
    sheet: Content,
    *,
    case_id: UUID,
    document: str,
    file_name: str,
    media_type: str,
    content: bytes,
) -> Attachment:
    """Keep a document that was announced, in a case; how the case's log names it."""
    found = await contents.receive(sheet, _whole(content), limit=_LIMIT)
    await store.keep_in_case(
        tx, sheet.id, case_id, file_name=file_name, size=found.size, sha256=found.sha256, received_at=now
    )
    return Attachment(sheet.id, document, media_type, found.size, found.sha256)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
