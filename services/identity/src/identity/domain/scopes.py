"""Scopes: what a token may be used for (RFC 6749 §3.3), written `service:noun:act`.

The standard scopes of OpenID Connect stand beside them. A scope narrows what the bearer may do; it never
widens what the person or official was allowed in the first place.
"""

import re
from collections.abc import Iterable

from identity.domain.protocol import InvalidScope

OPENID = "openid"
STANDARD = frozenset({OPENID, "profile", "email", "phone"})
ADMINISTRATOR = "QUAN_TRI"
"""The role whose holder administers identity inside the own agency's tree."""
LEADING = frozenset({"KY_DUYET", ADMINISTRATOR})
"""The roles of those who lead an agency, or see to it for them."""

_OWN = re.compile(r"[a-z][a-z-]*(?::[a-z][a-z-]*){2}")
_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_FOR_LEADERS = frozenset({"procedures:work:manage"})
_ADMINISTRATIVE = re.compile(r"identity:(?!people:)[a-z-]+:write")


def is_scope(text: str) -> bool:
    """Whether `text` can be registered as a scope of a client."""
    return text in STANDARD or _OWN.fullmatch(text) is not None


def is_administrative(scope: str) -> bool:
    """Whether the scope lets its bearer change identity's registers of agencies, officials and clients."""
    return _ADMINISTRATIVE.fullmatch(scope) is not None


def parse_scope(text: str) -> frozenset[str]:
    """The scopes of a space-separated list (RFC 6749 §3.3).

    Raises:
        InvalidScope: when one holds a character that the standard does not allow.
    """
    scopes = frozenset(text.split(" ")) - {""}
    if not all(_TOKEN.fullmatch(scope) for scope in scopes):
        raise InvalidScope("scope holds a character that RFC 6749 section 3.3 does not allow")
    return scopes


def grant_scopes(asked: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """What of `asked` is granted, which is all of it or nothing.

    Raises:
        InvalidScope: when something was asked that the client may not have.
    """
    refused = asked - allowed
    if refused:
        raise InvalidScope(f"not allowed for this client: {' '.join(sorted(refused))}")
    return asked


def within_roles(scopes: frozenset[str], roles: Iterable[str]) -> frozenset[str]:
    """The scopes that an official of these roles can carry.

    Only administrators change identity's registers, and only those who lead oversee the work of all others.
    """
    held = frozenset(roles)
    if not held & LEADING:
        scopes -= _FOR_LEADERS
    if ADMINISTRATOR in held:
        return scopes
    return frozenset(scope for scope in scopes if not is_administrative(scope))


def written(scopes: frozenset[str]) -> str:
    """The scopes as one space-separated text, sorted so that equal sets read alike."""
    return " ".join(sorted(scopes))
