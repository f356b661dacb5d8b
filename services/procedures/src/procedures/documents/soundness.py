"""Whether the contents in the object store are those that were received."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.documents import store
from procedures.documents.contents import Content, Contents
from procedures.keys.keyring import Unreadable
from shared.db import AnyRow, Database
from shared.errors import Text

_AT_ONCE = 500
_LOST = Text(vi="Không còn nội dung trong kho.", en="The content is not in the store.")
_CHANGED = Text(
    vi="Nội dung đã bị sửa, hoặc không mở được.", en="The content was changed, or cannot be opened."
)
_ANOTHER = Text(vi="Nội dung không phải là bản đã nhận.", en="The content is not the one that was received.")


@dataclass(frozen=True, slots=True)
class ContentRead:
    """A content that was read to its end, or as far as it goes; `size` in bytes, as it was received."""

    case: str
    document: UUID
    size: int
    flaw: Text | None


async def verify_contents(
    database: Database, contents: Contents, *, code: str | None = None
) -> AsyncIterator[ContentRead]:
    """Read the content of every document of a case, or of the case with this code, and compare its length and hash with
    those of its row, which `verify_cases` compares with the log. No transaction is open meanwhile.
    """
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with database.reading() as tx:
            rows = await store.kept_documents(tx, after=after, limit=_AT_ONCE, code=code)
            found = [(row, _content(tx, row)) for row in rows]
        for row, content in found:
            flaw = _CHANGED if content is None else await _flaw(contents, content, row)
            if flaw is None or await _still_kept(database, row.id):
                yield ContentRead(row.code, row.id, row.size, flaw)
        after = rows[-1].id if rows else None


def _content(tx: AsyncConnection, row: AnyRow) -> Content | None:
    try:
        return store.content_of(tx, row)
    except Unreadable:
        return None


async def _flaw(contents: Contents, content: Content, row: AnyRow) -> Text | None:
    digest, size = sha256(), 0
    try:
        async for chunk in contents.send(content):
            size += len(chunk)
            digest.update(chunk)
    except FileNotFoundError:
        return _LOST
    except Unreadable:
        return _CHANGED
    return None if (size, digest.hexdigest()) == (row.size, row.sha256) else _ANOTHER


async def _still_kept(database: Database, document: UUID) -> bool:
    """Whether the document was not erased while its content was read."""
    async with database.reading() as tx:
        return await store.is_kept(tx, document)
