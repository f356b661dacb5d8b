"""The contents of documents, sealed, in an object store: a folder of this machine, or any S3-compatible store."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from procedures.documents.sealing import opened, sealed
from procedures.domain.document import TooMuchSent

_PART = 5 * 1024 * 1024
"""S3 takes no smaller parts (but for the last)."""

_PARTS_AT_ONCE = 2
_CHUNK = 1024 * 1024

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What was received: its length in bytes and its SHA-256, in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Content:
    """A content: the id under which it lies, and its key. None has what was kept before contents were sealed."""

    id: UUID
    key: bytes | None = field(repr=False)


class Contents:
    """Streams contents in and out; of each no more than a few parts are held in memory."""

    def __init__(self, location: str) -> None:
        """`location`: a folder, or an address such as `s3://bucket/prefix` (credentials from AWS_…)."""
        self._store: ObjectStore = (
            from_url(location) if "://" in location else LocalStore(Path(location).absolute(), mkdir=True)
        )

    async def receive(self, content: Content, chunks: AsyncIterator[bytes], *, limit: int) -> Fingerprint:
        """Keep what arrives, sealed, for the first and only time; nothing is kept when it is too much or breaks off.

        Raises:
            TooMuchSent: more than `limit` bytes arrived.
        """
        assert content.key is not None  # nothing new lies in the clear
        digest, size = sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooMuchSent(limit)
                digest.update(chunk)
                yield chunk

        await obstore.put_async(
            self._store,
            _name(content.id),
            sealed(content.key, counted()),
            chunk_size=_PART,
            max_concurrency=_PARTS_AT_ONCE,
        )
        return Fingerprint(size, digest.hexdigest())

    async def send(self, content: Content) -> AsyncIterator[bytes]:
        """The content, chunk by chunk.

        Raises:
            FileNotFoundError: it is not there.
            Unreadable: it is not, from here on, what was received.
        """
        stored = self._stored(content.id)
        async for chunk in stored if content.key is None else opened(content.key, stored):
            yield chunk

    async def _stored(self, document: UUID) -> AsyncIterator[bytes]:
        found = await obstore.get_async(self._store, _name(document))
        async for chunk in found.stream(min_chunk_size=_CHUNK):
            yield bytes(chunk)

    async def is_there(self, document: UUID) -> bool:
        """Whether there is a content under this id."""
        try:
            await obstore.head_async(self._store, _name(document))
        except FileNotFoundError:
            return False
        return True

    async def drop(self, documents: Iterable[UUID]) -> set[UUID]:
        """Remove these contents; which of them are not there any more. One that stays keeps no other from going."""
        gone: set[UUID] = set()
        for document in documents:
            try:
                with suppress(FileNotFoundError):
                    await obstore.delete_async(self._store, _name(document))
            except (BaseError, OSError) as error:
                log.error("content.stays", document=str(document), reason=repr(error))
            else:
                gone.add(document)
        return gone


def _name(document: UUID) -> str:
    """Spread over folders by the random end of the id."""
    name = document.hex
    return f"{name[-2:]}/{name}"
