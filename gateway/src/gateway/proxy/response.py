"""The head of an answer as the client gets it. Pure.

What a service says stays; what concerns one connection only is left out; what every answer of a government
must say (NLGov API Design Rules, transport security module) is added where the service was silent.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple

SECURITY: Mapping[bytes, bytes] = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"frame-ancestors 'none'",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}

_SAID: Mapping[bytes, int] = {name: 1 << place for place, name in enumerate(SECURITY)}
_LEFT_OUT = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"te",
        b"trailer",
        b"upgrade",
        b"server",
        # Read, and written anew:
        b"content-length",
        b"transfer-encoding",
        # The gateway's own to say:
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
        b"access-control-expose-headers",
        b"ratelimit",
        b"ratelimit-policy",
        b"traceparent",
    }
)


def security_lines(said: int) -> bytes:
    """The security headers that were not said yet; `said` has a bit for each that was."""
    return b"".join(b"%b: %b\r\n" % line for line in SECURITY.items() if not said & _SAID[line[0]])


_UNSAID = [security_lines(said) for said in range(1 << len(SECURITY))]
_STATUS_LINES = {
    **{status: b"HTTP/1.1 %d \r\n" % status for status in range(100, 1000)},
    **{status.value: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in HTTPStatus},
}


class AnswerHead(NamedTuple):
    """Status line and header lines of an answer, without those that frame its body, and that framing.

    `length` is None and `chunked` false where the body ends with the connection, or where there is none.
    """

    lines: list[bytes]
    length: int | None
    chunked: bool


def read_answer(status: int, headers: Iterable[tuple[bytes, bytes]]) -> AnswerHead:
    """Read the head of an answer that came with a grammatical status line and headers.

    Raises:
        ValueError: its body is coded in a way that cannot be passed on.
    """
    lines = [_STATUS_LINES[status]]
    said = 0
    length: int | None = None
    chunked = False
    for sent_name, value in headers:
        name = sent_name.lower()
        if name not in _LEFT_OUT:
            lines.append(b"%b: %b\r\n" % (name, value))
            if name in _SAID:
                said |= _SAID[name]
        elif name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked":
                raise ValueError(value)
            chunked = True
    lines.append(_UNSAID[said])
    return AnswerHead(lines, length, chunked)


def own_answer(status: int, headers: Iterable[tuple[bytes, bytes]], more_lines: bytes, body: bytes) -> bytes:
    """A whole answer of the gateway itself; `more_lines` ends with the empty line."""
    head = read_answer(status, headers)
    framing = b"" if head.length is None else b"content-length: %d\r\n" % head.length
    return b"".join((*head.lines, framing, more_lines, body))
