"""Verifying a result without the platform: from its file and the certificates of authorities alone.

A signature is judged at the instant when it was made: a certificate that has ended since does not undo it. That
instant is proven where a time-stamp authority attests it; or else the signer says so.
"""

import json
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from procedures.results.signing import TYPE, WithChain
from procedures.results.signing_keys import ALGORITHMS

_CLOCKS_DIFFER = timedelta(minutes=5)
"""By so much the signer's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a file is as it was signed, by whom and when."""

    sound: bool
    """It is unchanged, and the certificate was the authority's and valid when it was signed."""
    signer: str | None = None
    signed_at: datetime | None = None
    attested: bool = False
    """A time-stamp authority attests when it was signed."""
    ended_at: datetime | None = None
    """When the certificate ended, if it has."""
    content: dict[str, Any] | None = None
    """Of a signed JSON."""


CHANGED = Checked(sound=False)


async def check(content: bytes, authorities: bytes, now: datetime) -> Checked:
    """Check a signed PDF or JSON against the certificates of authorities, in PEM.

    Raises:
        ValueError: these are no certificates.
    """
    roots = [_read(one) for one in x509.load_pem_x509_certificates(authorities)]
    checking = _check_pdf if content.startswith(b"%PDF") else _check_json
    return await checking(content, roots, now)


async def _check_json(token: bytes, roots: Sequence[Certificate], now: datetime) -> Checked:
    """A JWS: its signature by the first certificate of its header, and the way from there to an authority."""
    registry = WithChain(algorithms=ALGORITHMS)
    try:
        header = jws.extract_compact(token, registry=registry).headers()
        own, *others = [x509.load_der_x509_certificate(b64decode(one)) for one in header["x5c"]]
        found = jws.deserialize_compact(token, _key_of(own), registry=registry)
        content = json.loads(found.payload)
        signed_at = datetime.fromisoformat(content["issuedAt"])
        context = ValidationContext(trust_roots=list(roots), moment=signed_at, allow_fetching=False)
        validator = CertificateValidator(_read(own), map(_read, others), validation_context=context)
        await validator.async_validate_usage({"non_repudiation"})  # type: ignore[no-untyped-call]
        sound = header.get("typ") == TYPE and signed_at <= now + _CLOCKS_DIFFER
    except (JoseError, PathError, ValidationError, UnsupportedAlgorithm, ValueError, KeyError, TypeError):
        return CHANGED
    ends_at = own.not_valid_after_utc
    signer = own.subject.rfc4514_string()
    return Checked(sound, signer, signed_at, False, ends_at if ends_at < now else None, content)


async def _check_pdf(content: bytes, roots: Sequence[Certificate], now: datetime) -> Checked:
    try:
        (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
        signed_at = signature.self_reported_timestamp
        if signed_at is None or signed_at.tzinfo is None:
            return CHANGED
        context = ValidationContext(trust_roots=list(roots), moment=signed_at, allow_fetching=False)
        status = await async_validate_pdf_signature(signature, context)
    except (PdfError, ValueError, TypeError):
        return CHANGED
    stamp, ends_at = status.timestamp_validity, status.signing_cert.not_valid_after
    attested = False
    if stamp is not None and stamp.valid and stamp.intact and stamp.trusted:
        attested, signed_at = True, stamp.timestamp
    whole = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
    in_time = signed_at <= min(ends_at, now + _CLOCKS_DIFFER)
    sound = status.intact and status.valid and status.trusted and whole and in_time
    signer = str(status.signing_cert.subject.human_friendly)
    return Checked(sound, signer, signed_at, attested, ends_at if ends_at < now else None)


def _key_of(certificate: x509.Certificate) -> ECKey | RSAKey:
    key = certificate.public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(key, RSAPublicKey):
        return RSAKey.import_key(pem)
    if isinstance(key, EllipticCurvePublicKey):
        return ECKey.import_key(pem)
    raise ValueError("a key of another kind")


def _read(certificate: x509.Certificate) -> Certificate:
    return Certificate.load(certificate.public_bytes(Encoding.DER))
