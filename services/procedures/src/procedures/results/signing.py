"""The agency's signature: JWS for programs, PAdES for people, both with one certificate.

Of the certificates of an agency the one that became valid last signs; the public keys of all are published, so that
what was signed before a change of certificate stays verifiable. Where a time-stamp authority is set up, a PDF also
proves when it was signed (PAdES B-T).
"""

import asyncio
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc import jws
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError

from procedures.results.signing_keys import ALGORITHMS, SigningKey, SigningKeys
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


class TimeNotAttested(Unavailable):
    """The time-stamp authority that is set up does not answer as it should."""

    slug = "time-not-attested"
    title = Text(
        vi="Dịch vụ cấp dấu thời gian không trả lời; hãy thử lại sau.",
        en="The time-stamp authority does not answer; try again later.",
    )


class Seal:
    """Signs in the name of agencies."""

    def __init__(self, keys: SigningKeys, time_stamper: TimeStamper | None = None) -> None:
        self._keys = keys
        self._time_stamper = time_stamper

    def has_key(self, agency: str, now: datetime) -> bool:
        """Whether the agency can sign now."""
        return self._keys.valid(agency, now) is not None

    def require_key(self, agency: str, now: datetime) -> SigningKey:
        """The key with which the agency signs now.

        Raises:
            SigningNotSetUp
        """
        key = self._keys.valid(agency, now)
        if key is None:
            raise SigningNotSetUp
        return key

    def sign_json(self, content: bytes, now: datetime, *, agency: str) -> str:
        """A JWS in compact form over the content (RFC 7515), with the certificates in its header.

        Raises:
            SigningNotSetUp
        """
        key = self.require_key(agency, now)
        header = {"alg": key.algorithm, "typ": TYPE, "kid": key.jwk.kid, "x5c": list(key.chain)}
        return jws.serialize_compact(header, content, key.jwk, registry=WithChain(algorithms=ALGORITHMS))

    async def sign_pdf(self, content: bytes, now: datetime, *, agency: str, reason: str) -> bytes:
        """The PDF with a PAdES signature (ETSI EN 319 142), made in a thread.

        Raises:
            SigningNotSetUp, TimeNotAttested.
        """
        key = self.require_key(agency, now)
        metadata = PdfSignatureMetadata(
            field_name="Agency", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256", reason=reason
        )
        signer = _SignerAt(now, metadata, signer=key.signer, timestamper=self._time_stamper)
        try:
            return await asyncio.to_thread(signer.signed, content)
        except TimestampRequestError as refused:
            raise TimeNotAttested from refused

    def public_keys(self) -> Mapping[str, Any]:
        """The public keys of all certificates, as a JWK set with their chains."""
        keys = self._keys.all()
        return {"keys": [{**key.jwk.as_dict(private=False), "x5c": list(key.chain)} for key in keys]}


class _SignerAt(PdfSigner):
    """Claims to sign at the instant that it is handed, where pyHanko would ask the machine."""

    def __init__(self, now: datetime, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._now = now

    def init_signing_session(
        self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._now
        return session

    def signed(self, content: bytes) -> bytes:
        # PDF/A (ISO 19005-2, 6.1.9) wants what is appended to begin on a line of its own.
        result: bytes = self.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content + b"\n"))).getvalue()
        return result
