"""The protocol endpoints at the root of the service: discovery, tokens, revocation, user information.

They are described by their standards and their metadata, so they stand outside the OpenAPI contract.
"""

from collections.abc import Awaitable, Callable, Mapping

import orjson
from fastapi import APIRouter, Request, Response

from identity.dependencies import IdentityParts, parts_of
from identity.domain.claims import Issue
from identity.domain.client import Client, Kind
from identity.domain.client_proof import presented
from identity.domain.protocol import (
    InsufficientScope,
    InvalidGrant,
    InvalidRequest,
    InvalidToken,
    ProtocolError,
    UnsupportedGrantType,
    UnsupportedTokenType,
)
from identity.domain.scopes import OPENID
from identity.oauth import operations
from identity.oauth.client_authentication import authenticate_client
from identity.oauth.forms import answer, read_form, refusal
from identity.oauth.metadata import metadata
from identity.oauth.operations import Grant
from identity.oauth.tokens import token_answer
from shared.auth import Principal, TokenRefused, public
from shared.web import Parts

router = APIRouter(include_in_schema=False, dependencies=[public()])

KEY_SET_MAX_AGE = 300
"""Seconds for which verifiers may keep the key set; keys are published for longer before they sign."""

GrantOf = Callable[[Request, Client, Mapping[str, str]], Awaitable[Grant]]


@router.get("/.well-known/oauth-authorization-server")
@router.get("/.well-known/openid-configuration")
async def read_metadata(request: Request) -> Response:
    """What the server says of itself (RFC 8414 §3, OpenID Connect Discovery §4)."""
    body = orjson.dumps(metadata(parts_of(request).settings.issuer))
    return Response(body, 200, {"cache-control": "public, max-age=3600"}, "application/json")


@router.get("/.well-known/jwks.json")
async def read_key_set(request: Request) -> Response:
    """The public keys (RFC 7517 §5)."""
    headers = {"cache-control": f"public, max-age={KEY_SET_MAX_AGE}"}
    return Response(parts_of(request).ring.published, 200, headers, "application/jwk-set+json")


@router.post("/oauth2/token")
async def issue_token(request: Request) -> Response:
    """The token endpoint (OAuth 2.1 §3.2)."""
    try:
        form = await read_form(request)
        client = await _authenticated(request, form)
        grant_of = _GRANTS.get(_required(form, "grant_type"))
        if grant_of is None:
            raise UnsupportedGrantType("grant_type is not known")
        grant = await grant_of(request, client, form)
    except ProtocolError as error:
        return refusal(error)
    identity = parts_of(request)
    return answer(token_answer(identity.ring, _issue(request, identity), grant))


@router.post("/oauth2/revoke")
async def revoke_token(request: Request) -> Response:
    """The revocation endpoint (RFC 7009 §2). Refresh tokens alone can be revoked."""
    try:
        form = await read_form(request)
        client = await _authenticated(request, form)
        token = _required(form, "token")
        if token.count(".") == 2:
            raise UnsupportedTokenType("access tokens run out by themselves within minutes")
        parts: Parts = request.app.state.parts
        async with parts.database.transaction() as tx:
            await operations.revoke(
                tx, client, token, key=_refresh_key(parts_of(request)), now=parts.clock.now()
            )
    except ProtocolError as error:
        return refusal(error)
    return answer({})


@router.get("/oauth2/userinfo")
@router.post("/oauth2/userinfo")
async def read_user_info(request: Request) -> Response:
    """Who the bearer is, as far as the scopes allow (OpenID Connect Core §5.3)."""
    try:
        principal = _bearer(request)
        if OPENID not in principal.scopes:
            raise InsufficientScope("the token was not granted openid")
        async with request.app.state.parts.database.transaction() as tx:
            claims = await operations.user_claims(
                tx, subject=principal.subject, kind=Kind(principal.kind), scopes=principal.scopes
            )
    except ProtocolError as error:
        return refusal(error)
    return answer(claims)


async def _by_code(request: Request, client: Client, form: Mapping[str, str]) -> Grant:
    """Authorization code (OAuth 2.1 §4.1.3)."""
    parts, identity = request.app.state.parts, parts_of(request)
    code, verifier = _required(form, "code"), _required(form, "code_verifier")
    async with parts.database.transaction() as tx:
        grant = await operations.redeem_code(
            tx,
            client,
            code=code,
            verifier=verifier,
            redirect_uri=form.get("redirect_uri"),
            refresh_key=_refresh_key(identity),
            refresh_lifetime=identity.settings.refresh_lifetime,
            now=parts.clock.now(),
        )
    if grant is None:
        raise InvalidGrant("the code is wrong, used, expired, or not for this client, address and verifier")
    return grant


async def _by_refresh(request: Request, client: Client, form: Mapping[str, str]) -> Grant:
    """Refresh token (OAuth 2.1 §4.3)."""
    parts = request.app.state.parts
    token = _required(form, "refresh_token")
    async with parts.database.transaction() as tx:
        grant = await operations.refresh(
            tx,
            client,
            token=token,
            scope=form.get("scope"),
            refresh_key=_refresh_key(parts_of(request)),
            now=parts.clock.now(),
        )
    if grant is None:
        raise InvalidGrant("the refresh token is wrong, used, expired, revoked, or another client's")
    return grant


async def _by_itself(_: Request, client: Client, form: Mapping[str, str]) -> Grant:
    """Client credentials (OAuth 2.1 §4.2)."""
    return operations.client_credentials(client, form.get("scope"))


_GRANTS: Mapping[str, GrantOf] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_itself,
}


async def _authenticated(request: Request, form: Mapping[str, str]) -> Client:
    """The client that sends the request."""
    parts: Parts = request.app.state.parts
    identity = parts_of(request)
    issuer = identity.settings.issuer
    return await authenticate_client(
        parts.database,
        identity.clients,
        presented(request.headers.get("authorization"), form),
        audiences=frozenset({issuer, f"{issuer}/oauth2/token"}),
        now=parts.clock.now(),
    )


def _bearer(request: Request) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    verifier = request.app.state.verifier
    try:
        principal: Principal = verifier.verify(token)
    except TokenRefused as error:
        raise InvalidToken("the access token is missing, expired or not ours") from error
    if scheme.lower() != "bearer":
        raise InvalidToken("the access token comes as Authorization: Bearer")
    return principal


def _issue(request: Request, identity: IdentityParts) -> Issue:
    settings = identity.settings
    now = request.app.state.parts.clock.now()
    return Issue(settings.issuer, settings.audience, settings.access_token_lifetime, now)


def _refresh_key(identity: IdentityParts) -> bytes:
    return identity.vault.key_for("refresh tokens")


def _required(form: Mapping[str, str], name: str) -> str:
    if name not in form:
        raise InvalidRequest(f"{name} is missing")
    return form[name]
