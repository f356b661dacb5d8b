"""W3C trace context: the id that follows one request from the gateway to the webhook."""

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    """The `traceparent` of the request or event at hand."""
    return _current.get()


def continue_trace(received: str | None) -> str:
    """Take up a valid `traceparent`, or begin a trace; from now on it is the current one."""
    valid = received is not None and _TRACEPARENT.fullmatch(received)
    traceparent = received if valid and received else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    _current.set(traceparent)
    return traceparent


def trace_id() -> str | None:
    """The trace id of the current trace, 32 hexadecimal digits."""
    current = _current.get()
    return current.split("-")[1] if current else None
