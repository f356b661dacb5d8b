"""What a client asks of the authorization endpoint (OAuth 2.1 §4.1.1, OpenID Connect Core §3.1.2.1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from identity.domain import pkce
from identity.domain.client import Client, Kind
from identity.domain.protocol import (
    InvalidRequest,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from identity.domain.redirects import is_registered
from identity.domain.scopes import grant_scopes, parse_scope
from shared.errors import Invalid, Text

_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be answered with a redirect to `redirect_uri`.

    `max_age` is in seconds; `challenge` is the S256 of the client's verifier.
    """

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    state: str | None = None
    nonce: str | None = None
    prompts: frozenset[str] = frozenset()
    max_age: int | None = None

    def needs_fresh_sign_in(self, auth_time: datetime | None, now: datetime) -> bool:
        """Whether the person must prove who they are (again), given when they last did."""
        if auth_time is None:
            return True
        return self.max_age is not None and now - auth_time > timedelta(seconds=self.max_age)


class UnknownClient(Invalid):
    """Nobody can be redirected, so the person is told (RFC 6749 §4.1.2.1)."""

    slug = "unknown-client"
    title = Text(
        vi="Ứng dụng gửi bạn đến đây chưa được đăng ký.",
        en="The application that sent you is not registered.",
    )


class UnregisteredRedirect(Invalid):
    """The address to go back to is not the client's, so nobody is sent there (RFC 6749 §4.1.2.1)."""

    slug = "unregistered-redirect"
    title = Text(
        vi="Ứng dụng gửi bạn đến đây muốn quay lại một địa chỉ chưa đăng ký.",
        en="The application that sent you wants to return to an address that is not registered.",
    )


def single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters as a mapping; those without a value count as absent (RFC 6749 §3.1, §3.2).

    Raises:
        InvalidRequest: when one is repeated, or holds the character NUL, which the database cannot store.
    """
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name in parameters:
            raise InvalidRequest(f"{_printable(name)} is repeated")
        if "\0" in value:
            raise InvalidRequest(f"{_printable(name)} holds the character NUL")
        parameters[name] = value
    return {name: value for name, value in parameters.items() if value}


def destination(parameters: Mapping[str, str], client: Client | None) -> str:
    """Where answers to this request may be sent.

    Raises:
        UnknownClient, UnregisteredRedirect: there is no such place, and the person must be told instead.
    """
    if client is None or client.kind is Kind.CLIENT:
        raise UnknownClient
    asked = parameters.get("redirect_uri", "")
    if not is_registered(asked, client.redirect_uris):
        raise UnregisteredRedirect
    return asked


def sign_out_destination(parameters: Mapping[str, str], client: Client | None) -> str | None:
    """Where a person goes after signing out, None to stay (OpenID Connect RP-Initiated Logout §3)."""
    asked = parameters.get("post_logout_redirect_uri", "")
    if client is None or not client.enabled or not is_registered(asked, client.post_logout_redirect_uris):
        return None
    return asked


def authorization_request(parameters: Mapping[str, str], client: Client) -> AuthorizationRequest:
    """Read a request whose destination is known to be safe.

    Raises:
        ProtocolError: to be sent to the destination.
    """
    _check_supported(parameters)
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not pkce.is_challenge(challenge):
        raise InvalidRequest("PKCE with code_challenge_method S256 is required")
    prompts = frozenset(parameters.get("prompt", "").split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise InvalidRequest("prompt is not understood, or none stands beside another")
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=parameters["redirect_uri"],
        scopes=grant_scopes(parse_scope(parameters.get("scope", "")), client.scopes),
        challenge=challenge,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        prompts=prompts,
        max_age=_seconds(parameters.get("max_age")),
    )


def _check_supported(parameters: Mapping[str, str]) -> None:
    if "request" in parameters:
        raise RequestNotSupported("request objects are not taken")
    if "request_uri" in parameters:
        raise RequestUriNotSupported("request objects are not taken")
    if "response_type" not in parameters:
        raise InvalidRequest("response_type is missing")
    if parameters["response_type"] != "code":
        raise UnsupportedResponseType("response_type must be code")
    if parameters.get("response_mode", "query") != "query":
        raise InvalidRequest("response_mode must be query")


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidRequest("max_age is a number of seconds")
    return int(text)


def _printable(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "?" for c in name[:40])
