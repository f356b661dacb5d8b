"""Problem details (RFC 9457) in the caller's language, and how a route declares them.

The only place that knows HTTP statuses of error kinds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from shared import errors
from shared.auth import routes_of
from shared.db import is_transient
from shared.errors import Fault, MotcuaError, Text
from shared.trace import trace_id
from shared.web.faults import faults_of, unstorable_fault

STATUS: Mapping[type[MotcuaError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Unprocessable: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}
MEDIA_TYPE = "application/problem+json"
_WORDS = {
    404: ("not-found", Text(vi="Không có địa chỉ này.", en="There is nothing at this address.")),
    405: (
        "method-not-allowed",
        Text(vi="Địa chỉ này không nhận phương thức đó.", en="This address does not take that method."),
    ),
    413: (errors.TooLarge.slug, errors.TooLarge.title),
}
_DEFECT = Text(
    vi="Hệ thống gặp lỗi. Hãy thử lại; nếu vẫn lỗi, gửi mã traceId cho bộ phận hỗ trợ.",
    en="Something went wrong on our side. Try again; if it stays, give the traceId to support.",
)

log = structlog.get_logger()


class ProblemFault(BaseModel):
    """One fault of the input."""

    pointer: str = Field(
        description="Where: a JSON Pointer into the body, or /query/…, /path/…, /header/…", examples=["/form"]
    )
    code: str = Field(examples=["missing"])
    detail: str = Field(examples=["This is required."])


class Problem(BaseModel):
    """An error, as RFC 9457 problem details."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`/problems/<slug>`, documented there", examples=["/problems/not-found"])
    title: str = Field(examples=["There is no such thing."])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such thing."])
    instance: str = Field(description="The address that was asked", examples=["/open-data/v1/datasets/x"])
    trace_id: str | None = Field(None, alias="traceId")
    errors: list[ProblemFault] = Field([], description="All faults of the input")


def status_of(error: type[MotcuaError]) -> int:
    """The HTTP status of an error's kind."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def language_of(header: str) -> str:
    """`vi` or `en`, whichever an Accept-Language header prefers; Vietnamese when it names neither."""
    best, weight = "vi", 0.0
    for part in header.lower().split(","):
        tag, _, parameter = part.strip().partition(";q=")
        try:
            quality = float(parameter) if parameter else 1.0
        except ValueError:
            continue
        if tag[:2] in ("vi", "en") and quality > weight:
            best, weight = tag[:2], quality
    return best


def problem_body(
    slug: str,
    title: Text,
    status: int,
    detail: Text,
    instance: str,
    language: str,
    faults: Sequence[Fault] = (),
    extensions: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of a problem document."""
    standard: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title.in_language(language),
        "status": status,
        "detail": detail.in_language(language),
        "instance": instance,
        "errors": [
            {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail.in_language(language)}
            for fault in faults
        ],
    }
    # The standard members stand first for readers, and once more last, so that no extension replaces one.
    body = {**standard, "traceId": trace_id(), **(extensions or {}), **standard}
    return orjson.dumps(body, default=str)


def problem_response(request: Request, error: MotcuaError) -> Response:
    """The answer to a caller whose request ended in this error."""
    status = status_of(type(error))
    language = language_of(request.headers.get("accept-language", ""))
    body = problem_body(
        error.slug,
        error.title,
        status,
        error.detail,
        request.url.path,
        language,
        error.faults,
        error.extensions,
    )
    headers = {"content-language": language}
    if status == 401:
        headers["www-authenticate"] = (
            'Bearer error="invalid_token"' if "authorization" in request.headers else "Bearer"
        )
    if status == 403 and "scope" in error.extensions:
        headers["www-authenticate"] = (
            f'Bearer error="insufficient_scope", scope="{error.extensions["scope"]}"'
        )
    if status in (429, 503):
        headers["retry-after"] = str(error.extensions.get("retryAfter", 1))
    return Response(body, status, headers, MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Turn every exception that leaves a route into a problem document."""

    async def told(request: Request, error: Exception) -> Response:
        assert isinstance(error, MotcuaError)
        return problem_response(request, error)

    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_response(request, errors.Invalid(faults=faults_of(error.errors())))

    async def refused(request: Request, error: Exception) -> Response:
        if is_transient(error):
            log.warning("request.unavailable", path=request.url.path, reason=repr(error))
            return problem_response(request, errors.Unavailable())
        fault = unstorable_fault(error)
        if fault is None:
            raise error
        return problem_response(request, errors.Invalid(faults=[fault]))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        slug, title = _WORDS.get(error.status_code, ("bad-request", errors.Invalid.title))
        language = language_of(request.headers.get("accept-language", ""))
        body = problem_body(slug, title, error.status_code, title, request.url.path, language)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["allow"] = ", ".join(sorted(_methods_at(app, request.url.path)))
        return Response(body, error.status_code, headers, MEDIA_TYPE)

    async def defect(request: Request, error: Exception) -> Response:
        log.error("request.defect", path=request.url.path, exc_info=error)
        language = language_of(request.headers.get("accept-language", ""))
        body = problem_body("internal", _DEFECT, 500, _DEFECT, request.url.path, language)
        return Response(body, 500, media_type=MEDIA_TYPE)

    app.add_exception_handler(MotcuaError, told)
    app.add_exception_handler(RequestValidationError, malformed)
    for outside in (SQLAlchemyError, asyncpg.PostgresError, OSError):
        app.add_exception_handler(outside, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, defect)


def _methods_at(app: FastAPI, path: str) -> set[str]:
    """Every method that the address takes, of all its routes (RFC 9110 §10.2.1)."""
    return {
        method for route in routes_of(app) if route.path_regex.match(path) for method in route.methods or ()
    }


def problems(*declared: type[MotcuaError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may end in these errors."""
    by_status: dict[int, list[type[MotcuaError]]] = {}
    for error in declared:
        by_status.setdefault(status_of(error), []).append(error)
    return {
        status: {
            "description": " ".join(f"`{error.slug}`: {error.title.en}" for error in kinds),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, kinds in by_status.items()
    }
