"""Where people meet the authorization server: `/oauth2/authorize`, `/sign-in`, consent, signing out.

Every address carries the parameters of the authorization request along, so a page that is reloaded,
bookmarked or opened in a second tab still knows where it leads, and nothing but those parameters, checked
anew each time, decides where a person is sent.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse

from identity.clients.store import client_by_id
from identity.dependencies import parts_of
from identity.domain.authorization import (
    AuthorizationRequest,
    UnknownClient,
    UnregisteredRedirect,
    authorization_request,
    destination,
    sign_out_destination,
    single,
)
from identity.domain.client import Client
from identity.domain.protocol import AccessDenied, InvalidRequest, ProtocolError
from identity.domain.redirects import origin_of
from identity.domain.throttle import neighbourhood
from identity.oauth import operations as oauth
from identity.oauth.forms import back_to, read_form, redirect, redirect_refusal
from identity.oauth.operations import Interaction
from identity.oauth.store import put_consent
from identity.people.passwords import HashingBusy
from identity.sign_in import operations
from identity.sign_in.attempts import TooManyAttempts
from identity.sign_in.cookies import Cookies
from identity.sign_in.pages import language_for, page
from identity.sign_in.words import WORDS, scope_words
from shared.auth import public
from shared.errors import MotcuaError, Text
from shared.web import Parts
from shared.web.problems import status_of

router = APIRouter(include_in_schema=False, dependencies=[public()])

_INTERACTIONS: Mapping[Interaction, str] = {
    Interaction.SIGN_IN: "/sign-in",
    Interaction.CONSENT: "/oauth2/consent",
}


class Asked(NamedTuple):
    """An authorization request whose destination is safe."""

    query: dict[str, str]
    client: Client
    redirect_uri: str

    def request(self) -> AuthorizationRequest:
        return authorization_request(self.query, self.client)


@router.get("/oauth2/authorize")
async def authorize(request: Request) -> Response:
    """The authorization endpoint (OAuth 2.1 §4.1.1, OpenID Connect Core §3.1.2)."""
    parts: Parts = request.app.state.parts
    issuer = parts_of(request).settings.issuer
    now = parts.clock.now()
    async with parts.database.transaction() as tx:
        asked = await _asked(request, tx)
        if isinstance(asked, Response):
            return asked
        state = asked.query.get("state")
        session = await operations.session_of(tx, _cookies(request).session(request), now)
        try:
            outcome = await oauth.authorize(tx, asked.client, asked.request(), session, now)
        except ProtocolError as error:
            return redirect_refusal(asked.redirect_uri, issuer, state, error)
    if isinstance(outcome, Interaction):
        return _go(_INTERACTIONS[outcome], asked.query)
    return redirect(asked.redirect_uri, issuer, state, code=outcome)


@router.post("/oauth2/authorize")
async def authorize_by_form(request: Request) -> Response:
    """The same request sent as a form (OpenID Connect Core §3.1.2.1): asked again by address.

    A form of another site comes without our cookies; the address it is sent on to gets them.
    """
    try:
        return _go("/oauth2/authorize", await read_form(request))
    except InvalidRequest as error:
        return _cannot(request, error)


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """The page that asks for account name and password."""
    async with request.app.state.parts.database.transaction() as tx:
        asked = await _asked(request, tx)
    if isinstance(asked, Response):
        return asked
    return _sign_in_page(request, asked)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Check account name and password, and go on to the client."""
    parts: Parts = request.app.state.parts
    identity, cookies = parts_of(request), _cookies(request)
    async with parts.database.transaction() as tx:
        asked = await _asked(request, tx)
    if isinstance(asked, Response):
        return asked
    form = await _our_form(request)
    if form is None:
        return _sign_in_page(request, asked, WORDS["stale"], status=403)
    account_name = form.get("account_name", "")
    device = cookies.device(request, account_name)
    try:
        token = await operations.sign_in(
            parts.database,
            identity.hasher,
            account_name=account_name,
            password=form.get("password", ""),
            source=f"device {device}" if device else _address(request),
            lifetime=identity.settings.session_lifetime,
            now=parts.clock.now(),
        )
    except (TooManyAttempts, HashingBusy) as error:
        return _sign_in_page(
            request,
            asked,
            error.detail,
            status=status_of(type(error)),
            account_name=account_name,
            error=error,
        )
    if token is None:
        return _sign_in_page(request, asked, WORDS["wrong"], status=401, account_name=account_name)
    # `max_age` has been met by now too. Asked again, 0 would never be: time has passed since.
    query = {name: value for name, value in asked.query.items() if name != "max_age"}
    response = _go("/oauth2/authorize", _without_prompt(query, "login", "select_account"))
    cookies.set_session(response, token, identity.settings.session_lifetime)
    cookies.set_device(response, account_name)
    return response


@router.get("/oauth2/consent")
async def show_consent(request: Request) -> Response:
    """The page that asks whether a third party's client may have what it asks for."""
    return await _consent(request, None)


@router.post("/oauth2/consent")
async def answer_consent(request: Request) -> Response:
    """Remember the person's agreement, or tell the client of the refusal."""
    form = await _our_form(request)
    return await _consent(request, form.get("answer") if form else None)


@router.get("/oauth2/logout")
async def show_sign_out(request: Request) -> Response:
    """Ask before signing out, so that no other site can do it (OpenID Connect RP-Initiated Logout §2)."""
    cookies = _cookies(request)
    form, cookie = cookies.form_token(request)
    destination = await _after_sign_out(request)
    response = page(
        "sign_out",
        language=_language(request),
        query=dict(request.query_params),
        leads_to=origin_of(destination) if destination else "",
        form=form,
    )
    cookies.set_form(response, cookie)
    return response


@router.post("/oauth2/logout")
async def sign_out(request: Request) -> Response:
    """End the browser's session, and go where the client registered to be told of it."""
    if await _our_form(request) is None:
        return await show_sign_out(request)
    cookies = _cookies(request)
    async with request.app.state.parts.database.transaction() as tx:
        await operations.sign_out(tx, cookies.session(request))
    destination, state = await _after_sign_out(request), request.query_params.get("state")
    if destination is None:
        response = _notice(request, WORDS["sign_out"], WORDS["signed_out"])
    else:
        response = back_to(destination, {} if state is None else {"state": state})
    cookies.drop_session(response)
    return response


async def _after_sign_out(request: Request) -> str | None:
    """The registered address that the client asks for: it says who it is, or shows an ID token it was given."""
    query = request.query_params
    told, shown = query.get("client_id"), query.get("id_token_hint")
    issued_to = parts_of(request).ring.audience_of(shown) if shown else told
    if issued_to is None or told not in (None, issued_to):
        return None
    async with request.app.state.parts.database.reading() as reading:
        client = await client_by_id(reading, issued_to)
    return sign_out_destination(query, client)


async def _consent(request: Request, decision: str | None) -> Response:
    parts: Parts = request.app.state.parts
    now = parts.clock.now()
    async with parts.database.transaction() as tx:
        asked = await _asked(request, tx)
        if isinstance(asked, Response):
            return asked
        session = await operations.session_of(tx, _cookies(request).session(request), now)
        if session is None:
            return _go("/sign-in", asked.query)
        issuer, state = parts_of(request).settings.issuer, asked.query.get("state")
        try:
            scopes = asked.request().scopes
        except ProtocolError as error:
            return redirect_refusal(asked.redirect_uri, issuer, state, error)
        if decision == "allow":
            await put_consent(tx, session.person_id, asked.client.id, scopes, now)
    if decision == "allow":
        return _go("/oauth2/authorize", _without_prompt(asked.query, "consent"))
    if decision is not None:
        return redirect_refusal(asked.redirect_uri, issuer, state, AccessDenied("the person refused"))
    cookies, language = _cookies(request), _language(request)
    form, cookie = cookies.form_token(request)
    response = page(
        "consent",
        language=language,
        query=asked.query,
        leads_to=origin_of(asked.redirect_uri),
        form=form,
        client=asked.client.name.in_language(language),
        person=session.full_name,
        scopes=scope_words(scopes, language),
    )
    cookies.set_form(response, cookie)
    return response


async def _asked(request: Request, tx: AsyncConnection) -> Asked | Response:
    """The request that the address carries, or the page that says why nobody can be sent on."""
    if not request.query_params:
        return _notice(request, WORDS["sign_in"], WORDS["nowhere"])
    try:
        query = single(request.query_params.multi_items())
        found = await client_by_id(tx, query.get("client_id", ""))
        client = found if found and found.enabled else None
        redirect_uri = destination(query, client)
    except (InvalidRequest, UnknownClient, UnregisteredRedirect) as error:
        return _cannot(request, error)
    assert client is not None
    return Asked(query, client, redirect_uri)


def _sign_in_page(
    request: Request,
    asked: Asked,
    problem: Text | None = None,
    *,
    status: int = 200,
    account_name: str | None = None,
    error: MotcuaError | None = None,
) -> Response:
    cookies, language = _cookies(request), _language(request)
    form, cookie = cookies.form_token(request)
    response = page(
        "sign_in",
        language=language,
        status=status,
        query=asked.query,
        leads_to=origin_of(asked.redirect_uri),
        form=form,
        client=asked.client.name.in_language(language),
        account_name=account_name if account_name is not None else asked.query.get("login_hint", ""),
        problem=problem.in_language(language) if problem else None,
    )
    if error is not None:
        response.headers["retry-after"] = str(error.extensions.get("retryAfter", 1))
    cookies.set_form(response, cookie)
    return response


def _notice(
    request: Request, title: Text, text: Text, advice: Text | None = None, status: int = 200
) -> Response:
    language = _language(request)
    return page(
        "notice",
        language=language,
        status=status,
        query=dict(request.query_params),
        title=title.in_language(language),
        text=text.in_language(language),
        advice=advice.in_language(language) if advice else None,
    )


def _cannot(request: Request, error: MotcuaError) -> Response:
    return _notice(request, WORDS["cannot"], error.detail, WORDS["go_back"], status=400)


async def _our_form(request: Request) -> dict[str, str] | None:
    """The submitted form, or None when it was not shown by us in this browser."""
    try:
        form = await read_form(request)
    except InvalidRequest:
        return None
    return form if _cookies(request).form_is_ours(request, form.get("form", "")) else None


def _go(path: str, query: Mapping[str, str]) -> Response:
    return RedirectResponse(f"{path}?{urlencode(query)}", 303, headers={"cache-control": "no-store"})


def _without_prompt(query: Mapping[str, str], *done: str) -> dict[str, str]:
    """The request after the person has done what it prompted for."""
    left = [prompt for prompt in query.get("prompt", "").split() if prompt not in done]
    rest = {name: value for name, value in query.items() if name != "prompt"}
    return {**rest, "prompt": " ".join(left)} if left else rest


def _language(request: Request) -> str:
    return language_for(request.query_params, request.headers.get("accept-language", ""))


def _cookies(request: Request) -> Cookies:
    identity = parts_of(request)
    return Cookies(identity.vault, identity.settings.public_url.startswith("https://"))


def _address(request: Request) -> str:
    return neighbourhood(request.client.host if request.client else "unknown")
