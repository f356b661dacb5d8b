"""Verifying a result without the platform: from its file and the authority's certificate alone."""

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from procedures.results.signing import TYPE, WithChain


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a file is as it was signed, and by whom."""

    sound: bool
    signer: str | None = None
    content: dict[str, Any] | None = None
    """Of a signed JSON."""


async def check(content: bytes, authority: bytes, now: datetime) -> Checked:
    """Check a signed PDF or JSON against the certificate of an authority, in PEM."""
    root = x509.load_pem_x509_certificate(authority)
    return await _check_pdf(content, root) if content.startswith(b"%PDF") else check_json(content, root, now)


def check_json(token: bytes, root: x509.Certificate, now: datetime) -> Checked:
    """Check a JWS: its signature, and that its certificate is the authority's and was valid."""
    registry = WithChain(algorithms=["ES256"])
    try:
        header = jws.extract_compact(token, registry=registry).headers()
        certificate = x509.load_der_x509_certificate(b64decode(header["x5c"][0]))
        certificate.verify_directly_issued_by(root)
        key = ECKey.import_key(_pem(certificate))
        found = jws.deserialize_compact(token, key, registry=registry)
        sound = (
            header.get("typ") == TYPE
            and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        )
        content = json.loads(found.payload)
    except (JoseError, ValueError, KeyError, IndexError, TypeError, InvalidSignature):
        return Checked(sound=False)
    return Checked(sound, certificate.subject.rfc4514_string(), content)


async def _check_pdf(content: bytes, root: x509.Certificate) -> Checked:
    trusted = Certificate.load(root.public_bytes(Encoding.DER))
    try:
        reader = PdfFileReader(BytesIO(content))
        (signature,) = reader.embedded_signatures
        context = ValidationContext(trust_roots=[trusted], allow_fetching=False)
        status = await async_validate_pdf_signature(signature, context)
    except (PdfError, ValueError):
        return Checked(sound=False)
    whole = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
    return Checked(status.bottom_line and whole, str(status.signing_cert.subject.human_friendly))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
