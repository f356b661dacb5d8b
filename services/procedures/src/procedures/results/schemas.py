"""Bodies of requests and answers about results."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from procedures.domain.result import ResultState
from shared.schema import Schema, Words

_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Issuance(Schema):
    type: str = Field(
        max_length=100, examples=["GIAY_CHUNG_NHAN"], description="Code of a type of result of the procedure"
    )
    supersedes: UUID | None = Field(None, description="The result that this one takes the place of")


class Revocation(Schema):
    reason: str = Field(min_length=1, max_length=4000, examples=["Thông tin kê khai không đúng sự thật."])
    legal_ground: str = Field(min_length=1, max_length=500, examples=["Nghị định 01/2021/NĐ-CP, Điều 93"])


class OtherResult(Schema):
    """A result that took the place of another, or whose place was taken."""

    number: str = Field(examples=["12/2026/GCN"])
    issued_at: datetime


class ResultVerification(Schema):
    """What anyone with a result in hand may know: whether it is ours, and whether it counts. Nothing personal."""

    number: str = Field(examples=["07/2026/GCN"])
    title: Words
    agency: str = Field(examples=["H99.01"])
    agency_name: Words
    issued_at: datetime
    state: ResultState
    ended_at: datetime | None = Field(None, description="Since when it does not count any more")
    legal_ground: str | None = Field(None, examples=["Nghị định 01/2021/NĐ-CP, Điều 93"])
    superseded_by: OtherResult | None = None
    supersedes: OtherResult | None = None
    json_sha256: str = Field(examples=[_SHA256], description="Of the signed canonical JSON (RFC 8785)")
    pdf_sha256: str = Field(examples=[_SHA256], description="Of the signed PDF")


class PublicKeys(Schema):
    """A JWK set (RFC 7517), each key with its chain of certificates."""

    keys: list[dict[str, Any]] = Field(examples=[[{"kty": "EC", "crv": "P-256", "kid": "…"}]])
