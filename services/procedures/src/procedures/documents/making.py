"""Documents that the platform itself makes for a case."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.documents import store
from procedures.documents.contents import Contents
from procedures.domain.case import Attachment
from shared.ids import new_id

_LIMIT = 20_000_000


async def keep_made(
    tx: AsyncConnection,
    contents: Contents,
    now: datetime,
    *,
    owner: str,
    agency: str | None,
    case_id: UUID,
    document: str,
    file_name: str,
    media_type: str,
    content: bytes,
) -> Attachment:
    """Keep a document of a case; how the case's log names it.

    The content is kept before the transaction commits. When it does not, it is nobody's.
    """
    key = new_id()
    found = await contents.receive(key, _whole(content), limit=_LIMIT)
    await store.expect(
        tx,
        id=key,
        owner=owner,
        agency=agency,
        file_name=file_name,
        media_type=media_type,
        size=found.size,
        sha256=found.sha256,
        began_at=now,
        received_at=now,
        case_id=case_id,
    )
    return Attachment(key, document, media_type, found.size, found.sha256)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
