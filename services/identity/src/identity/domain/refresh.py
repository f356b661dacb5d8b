"""Refresh tokens: one family per sign-in at a client, one live generation per family (OAuth 2.1 §4.3.1).

A token names its family and generation and carries a MAC over both, so nothing secret is stored, a guess
never reaches the database, and every token ever issued is recognised for what it is:

    the current generation        -> the family moves on by one
    the one before, within grace  -> the same successor once more: parallel tabs, lost answers
    anything older                -> a copy is in two hands: the family is revoked

The move is one compare-and-swap statement of the store, so of any number of simultaneous presentations
exactly one moves the family. The grace is a few seconds: whoever steals a token and uses it in that time
holds the same successor as the owner, and the next use by the second of them reveals it.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

GRACE = timedelta(seconds=10)

_MAC_LENGTH = 32
_LENGTH = 16 + 4 + _MAC_LENGTH


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A genuine token: which family it is of, and its number in it, from 1."""

    family: UUID
    generation: int

    def sealed(self, key: bytes) -> str:
        """The token as the client holds it."""
        body = self.family.bytes + self.generation.to_bytes(4, "big")
        return base64.urlsafe_b64encode(body + hmac.digest(key, body, "sha256")).rstrip(b"=").decode()

    @classmethod
    def opened(cls, text: str, key: bytes) -> "RefreshToken | None":
        """Read a token, or None when it was not made by us."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[:-_MAC_LENGTH], raw[-_MAC_LENGTH:]
        if len(raw) != _LENGTH or not hmac.compare_digest(hmac.digest(key, body, "sha256"), mac):
            return None
        return cls(UUID(bytes=body[:16]), int.from_bytes(body[16:], "big"))
