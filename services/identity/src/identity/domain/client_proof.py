"""How a client says who it is at the token endpoint (RFC 6749 §2.3, RFC 7523 §2.2, §3)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from identity.domain.client import AuthMethod
from identity.domain.protocol import InvalidClient, InvalidRequest

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("ES256", "PS256", "Ed25519")

_SKEW = timedelta(seconds=10)
_LONGEST_LIFE = timedelta(hours=1)
_LONGEST_JTI = 200


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client presented, not yet verified: a secret, an assertion, or its id alone."""

    method: AuthMethod
    client_id: str | None
    secret: str = ""
    assertion: str = ""


def presented(authorization: str | None, form: Mapping[str, str]) -> Presented:
    """What the request presents, which must be one thing and no more (RFC 6749 §2.3).

    Raises:
        InvalidRequest: two ways at once.
        InvalidClient: none at all, or one that cannot be read.
    """
    client_id = form.get("client_id")
    ways = [authorization is not None, "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise InvalidRequest("the client authenticated in more than one way")
    if authorization is not None:
        return _basic(authorization, client_id)
    if "client_assertion" in form:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise InvalidClient("client_assertion_type must be jwt-bearer")
        return Presented(AuthMethod.KEY, client_id, assertion=form["client_assertion"])
    if client_id is None:
        raise InvalidClient("the client did not say who it is")
    if "client_secret" in form:
        return Presented(AuthMethod.POST, client_id, secret=form["client_secret"])
    return Presented(AuthMethod.NONE, client_id)


def check_assertion(
    claims: Mapping[str, Any], *, client_id: str, audiences: frozenset[str], now: datetime
) -> tuple[str, datetime]:
    """The `jti` and expiry of an assertion whose signature was verified (RFC 7523 §3).

    `aud` is one text, the issuer or the token endpoint: a list would let the assertion be used elsewhere.
    It lives an hour at most, as long as common libraries make it, so that used ones are soon forgotten.

    Raises:
        InvalidClient: a claim is missing or does not hold.
    """
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise InvalidClient("iss and sub of the assertion must be the client_id")
    audience = claims.get("aud")
    if not isinstance(audience, str) or audience not in audiences:
        raise InvalidClient("aud of the assertion must be the issuer")
    expires_at = _instant(claims, "exp")
    if expires_at is None or not now - _SKEW < expires_at <= now + _LONGEST_LIFE + _SKEW:
        raise InvalidClient("exp of the assertion is missing, past or too far ahead")
    for name in ("iat", "nbf"):
        begins_at = _instant(claims, name)
        if begins_at is not None and begins_at > now + _SKEW:
            raise InvalidClient(f"{name} of the assertion lies ahead")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI or not jti.isprintable():
        raise InvalidClient("jti of the assertion is missing, too long or not printable")
    return jti, expires_at


def _basic(authorization: str, client_id: str | None) -> Presented:
    """HTTP Basic with both halves form-encoded (RFC 6749 §2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise InvalidClient("the Authorization header cannot be read") from error
    if scheme.lower() != "basic" or not colon:
        raise InvalidClient("the Authorization header must be Basic")
    name = unquote_plus(name)
    if client_id not in (None, name):
        raise InvalidRequest("client_id differs from the Authorization header")
    return Presented(AuthMethod.BASIC, name, secret=unquote_plus(secret))


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    seconds = claims.get(name)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidClient(f"{name} of the assertion is no time") from error
