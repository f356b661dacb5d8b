"""What tokens say (RFC 9068 §2.2 for access tokens, OpenID Connect Core §2 for ID tokens)."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from identity.domain.client import Kind
from identity.domain.official import Post
from identity.domain.scopes import written


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token speaks for: a person, an official with agency and posts, or a client."""

    sub: str
    kind: Kind
    agency: str | None = None
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """By whom, when, and for how long tokens are issued."""

    issuer: str
    audience: str
    lifetime: timedelta
    at: datetime

    @property
    def issued_at(self) -> int:
        return int(self.at.timestamp())

    @property
    def expires_at(self) -> int:
        return self.issued_at + self.expires_in

    @property
    def expires_in(self) -> int:
        return int(self.lifetime.total_seconds())


def access_claims(
    issue: Issue, subject: Subject, client_id: str, scopes: frozenset[str], jti: UUID
) -> dict[str, Any]:
    """The claims of an access token."""
    claims: dict[str, Any] = {
        "iss": issue.issuer,
        "sub": subject.sub,
        "aud": issue.audience,
        "exp": issue.expires_at,
        "iat": issue.issued_at,
        "jti": str(jti),
        "client_id": client_id,
        "scope": written(scopes),
        "kind": subject.kind.value,
    }
    if subject.agency is not None:
        claims["agency"] = subject.agency
    if subject.kind is Kind.OFFICIAL:
        claims["posts"] = [{"unit": post.unit, "role": post.role} for post in subject.posts]
    return claims


def id_claims(
    issue: Issue,
    subject: Subject,
    client_id: str,
    *,
    auth_time: datetime,
    nonce: str | None,
    access_token: str,
) -> dict[str, Any]:
    """The claims of an ID token; `at_hash` ties it to the access token issued beside it (§3.1.3.6)."""
    claims: dict[str, Any] = {
        "iss": issue.issuer,
        "sub": subject.sub,
        "aud": client_id,
        "exp": issue.expires_at,
        "iat": issue.issued_at,
        "auth_time": int(auth_time.timestamp()),
        "at_hash": half_hash(access_token),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return claims


def half_hash(token: str) -> str:
    """The left half of the token's SHA-256, in base64url (OpenID Connect Core §3.1.3.6)."""
    half = hashlib.sha256(token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
