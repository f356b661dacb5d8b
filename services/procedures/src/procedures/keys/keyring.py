"""The keys under which personal data is stored: one for each case, sealed by the service's master key.

What is sealed is bound to where it stands: moved to another case or another place, it cannot be opened. The
master key has versions; what is new is sealed under the newest that is not only read, and `rotate-keys` moves the
rest. A case whose key is destroyed cannot be read by anybody, and its log, which holds sealed texts, can still be verified.

    key of a case    version (2 bytes) ‖ nonce ‖ AES-256-GCM(master key of the version, 32 octets; case)
    personal text    sealed:<sequence>/<place in the act>:<base64url of nonce ‖ AES-256-GCM(key; case and place)>
    form             nonce ‖ AES-256-GCM(key, salt ‖ canonical JSON; case and “form”)
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.personal import ERASED, UNREADABLE
from shared.db import Database
from shared.errors import Text, Unavailable

SALT_LENGTH = 32
_KEY_LENGTH = 32
_NONCE_LENGTH = 12
_VERSION_LENGTH = 2
_AT_HAND = "keyring"
_ONLY_READ = "read:"


class Unreadable(ValueError):
    """What is stored cannot be opened: it was changed, moved, or sealed under a key that is not at hand."""


class KeyNotAtHand(Unavailable):
    """Something personal is to be stored in a case whose key cannot be opened, here and now."""

    slug = "case-key-not-at-hand"
    title = Text(
        vi="Khóa dữ liệu của hồ sơ hiện không mở được. Hãy thử lại sau.",
        en="The key of the case cannot be opened for now. Try again later.",
    )


@dataclass(frozen=True, slots=True)
class CaseKey:
    """The key of one case, and how it is stored."""

    case_id: UUID
    wrapped: bytes
    _cipher: AESGCM | None = field(default=None, repr=False, compare=False)
    """None where what is stored cannot be opened: such a key shows no text, and seals none."""

    @property
    def opens(self) -> bool:
        """Whether it could be opened itself."""
        return self._cipher is not None

    def seal_text(self, sequence: int, place: str, text: str) -> str:
        """A personal text as the log holds it: of the case's `sequence`-th act, at this place in the act.

        Raises:
            KeyNotAtHand
        """
        where = f"{sequence}/{place}"
        sealed = base64.urlsafe_b64encode(_seal(self._cipher, text.encode(), self._bound(where)))
        return f"sealed:{where}:{sealed.decode()}"

    def open_text(self, sealed: str, *, sequence: int | None = None, place: str | None = None) -> str:
        """The text. In the log its place is known; in the state it stands where the act has put it.

        Raises:
            Unreadable
        """
        _, _, bound = sealed.partition("sealed:")
        where, _, content = bound.rpartition(":")
        if sequence is not None and where != f"{sequence}/{place}":
            raise Unreadable("a text that belongs elsewhere")
        try:
            raw = base64.b64decode(content, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unreadable("no sealed text") from error
        if f"sealed:{where}:{base64.urlsafe_b64encode(raw).decode()}" != sealed:
            raise Unreadable("not spelled as it was sealed")
        return _open(self._cipher, raw, self._bound(where)).decode()

    def seal_form(self, salt: bytes, content: bytes) -> bytes:
        """What the applicant filled in, with the salt of its commitment."""
        return _seal(self._cipher, salt + content, self._bound("form"))

    def open_form(self, sealed: bytes) -> tuple[bytes, bytes]:
        """Salt and content.

        Raises:
            Unreadable
        """
        opened = _open(self._cipher, sealed, self._bound("form"))
        return opened[:SALT_LENGTH], opened[SALT_LENGTH:]

    def _bound(self, where: str) -> bytes:
        return f"{self.case_id}/{where}".encode()


def shown(key: CaseKey | None, sealed: str) -> str:
    """A stored text for those who may read it; says so when it cannot be read any more."""
    if key is None:
        return ERASED
    try:
        return key.open_text(sealed)
    except Unreadable:
        return UNREADABLE


class Keyring:
    """The versions of the master key. `master_keys`: `1:<32 octets in base64url>`, several with commas between.

    One that begins with `read:` opens what others have sealed under it, and seals nothing.
    """

    def __init__(self, master_keys: str) -> None:
        """Raises ValueError when it cannot be read, or nothing could be sealed."""
        read, sealing = _versions(master_keys)
        self._ciphers = {version: _cipher(secret) for version, secret in {**read, **sealing}.items()}
        self.newest = max(sealing)

    @property
    def newest_mark(self) -> bytes:
        """How that which is sealed under the newest version begins, of those that seal."""
        return self.newest.to_bytes(_VERSION_LENGTH, "big")

    def new_key(self, case_id: UUID) -> CaseKey:
        """A key for a new case."""
        return self._case_key(case_id, os.urandom(_KEY_LENGTH))

    def key_of(self, case_id: UUID, wrapped: bytes) -> CaseKey:
        """The key of a case, as it is stored.

        Raises:
            Unreadable
        """
        return CaseKey(case_id, wrapped, AESGCM(self.open(wrapped, bound_to=_key_of(case_id))))

    def _case_key(self, case_id: UUID, key: bytes) -> CaseKey:
        return CaseKey(case_id, self.seal(key, bound_to=_key_of(case_id)), AESGCM(key))

    def seal(self, content: bytes, *, bound_to: str) -> bytes:
        """Seal under the master key itself what belongs to no case yet, or is kept for a day."""
        return self.newest_mark + _seal(self._ciphers[self.newest], content, bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Open what `seal` made.

        Raises:
            Unreadable
        """
        version = int.from_bytes(sealed[:_VERSION_LENGTH], "big")
        if version not in self._ciphers:
            raise Unreadable(f"sealed under version {version} of the master key, which is not at hand")
        return _open(self._ciphers[version], sealed[_VERSION_LENGTH:], bound_to.encode())

    def resealed(self, sealed: bytes, *, bound_to: str) -> bytes:
        """The same content, sealed under the newest version.

        Raises:
            Unreadable
        """
        return self.seal(self.open(sealed, bound_to=bound_to), bound_to=bound_to)


def hand_over(keyring: Keyring, database: Database) -> None:
    """Let whoever has a connection of the service seal and open what is stored in it."""
    event.listen(
        database.engine.sync_engine,
        "connect",
        lambda _, record: record.info.__setitem__(_AT_HAND, keyring),
    )


def keyring_of(tx: AsyncConnection) -> Keyring:
    """The keyring that was handed to the transaction's database."""
    keyring: Keyring = tx.info[_AT_HAND]
    return keyring


def _key_of(case_id: UUID) -> str:
    return f"key of case {case_id}"


def _versions(master_keys: str) -> tuple[Mapping[int, bytes], Mapping[int, bytes]]:
    """Those that are only read, and those that seal."""
    read: dict[int, bytes] = {}
    sealing: dict[int, bytes] = {}
    for part in master_keys.split(","):
        given = part.strip()
        version, colon, secret = given.removeprefix(_ONLY_READ).partition(":")
        octets = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        if not colon or not 0 < int(version) < 1 << 16 or len(octets) != _KEY_LENGTH:
            raise ValueError("a version, a colon, and 32 octets in base64url")
        (read if given.startswith(_ONLY_READ) else sealing)[int(version)] = octets
    return read, sealing


def _cipher(secret: bytes) -> AESGCM:
    hkdf = HKDF(algorithm=SHA256(), length=_KEY_LENGTH, salt=None, info=b"motcua procedures sealing")
    return AESGCM(hkdf.derive(secret))


def _seal(cipher: AESGCM | None, content: bytes, bound_to: bytes) -> bytes:
    if cipher is None:
        raise KeyNotAtHand
    nonce = os.urandom(_NONCE_LENGTH)
    return nonce + cipher.encrypt(nonce, content, bound_to)


def _open(cipher: AESGCM | None, sealed: bytes, bound_to: bytes) -> bytes:
    if cipher is None:
        raise Unreadable("its key cannot be opened")
    try:
        return cipher.decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("changed, or sealed elsewhere") from error
