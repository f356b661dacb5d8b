"""Keys for each purpose, derived from the one master key, and sealing of what is stored."""

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_LENGTH = 12


class Vault:
    """Derives (HKDF, RFC 5869) and seals (AES-256-GCM). `master_key`: 32 octets in base64url."""

    def __init__(self, master_key: str) -> None:
        self._master = base64.urlsafe_b64decode(master_key + "==")
        self._derived: dict[str, bytes] = {}
        self._sealing = AESGCM(self.key_for("sealing"))

    def key_for(self, purpose: str) -> bytes:
        """The 32 octets for one purpose; nothing can be learnt from one about another."""
        if purpose not in self._derived:
            info = f"motcua identity {purpose}".encode()
            hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
            self._derived[purpose] = hkdf.derive(self._master)
        return self._derived[purpose]

    def seal(self, secret: bytes, *, bound_to: str) -> bytes:
        """Encrypt; what is bound to one name cannot be opened under another."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._sealing.encrypt(nonce, secret, bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Decrypt.

        Raises:
            cryptography.exceptions.InvalidTag: another key, another name, or a changed text.
        """
        return self._sealing.decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], bound_to.encode())
