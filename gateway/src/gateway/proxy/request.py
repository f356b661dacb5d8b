"""The head of a request: what is read of it, what is passed on, what is refused. Pure.

The parser (llhttp, strict) has already refused what breaks the grammar: bad characters, folded lines, two
lengths, a length beside a transfer coding. Here stands what the grammar allows and two readers could still
understand differently (RFC 9112 sections 3.2, 6.1, 6.3 and 11.2).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote

from gateway.refusals import Malformed, MethodUnknown, TargetTooLong
from shared.errors import Text

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
TARGET_LIMIT = 8 * 1024

# What the gateway looks at.
_READ = frozenset(
    {
        b"accept-language",
        b"access-control-request-method",
        b"authorization",
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"idempotency-key",
        b"origin",
        b"traceparent",
        b"transfer-encoding",
        b"x-forwarded-for",
        b"x-forwarded-proto",
    }
)
# What is not passed on: written anew, of this connection only (RFC 9110 section 7.6.1), or a claim that only
# a gateway may make.
_LEFT_OUT = frozenset(
    {
        b"connection",
        b"content-length",
        b"expect",
        b"forwarded",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"traceparent",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-real-ip",
    }
)
_ONCE = frozenset({b"host", b"authorization", b"traceparent", b"idempotency-key", b"origin"})
_VERSIONS = frozenset({"1.0", "1.1"})
_PERSISTENCE = frozenset({b"close", b"keep-alive"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(rb"[A-Za-z0-9._~-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")

_VERSION = Text(vi="Hãy dùng HTTP/1.1.", en="Use HTTP/1.1.")
_NO_HOST = Text(vi="Cần đúng một tiêu đề Host hợp lệ.", en="Send exactly one valid Host header.")
_TWICE = Text(
    vi="Một tiêu đề chỉ được gửi một lần đã được gửi hai lần.",
    en="A header that may be sent once was sent twice.",
)
_CODING = Text(
    vi="Transfer-Encoding chỉ được là chunked, và chỉ với HTTP/1.1.",
    en="Transfer-Encoding may only be chunked, and only with HTTP/1.1.",
)
_TARGET = Text(
    vi="Địa chỉ phải là một đường dẫn tuyệt đối, không có '.', '..' hay '#'.",
    en="The target must be an absolute path without '.', '..' or '#'.",
)


@dataclass(slots=True)
class Headers:
    """What the header lines of a request say. A client says much the same from request to request.

    `read`: the headers that the gateway looks at, by lower-case name. `passed`: the lines that go on to the
    service, but for `Host`. `length`: the body's, None when it is not told. `chunked`: it comes in chunks.
    """

    read: Mapping[bytes, bytes]
    passed: bytes
    host: bytes
    length: int | None
    chunked: bool

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.length)


@dataclass(slots=True)
class RequestHead:
    """A request without its body.

    `target`: path and query as sent. `path`: the path decoded, as the service will see it; `segments`: what
    stands between its slashes.
    """

    method: str
    target: bytes
    path: str
    segments: list[str]
    version: str
    headers: Headers
    keep_alive: bool

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body."""
        return self.version == "1.1" and self.headers.read.get(b"expect", b"").lower() == b"100-continue"

    @property
    def preflight(self) -> bool:
        """Whether a browser asks what a script may send (Fetch standard, CORS-preflight request)."""
        return (
            self.method == "OPTIONS"
            and b"origin" in self.headers.read
            and b"access-control-request-method" in self.headers.read
        )

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        return self.method in IDEMPOTENT or b"idempotency-key" in self.headers.read


def read_headers(lines: Iterable[tuple[bytes, bytes]], version: str) -> Headers:
    """Read header lines that came in the right grammar.

    Raises:
        Malformed: two readers could understand them differently.
    """
    read, passed = _sorted_out(lines)
    host = read.get(b"host", b"")
    if not (_is_host(host) or (version == "1.0" and not host)):
        raise Malformed(_NO_HOST)
    coding = read.get(b"transfer-encoding")
    if coding is not None:
        if coding.lower() != b"chunked" or version == "1.0":
            raise Malformed(_CODING)
        passed.append(b"transfer-encoding: chunked\r\n")
    length = read.get(b"content-length")
    if length is not None:
        passed.append(b"content-length: %b\r\n" % length)
    return Headers(read, b"".join(passed), host, None if length is None else int(length), coding is not None)


def read_head(method: str, target: bytes, version: str, headers: Headers, *, keep_alive: bool) -> RequestHead:
    """Read the request line that came with `headers`.

    Raises:
        Malformed, MethodUnknown, TargetTooLong: the request is refused, and the connection with it.
    """
    if version not in _VERSIONS:
        raise Malformed(_VERSION)
    if method not in METHODS:
        raise MethodUnknown
    if len(target) > TARGET_LIMIT:
        raise TargetTooLong
    if target[:1] != b"/":
        target, headers = _origin_form(method, target, headers)
    path = _decoded(target)
    return RequestHead(
        method, target, path, path.split("/"), version, headers, keep_alive and version == "1.1"
    )


def unreadable_head(language: bytes) -> RequestHead:
    """Stands for the head of a request that could not be read, so that it is refused like any other."""
    headers = Headers({b"accept-language": language}, b"", b"", None, chunked=True)
    return RequestHead("", b"", "", [""], "1.1", headers, keep_alive=False)


def _sorted_out(lines: Iterable[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], list[bytes]]:
    """The headers that the gateway looks at, and the lines of those that it passes on."""
    read: dict[bytes, bytes] = {}
    passed: list[bytes] = []
    for sent_name, value in lines:
        name = sent_name.lower()
        if name not in _LEFT_OUT:
            passed.append(b"%b: %b\r\n" % (name, value))
        if name in _READ:
            if name not in read:
                read[name] = value
            elif name in _ONCE:
                raise Malformed(_TWICE)
            else:  # one list in two lines (RFC 9110 section 5.3)
                read[name] = b"%b, %b" % (read[name], value)
    named = read.get(b"connection")
    if named is not None and named.lower() not in _PERSISTENCE:
        options = {option.strip() for option in named.lower().split(b",")}
        passed = [line for line in passed if line.partition(b":")[0] not in options]
    return read, passed


def _origin_form(method: str, target: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """The path of a target in absolute form, whose host counts (RFC 9112 section 3.2.2)."""
    scheme, _, rest = target.partition(b"://")
    authority, slash, path = rest.partition(b"/")
    if scheme.lower() in (b"http", b"https") and _is_host(authority):
        return slash + path or b"/", replace(headers, host=authority)
    if method == "OPTIONS" and target == b"*":
        return b"/", headers
    raise Malformed(_TARGET)


@lru_cache(maxsize=1024)
def _is_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


def _decoded(target: bytes) -> str:
    """The path as the service decodes it; a path that steps upwards or hides a control is refused."""
    if b"#" in target:
        raise Malformed(_TARGET)
    path = target.partition(b"?")[0].decode("ascii")
    if "%" in path:
        path = unquote(path)
        if _CONTROL.search(path):
            raise Malformed(_TARGET)
    if "/." in path and not {".", ".."}.isdisjoint(path.split("/")):
        raise Malformed(_TARGET)
    return path


def request_bytes(head: RequestHead, caller_lines: bytes, traceparent: bytes) -> bytes:
    """The head as it goes to the service; `caller_lines` tell it who is in front of the gateway."""
    headers = head.headers
    return b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%btraceparent: %b\r\n\r\n" % (
        head.method.encode(),
        head.target,
        headers.host,
        headers.passed,
        caller_lines,
        traceparent,
    )
