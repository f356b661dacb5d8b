"""The agency's signature: JWS for programs, PAdES for people, both with one certificate.

Certificates lie as PKCS#12 files in a folder. The one that became valid last signs; the public keys of all are
published, so that what was signed before a change of certificate stays verifiable.
"""

import io
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from joserfc import jws
from joserfc.jwk import ECKey, KeySet
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession

from shared.errors import Text, Unavailable

TYPE = "motcua-result+jws"


class WithChain(jws.JWSRegistry):
    """Headers that hold a chain of certificates."""

    max_header_length = 32 * 1024
    max_payload_length = 8 * 1024 * 1024


class SigningNotSetUp(Unavailable):
    """The agency has no certificate that is valid now."""

    slug = "signing-not-set-up"
    title = Text(
        vi="Chưa có chứng thư số còn hiệu lực để ký kết quả.",
        en="There is no valid certificate to sign results with.",
    )


@dataclass(frozen=True, slots=True)
class _Certificate:
    valid_from: datetime
    valid_until: datetime
    pkcs12: bytes
    key: ECKey
    chain: tuple[str, ...]
    """Base64 of DER, the signer's own first (RFC 7515, section 4.1.6)."""


class Seal:
    """Signs results."""

    def __init__(self, folder: Path | None, passphrase: bytes) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._read: dict[Path, _Certificate] = {}

    def sign_json(self, content: bytes, now: datetime) -> str:
        """A JWS in compact form over the content (RFC 7515), with the certificates in its header.

        Raises:
            SigningNotSetUp
        """
        certificate = self._current(now)
        header = {"alg": "ES256", "typ": TYPE, "kid": certificate.key.kid, "x5c": list(certificate.chain)}
        return jws.serialize_compact(
            header, content, certificate.key, registry=WithChain(algorithms=["ES256"])
        )

    async def sign_pdf(self, content: bytes, now: datetime, *, reason: str) -> bytes:
        """The PDF with a PAdES signature (ETSI EN 319 142).

        Raises:
            SigningNotSetUp
        """
        certificate = self._current(now)
        signer = SimpleSigner.load_pkcs12_data(
            certificate.pkcs12, other_certs=[], passphrase=self._passphrase
        )
        metadata = PdfSignatureMetadata(
            field_name="Agency", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason
        )
        # PDF/A (ISO 19005-2, 6.1.9) wants what is appended to begin on a line of its own.
        writer = IncrementalPdfFileWriter(io.BytesIO(content + b"\n"))
        signed = await _PdfSigner(metadata, now, signer=signer).async_sign_pdf(writer)
        result: bytes = signed.getvalue()
        return result

    def public_keys(self) -> Mapping[str, Any]:
        """The public keys of all certificates, as a JWK set with their chains."""
        return {
            "keys": [
                {**one.key.as_dict(private=False), "x5c": list(one.chain)} for one in self._certificates()
            ]
        }

    def key_set(self) -> KeySet:
        return KeySet([one.key for one in self._certificates()])

    def _current(self, now: datetime) -> _Certificate:
        valid = [one for one in self._certificates() if one.valid_from <= now <= one.valid_until]
        if not valid:
            raise SigningNotSetUp
        return max(valid, key=lambda one: one.valid_from)

    def _certificates(self) -> list[_Certificate]:
        """Those in the folder now; a file is read once."""
        files = sorted(self._folder.glob("*.p12")) if self._folder and self._folder.is_dir() else []
        for file in files:
            if file not in self._read:
                self._read[file] = _read(file.read_bytes(), self._passphrase)
        return [self._read[file] for file in files]


class _PdfSigner(PdfSigner):
    """Claims to sign at the time that it is handed, where pyHanko would ask the machine."""

    def __init__(self, metadata: PdfSignatureMetadata, now: datetime, *, signer: SimpleSigner) -> None:
        super().__init__(metadata, signer=signer)
        self._now = now

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._now
        return session


def _read(pkcs12: bytes, passphrase: bytes) -> _Certificate:
    """A certificate with its key.

    Raises:
        ValueError: it is not one with a key on the curve P-256, or the passphrase is wrong.
    """
    found = load_pkcs12(pkcs12, passphrase)
    if found.cert is None or not isinstance(found.key, EllipticCurvePrivateKey):
        raise ValueError("a certificate with an EC key is needed")
    pem = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = ECKey.import_key(pem, {"alg": "ES256", "use": "sig"})
    key.ensure_kid()
    chain = [found.cert.certificate, *(extra.certificate for extra in found.additional_certs)]
    return _Certificate(
        valid_from=found.cert.certificate.not_valid_before_utc,
        valid_until=found.cert.certificate.not_valid_after_utc,
        pkcs12=pkcs12,
        key=key,
        chain=tuple(b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain),
    )
