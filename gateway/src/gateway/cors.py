"""Cross-origin requests (Fetch standard): answered here, the same for all services. Pure.

Credentials are never allowed, so a browser sends no cookie along and a script reads only what it could
read from anywhere, or with a token it holds itself. That is why every origin may be allowed by default.
"""

from collections.abc import Sequence

_EXPOSED = (
    b"api-version, content-disposition, deprecation, etag, link, location, ratelimit, ratelimit-policy, "
    b"retry-after, sunset, traceparent, www-authenticate"
)
_ALLOWED = (
    b"authorization, content-type, if-match, if-none-match, idempotency-key, last-event-id, accept-language, "
    b"acting-for, traceparent"
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ONE_DAY = b"86400"


class Cors:
    """The origins whose scripts may call; `*` for all."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._all = "*" in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    def lines(self, origin: bytes) -> bytes:
        """The header lines that let a script of `origin` read an answer; none when it may not."""
        if self._all:
            return b"access-control-allow-origin: *\r\naccess-control-expose-headers: %b\r\n" % _EXPOSED
        if origin not in self._origins:
            return b"vary: origin\r\n"
        return (
            b"access-control-allow-origin: %b\r\nvary: origin\r\naccess-control-expose-headers: %b\r\n"
        ) % (origin, _EXPOSED)

    def preflight(self, methods: Sequence[str]) -> list[tuple[bytes, bytes]]:
        """What a preflight request is told, besides `lines`."""
        return [
            (b"access-control-allow-methods", ", ".join(methods or _METHODS).encode()),
            (b"access-control-allow-headers", _ALLOWED),
            (b"access-control-max-age", _ONE_DAY),
        ]
