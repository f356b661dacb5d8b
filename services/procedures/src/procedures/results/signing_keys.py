"""The keys that agencies sign with, each with its certificates: PKCS#12 files in a folder.

    certificates/common.p12            of every agency that has none of its own
    certificates/H99.01/2026.p12       of this agency

Keys are on the curve P-256, or RSA of at least 2048 bits, as the authorities of governments issue them.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from joserfc.jwk import ECKey, RSAKey
from pyhanko.sign.signers import SimpleSigner

ALGORITHMS = ["ES256", "RS256"]
"""How signed JSON is signed (RFC 7518): on P-256, or with RSA."""

_SHORTEST_RSA = 2048
_EVERY_SECONDS = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with its certificate, of an agency or of all that have none of their own (None)."""

    agency: str | None
    valid_from: datetime
    valid_until: datetime
    algorithm: str
    jwk: ECKey | RSAKey
    signer: SimpleSigner
    """The same key as PDF is signed with."""
    chain: tuple[str, ...]
    """Base64 of DER, the signer's own first (RFC 7515, section 4.1.6)."""


class SigningKeys:
    """The keys in a folder. A file that cannot be used is logged once, and left out."""

    def __init__(self, folder: Path | None, passphrase: bytes) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._read: dict[tuple[Path, int, int], SigningKey | None] = {}
        self.read_anew()

    def read_anew(self) -> None:
        """Take up what has come to the folder or changed there, and forget what is gone."""
        read: dict[tuple[Path, int, int], SigningKey | None] = {}
        for file, agency in self._files():
            version = (file, *_stamp(file))
            read[version] = (
                self._read[version] if version in self._read else _usable(file, agency, self._passphrase)
            )
        self._read = read

    def all(self) -> list[SigningKey]:
        """All that can be used, also those whose certificate is not valid now."""
        return [key for key in self._read.values() if key is not None]

    def valid(self, agency: str, now: datetime) -> SigningKey | None:
        """The one that signs for the agency: of those valid now the newest, its own before the common ones."""
        valid = [key for key in self.all() if key.valid_from <= now <= key.valid_until]
        own = [key for key in valid if key.agency == agency]
        common = [key for key in valid if key.agency is None]
        return max(own or common, key=lambda key: key.valid_from, default=None)

    def _files(self) -> Iterator[tuple[Path, str | None]]:
        """Each file and whose it is."""
        if self._folder is not None and self._folder.is_dir():
            yield from ((file, None) for file in sorted(self._folder.glob("*.p12")))
            yield from ((file, file.parent.name) for file in sorted(self._folder.glob("*/*.p12")))


def _stamp(file: Path) -> tuple[int, int]:
    """Differs once the file was changed."""
    try:
        stat = file.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


def _usable(file: Path, agency: str | None, passphrase: bytes) -> SigningKey | None:
    try:
        return _read(file.read_bytes(), passphrase, agency)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        log.error("result_certificate.unusable", file=str(file), reason=str(error))
        return None


def _read(pkcs12: bytes, passphrase: bytes, agency: str | None) -> SigningKey:
    """A key with its certificates.

    Raises:
        ValueError: it is of another kind, or the passphrase is wrong.
    """
    found = load_pkcs12(pkcs12, passphrase)
    if found.cert is None or found.key is None:
        raise ValueError("a certificate with its private key is needed")
    pem = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    jwk: ECKey | RSAKey
    match found.key:
        case EllipticCurvePrivateKey(curve=SECP256R1()):
            algorithm, jwk = "ES256", ECKey.import_key(pem, {"alg": "ES256", "use": "sig"})
        case RSAPrivateKey(key_size=size) if size >= _SHORTEST_RSA:
            algorithm, jwk = "RS256", RSAKey.import_key(pem, {"alg": "RS256", "use": "sig"})
        case _:
            raise ValueError(f"a key on P-256, or RSA of at least {_SHORTEST_RSA} bits, is needed")
    jwk.ensure_kid()
    chain = [found.cert.certificate, *(extra.certificate for extra in found.additional_certs)]
    return SigningKey(
        agency=agency,
        valid_from=found.cert.certificate.not_valid_before_utc,
        valid_until=found.cert.certificate.not_valid_after_utc,
        algorithm=algorithm,
        jwk=jwk,
        signer=SimpleSigner.load_pkcs12_data(pkcs12, other_certs=[], passphrase=passphrase),
        chain=tuple(b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain),
    )


async def keep_read(keys: SigningKeys) -> None:
    """Follow the folder for as long as the application runs: a certificate can be put there any time."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        await asyncio.to_thread(keys.read_anew)
