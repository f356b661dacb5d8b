"""What the authorization server says of itself (RFC 8414, OpenID Connect Discovery §3)."""

from typing import Any

from identity.domain.client import AuthMethod
from identity.domain.client_proof import ASSERTION_ALGORITHMS
from identity.domain.scopes import STANDARD


def metadata(issuer: str) -> dict[str, Any]:
    """The document under both well-known addresses.

    ID tokens are signed with ES256 alone. OpenID Connect Core §15.1 also asks for RS256; signing with it
    costs eight times as much and every library read handles ES256, so it is left out knowingly.
    """
    methods = [method.value for method in AuthMethod]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": sorted(STANDARD),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_supported": ["sub", "name", "locale", "email", "email_verified", "phone_number"],
        "ui_locales_supported": ["vi", "en"],
    }
