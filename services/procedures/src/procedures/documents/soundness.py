"""Whether the rows of documents are those that the logs name, and their contents those that were received."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.documents import store
from procedures.documents.contents import Content, Contents
from procedures.domain.case import Case
from procedures.domain.linked_cases import LinkKind
from procedures.domain.log import Link
from procedures.keys.keyring import Unreadable
from shared.db import AnyRow, Database
from shared.errors import Text

_AT_ONCE = 500
_DOCUMENTS = Text(vi="Giấy tờ không khớp với nhật ký.", en="The documents are not those that the log names.")
_LOST = Text(vi="Không còn nội dung trong kho.", en="The content is not in the store.")
_CHANGED = Text(
    vi="Nội dung đã bị sửa, hoặc không mở được.", en="The content was changed, or cannot be opened."
)
_ANOTHER = Text(vi="Nội dung không phải là bản đã nhận.", en="The content is not the one that was received.")
_STILL_THERE = Text(
    vi="Nội dung của hồ sơ đã tiêu hủy vẫn còn trong kho.",
    en="The content of an erased case is still in the store.",
)


@dataclass(frozen=True, slots=True)
class ContentRead:
    """A content that was read to its end, or as far as it goes; `size` in bytes, as it was received."""

    case: str
    document: UUID
    size: int
    flaw: Text | None


def flaw_of_documents(
    tx: AsyncConnection, case: Case, links: Sequence[Link], rows: Mapping[UUID, AnyRow]
) -> Text | None:
    """There are just the documents that the state names, as it names them, and each is erased with its case alone."""
    letter = (case.apology.letter,) if case.apology and case.apology.letter else ()
    papers = (*case.attachments, *case.result, *letter)
    named = {(one.id, one.media_type, one.size, one.sha256) for one in papers}
    if {(one.id, one.media_type, one.size, one.sha256) for one in rows.values()} != named:
        return _DOCUMENTS
    a_part = case.link is not None and case.link.kind is LinkKind.CHILD
    handed_on = {UUID(one["id"]) for one in links[0].act["attachments"]} if a_part else set()
    sound = (
        _is_kept(tx, row) if case.erased is None else _is_erased(row, case.erased.at) for row in rows.values()
    )
    shared = (_shares(row) if row.id in handed_on else row.content_of is None for row in rows.values())
    return None if all(sound) and all(shared) else _DOCUMENTS


def _is_kept(tx: AsyncConnection, row: AnyRow) -> bool:
    """Whether a document can be seen, and its name and key be opened; one of before has no key."""
    if row.file_name is None:
        return False
    try:
        store.file_name_of(tx, row)
        store.content_of(tx, row)
    except Unreadable:
        return False
    return row.received_at is not None and row.erased_at is None and row.dropped_at is None


def _is_erased(row: AnyRow, at: datetime) -> bool:
    """Whether it was erased at the instant, and its content dropped since or not yet."""
    dropped = row.dropped_at is None or row.dropped_at >= at
    return row.file_name is None and row.content_key is None and row.erased_at == at and dropped


def _shares(row: AnyRow) -> bool:
    """Whether it shares the content of a document that is the same."""
    return (row.size, row.sha256) == (row.shared_size, row.shared_sha256)


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
    async for left in _not_dropped(database, contents, code):
        yield left


async def _not_dropped(
    database: Database, contents: Contents, code: str | None
) -> AsyncIterator[ContentRead]:
    """The documents whose rows say that the content was dropped, although it is there and no kept case shares it."""
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with database.reading() as tx:
            rows = await store.dropped_documents(tx, after=after, limit=_AT_ONCE, code=code)
        for row in rows:
            if await contents.is_there(row.content):
                yield ContentRead(row.code, row.id, row.size, _STILL_THERE)
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
