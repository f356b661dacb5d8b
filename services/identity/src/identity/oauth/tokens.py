"""From a grant to the answer of the token endpoint (RFC 6749 §5.1)."""

from typing import Any

from identity.domain.claims import Issue, access_claims, id_claims
from identity.domain.scopes import OPENID, written
from identity.keys.ring import KeyRing
from identity.oauth.operations import Grant
from shared.ids import new_id


def token_answer(ring: KeyRing, issue: Issue, grant: Grant) -> dict[str, Any]:
    """Sign the tokens of a grant."""
    claims = access_claims(issue, grant.subject, grant.client.id, grant.scopes, new_id())
    access_token = ring.sign(claims, typ="at+jwt")
    answer: dict[str, Any] = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": issue.expires_in,
        "scope": written(grant.scopes),
    }
    if grant.refresh_token is not None:
        answer["refresh_token"] = grant.refresh_token
    if OPENID in grant.scopes and grant.auth_time is not None:
        identity = id_claims(
            issue,
            grant.subject,
            grant.client.id,
            auth_time=grant.auth_time,
            nonce=grant.nonce,
            access_token=access_token,
        )
        answer["id_token"] = ring.sign(identity, typ="JWT")
    return answer
