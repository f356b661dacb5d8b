"""Proof key for code exchange, S256 alone (RFC 7636; OAuth 2.1 §4.1.1)."""

import base64
import hashlib
import hmac
import re

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Whether `text` can be the S256 of anything: 32 octets in base64url (RFC 7636 §4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def proves(verifier: str, challenge: str) -> bool:
    """Whether the verifier is well formed (RFC 7636 §4.1) and is the one the challenge was made of (§4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    return hmac.compare_digest(challenge_of(verifier), challenge)
