"""The wire form of the protocol endpoints: forms in, JSON or redirects out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.domain.authorization import single
from identity.domain.protocol import InsufficientScope, InvalidRequest, InvalidToken, ProtocolError
from shared.errors import Unauthenticated
from shared.web.problems import status_of

_LARGEST_FORM = 64 * 1024
_UNKEPT = {"cache-control": "no-store", "pragma": "no-cache"}


async def read_form(request: Request) -> dict[str, str]:
    """The parameters of a form body, each once (RFC 6749 §3.2).

    Raises:
        InvalidRequest: another media type, too large, unreadable, or a parameter is repeated.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise InvalidRequest("the body must be application/x-www-form-urlencoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise InvalidRequest("the body is too large")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise InvalidRequest("the body cannot be read") from error
    return single(pairs)


def answer(body: Mapping[str, Any]) -> Response:
    """A JSON answer that nobody keeps (RFC 6749 §5.1)."""
    return Response(orjson.dumps(body), 200, _UNKEPT, "application/json")


def refusal(error: ProtocolError) -> Response:
    """The JSON form of a refusal (RFC 6749 §5.2); of a bearer token, RFC 6750 §3."""
    headers = dict(_UNKEPT)
    if isinstance(error, InvalidToken | InsufficientScope):
        headers["www-authenticate"] = f'Bearer error="{error.code}"'
    elif isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Basic realm="motcua", charset="UTF-8"'  # RFC 7617 §2
    body = {"error": error.code, "error_description": error.description}
    return Response(orjson.dumps(body), status_of(type(error)), headers, "application/json")


def redirect(uri: str, issuer: str, state: str | None, **parameters: str) -> Response:
    """An answer through the browser, with `state` and the issuer (RFC 9207 §2)."""
    return back_to(uri, {**parameters, **({"state": state} if state is not None else {}), "iss": issuer})


def back_to(uri: str, sent: Mapping[str, str]) -> Response:
    """Send the browser to a registered address, with parameters added."""
    joint = "&" if urlsplit(uri).query else "?"
    return RedirectResponse(f"{uri}{joint}{urlencode(sent)}" if sent else uri, 303, headers=_UNKEPT)


def redirect_refusal(uri: str, issuer: str, state: str | None, error: ProtocolError) -> Response:
    """A refusal through the browser (RFC 6749 §4.1.2.1)."""
    return redirect(uri, issuer, state, error=error.code, error_description=error.description)
