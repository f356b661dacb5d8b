"""Sealing of what is stored and must not be read from a copy of the database (AES-256-GCM)."""

import base64
import binascii
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_LENGTH = 32
_NONCE_LENGTH = 12


class Vault:
    """Seals and opens with one key: 32 octets in base64url.

    Raises:
        ValueError: the key is none.
    """

    def __init__(self, key: str) -> None:
        try:
            octets = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        except binascii.Error:
            octets = b""
        if len(octets) != _KEY_LENGTH:
            raise ValueError("the key is 32 octets in base64url")
        self._cipher = AESGCM(octets)

    def seal(self, secret: str, *, bound_to: str) -> bytes:
        """Encrypt; what is bound to one name does not open under another."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> str:
        """Decrypt.

        Raises:
            cryptography.exceptions.InvalidTag: another key or name, or altered.
        """
        opened = self._cipher.decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], bound_to.encode())
        return opened.decode()
