"""The frame of every exchange: trace context in and out, API version, a size limit, one count and one duration."""

import time
from typing import Any

from opentelemetry.trace import Span, SpanKind, StatusCode
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.spans import span
from shared.trace import current_traceparent

REQUESTS = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "http_request_seconds",
    "Time to answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


BODY_LIMIT = 1024 * 1024
"""Bytes of a body that a route reads as a whole, before it even knows who sends it."""
_STREAMED = "shared.streamed"


def streams(request: Request) -> None:
    """Leave the size of this request's body to its route, which passes it on piece by piece and counts itself."""
    request.scope[_STREAMED] = True


class Conversation:
    """ASGI middleware around all routes of a service."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self._app = app
        self._version = version.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, received = scope["method"], Headers(scope=scope).get("traceparent")
        with span(method, SpanKind.SERVER, received, {"http.request.method": method}) as current:
            await self._answer(scope, receive, send, current)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, current: Span | None) -> None:
        traceparent = (current_traceparent() or "").encode()
        started = time.perf_counter()
        status = 500

        async def framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [
                    *message["headers"],
                    (b"api-version", self._version),
                    (b"traceparent", traceparent),
                ]
            await send(message)

        try:
            await self._app(scope, _limited(scope, receive), framed)
        finally:
            route = _route_of(scope)
            REQUESTS.labels(scope["method"], route, status).inc()
            SECONDS.labels(scope["method"], route).observe(time.perf_counter() - started)
            if current is not None:
                _describe(current, f"{scope['method']} {route}", route, status)


def _describe(current: Span, name: str, route: str, status: int) -> None:
    """What of a request is known at its end (OpenTelemetry's conventions for HTTP)."""
    current.update_name(name)
    current.set_attributes({"http.route": route, "http.response.status_code": status})
    if status >= 500:
        current.set_status(StatusCode.ERROR)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """`receive`, refusing more than `BODY_LIMIT` bytes as soon as that much is announced or has come."""
    announced = Headers(scope=scope).get("content-length", "")
    received = 0

    async def receive_within() -> Message:
        nonlocal received
        if _STREAMED in scope:
            return await receive()
        if announced.isdecimal() and int(announced) > BODY_LIMIT:
            raise HTTPException(413)
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_LIMIT:
            raise HTTPException(413)
        return message

    return receive_within


def _route_of(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path", "none")
