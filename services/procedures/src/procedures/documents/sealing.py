"""How contents lie in the store: sealed piece by piece, so that a stream is opened as it comes and nothing is passed on
before it has proved authentic.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), with nonces as the age format has them:

    content   pieces of 64 KiB, the last shorter or as long; an empty content is one empty piece
    piece     AES-256-GCM(key of the content; nonce: number of the piece (11 bytes) ‖ 1 for the last, 0 for others)

A key seals one content and nothing else, so no nonce comes twice under it. A piece that was changed, moved, repeated
or left out does not open, nor does what was cut off at its end or goes on after it.
"""

import os
from collections.abc import AsyncIterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from procedures.keys.keyring import Unreadable

PIECE = 64 * 1024
_TAG = 16
_NUMBER_LENGTH = 11


def new_key() -> bytes:
    """A key for one content."""
    return os.urandom(32)


async def sealed(key: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content as it is stored, in pieces; the chunks may be cut anywhere."""
    cipher = AESGCM(key)
    async for nonce, piece in _pieces(chunks, PIECE):
        yield cipher.encrypt(nonce, piece, None)


async def opened(key: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content, from what is stored.

    Raises:
        Unreadable: from here on it is not what was sealed. What was yielded before is.
    """
    cipher = AESGCM(key)
    async for nonce, piece in _pieces(chunks, PIECE + _TAG):
        try:
            plain = cipher.decrypt(nonce, piece, None)
        except InvalidTag as error:
            raise Unreadable("a content that was changed or cut, or sealed under another key") from error
        yield plain


async def _pieces(chunks: AsyncIterator[bytes], length: int) -> AsyncIterator[tuple[bytes, bytes]]:
    """The chunks, cut into pieces of this length, each with its nonce."""
    number, waiting = 0, bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) > length:  # of exactly one piece it is not known yet whether it is the last
            yield _nonce(number, last=False), bytes(waiting[:length])
            del waiting[:length]
            number += 1
    yield _nonce(number, last=True), bytes(waiting)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NUMBER_LENGTH, "big") + bytes([last])
