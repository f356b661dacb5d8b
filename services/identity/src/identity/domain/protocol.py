"""Refusals of the authorization server, each with the error code that its standard gives it.

Their wire form is the standard's (`error`, `error_description`), not the problem document of the REST
routes; the description is ASCII English because RFC 6749 §5.2 allows nothing else. The kind that each
derives from says which HTTP status it becomes.
"""

from typing import ClassVar

from shared.errors import Forbidden, Invalid, MotcuaError, Text, Unauthenticated


class ProtocolError(MotcuaError):
    """A refusal that the standard names by `code`."""

    code: ClassVar[str]

    def __init__(self, description: str) -> None:
        self.description = description
        super().__init__(Text(vi=description, en=description))


class InvalidRequest(ProtocolError, Invalid):
    """A parameter is missing, repeated or malformed (RFC 6749 §4.1.2.1, §5.2)."""

    code = "invalid_request"


class InvalidClient(ProtocolError, Unauthenticated):
    """The client is unknown or could not prove who it is (RFC 6749 §5.2, RFC 7523 §3.2)."""

    code = "invalid_client"


class InvalidGrant(ProtocolError, Invalid):
    """The code or refresh token is wrong, used, expired, revoked or another client's (RFC 6749 §5.2)."""

    code = "invalid_grant"


class UnauthorizedClient(ProtocolError, Invalid):
    """The client may not use this grant (RFC 6749 §4.1.2.1, §5.2)."""

    code = "unauthorized_client"


class UnsupportedGrantType(ProtocolError, Invalid):
    """We do not know this grant (RFC 6749 §5.2)."""

    code = "unsupported_grant_type"


class UnsupportedResponseType(ProtocolError, Invalid):
    """Only the authorization code is issued (RFC 6749 §4.1.2.1)."""

    code = "unsupported_response_type"


class InvalidScope(ProtocolError, Invalid):
    """A scope is unknown, malformed or not allowed here (RFC 6749 §4.1.2.1, §5.2)."""

    code = "invalid_scope"


class AccessDenied(ProtocolError, Forbidden):
    """The person said no, or may not act through this client (RFC 6749 §4.1.2.1)."""

    code = "access_denied"


class LoginRequired(ProtocolError, Invalid):
    """Nobody is signed in and `prompt=none` forbids to ask (OpenID Connect Core §3.1.2.6)."""

    code = "login_required"


class ConsentRequired(ProtocolError, Invalid):
    """The person has not agreed yet and `prompt=none` forbids to ask (OpenID Connect Core §3.1.2.6)."""

    code = "consent_required"


class RequestNotSupported(ProtocolError, Invalid):
    """Request objects are not taken (OpenID Connect Core §3.1.2.6)."""

    code = "request_not_supported"


class RequestUriNotSupported(ProtocolError, Invalid):
    """Request objects by reference are not taken (OpenID Connect Core §3.1.2.6)."""

    code = "request_uri_not_supported"


class UnsupportedTokenType(ProtocolError, Invalid):
    """Access tokens live for minutes and cannot be called back (RFC 7009 §2.2.1)."""

    code = "unsupported_token_type"


class InvalidToken(ProtocolError, Unauthenticated):
    """The access token is missing, expired or not ours (RFC 6750 §3.1)."""

    code = "invalid_token"


class InsufficientScope(ProtocolError, Forbidden):
    """The access token was not granted what this needs (RFC 6750 §3.1)."""

    code = "insufficient_scope"
