"""Conditional requests (RFC 9110 §13): strong ETags, 304 on reads, If-Match on commands."""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from fastapi import Header, Request, Response
from pydantic import BaseModel

from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pagination import Page

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="ETag of the state that the command is meant for (428 without)",
        examples=['"7"'],
    ),
]


def etag_of(version: object) -> str:
    """The strong ETag of a state that `version` names."""
    return f'"{version}"'


def etag_of_body(body: BaseModel) -> str:
    """The strong ETag of a representation, of its bytes."""
    return _etag_of_bytes(body.model_dump_json(by_alias=True).encode())


def _etag_of_bytes(content: bytes) -> str:
    return etag_of(hashlib.sha256(content).hexdigest()[:32])


def require_match(if_match: str | None, current: str) -> None:
    """Refuse a command that was meant for another state.

    Raises:
        PreconditionRequired: the caller did not say which state it means.
        PreconditionFailed: the state has changed.
    """
    if if_match is None:
        raise PreconditionRequired
    if if_match.strip() != "*" and current not in (tag.strip() for tag in if_match.split(",")):
        raise PreconditionFailed(etag=current)


def conditional(
    request: Request,
    body: BaseModel,
    *,
    etag: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The representation with its ETag (of its bytes unless given), or 304 when the caller has it.

    A page that is not the last links to the next (RFC 8288) unless `headers` do.
    """
    content = body.model_dump_json(by_alias=True).encode()
    tag = etag or _etag_of_bytes(content)
    all_headers = {"etag": tag, "vary": "Authorization, Accept-Language", **(headers or {})}
    if isinstance(body, Page) and body.next is not None:
        following = request.url.include_query_params(cursor=body.next)
        all_headers.setdefault("link", f'<{following.path}?{following.query}>; rel="next"')
    held = request.headers.get("if-none-match", "")
    if tag in (candidate.strip().removeprefix("W/") for candidate in held.split(",")) or held.strip() == "*":
        return Response(status_code=304, headers=all_headers)
    return Response(content, 200, all_headers, "application/json")
