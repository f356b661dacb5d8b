import pytest

from gateway.proxy.request import RequestHead, read_head, read_headers, request_bytes
from gateway.refusals import Malformed, MethodUnknown, TargetTooLong
from shared.errors import MotcuaError

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def read(
    *headers: tuple[bytes, bytes],
    method: str = "GET",
    target: bytes = b"/a",
    version: str = "1.1",
    host: bytes = b"h",
) -> RequestHead:
    read_before = read_headers([(b"Host", host), *headers], version)
    return read_head(method, target, version, read_before, keep_alive=True)


def passed(head: RequestHead) -> bytes:
    return request_bytes(head, b"", TRACE)


def test_ordinary_headers_are_passed_on() -> None:
    assert b"accept: */*\r\nx-odd: 1\r\n" in passed(read((b"Accept", b"*/*"), (b"X-Odd", b"1")))


@pytest.mark.parametrize(
    "name",
    [
        b"Connection",
        b"Keep-Alive",
        b"Proxy-Connection",
        b"Proxy-Authorization",
        b"TE",
        b"Trailer",
        b"Upgrade",
        b"Expect",
        b"Forwarded",
        b"X-Forwarded-For",
        b"X-Forwarded-Host",
        b"X-Forwarded-Proto",
        b"X-Real-IP",
        b"Via",
    ],
)
def test_headers_of_one_connection_and_forged_claims_are_not_passed_on(name: bytes) -> None:
    assert b"forged" not in passed(read((name, b"forged")))


def test_headers_that_connection_names_are_not_passed_on() -> None:
    head = read((b"X-Hop", b"1"), (b"Connection", b"close, X-Hop"), (b"X-End", b"2"))
    assert b"x-hop" not in passed(head)
    assert b"x-end: 2" in passed(head)


def test_the_body_is_framed_anew_as_it_came() -> None:
    assert b"content-length: 5\r\n" in passed(read((b"Content-Length", b"5")))
    assert b"transfer-encoding: chunked\r\n" in passed(read((b"Transfer-Encoding", b"Chunked")))
    assert b"content-length" not in passed(read())


def test_the_trace_is_passed_on() -> None:
    assert passed(read((b"traceparent", b"x"))).endswith(b"traceparent: " + TRACE + b"\r\n\r\n")


def test_the_path_is_decoded_as_the_service_will_decode_it() -> None:
    assert read(target=b"/proc%65dures/%E1%BB%99?q=%2e").path == "/procedures/ộ"


@pytest.mark.parametrize(
    "target",
    [
        b"/a/../b",
        b"/a/./b",
        b"/..",
        b"/a/%2e%2e/b",
        b"/a/%2E./b",
        b"/a%00b",
        b"/a%0d%0ab",
        b"/a#b",
        b"a",
        b"*",
        b"ftp://h/a",
    ],
)
def test_a_target_that_can_be_read_in_two_ways_is_refused(target: bytes) -> None:
    with pytest.raises(Malformed):
        read(target=target)


@pytest.mark.parametrize("target", [b"/a/...", b"/.well-known/x", b"/a/b.json", b"/a;b=c"])
def test_dots_within_a_segment_are_fine(target: bytes) -> None:
    assert read(target=target).target == target


def test_the_host_of_an_absolute_target_counts() -> None:
    head = read(target=b"http://other.test/a?b", host=b"h")
    assert (head.target, head.headers.host) == (b"/a?b", b"other.test")


@pytest.mark.parametrize("host", [b"", b"a b", b"a/b", b"a@b", b"a,b", b"a:b", b"a:999999", b"[::1", b"\xe1"])
def test_a_host_that_is_none_is_refused(host: bytes) -> None:
    with pytest.raises(Malformed):
        read(host=host)


@pytest.mark.parametrize("host", [b"a", b"a.b:80", b"127.0.0.1:8000", b"[::1]:8000", b"xn--a_b"])
def test_a_host_is_a_name_or_an_address_and_perhaps_a_port(host: bytes) -> None:
    assert read(host=host).headers.host == host


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ([(b"Host", b"other")], "1.1"),
        ([(b"Authorization", b"Bearer a"), (b"authorization", b"Bearer b")], "1.1"),
        ([(b"Idempotency-Key", b"1"), (b"Idempotency-Key", b"2")], "1.1"),
        ([(b"Transfer-Encoding", b"gzip, chunked")], "1.1"),
        ([(b"Transfer-Encoding", b", chunked")], "1.1"),
        ([(b"Transfer-Encoding", b"chunked")], "1.0"),
        ([], "0.9"),
        ([], "2.0"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(
    headers: list[tuple[bytes, bytes]], version: str
) -> None:
    with pytest.raises(Malformed):
        read(*headers, version=version)


@pytest.mark.parametrize(
    ("method", "target", "error"),
    [
        ("CONNECT", b"/a", MethodUnknown),
        ("TRACE", b"/a", MethodUnknown),
        ("GET", b"/" + b"a" * 9000, TargetTooLong),
    ],
)
def test_what_is_not_served_is_refused(method: str, target: bytes, error: type[MotcuaError]) -> None:
    with pytest.raises(error):
        read(method=method, target=target)


@pytest.mark.parametrize(
    ("method", "headers", "repeatable"),
    [
        ("GET", [], True),
        ("PUT", [], True),
        ("POST", [], False),
        ("PATCH", [], False),
        ("POST", [(b"Idempotency-Key", b"k")], True),
    ],
)
def test_only_what_has_one_effect_may_be_sent_twice(
    method: str, headers: list[tuple[bytes, bytes]], repeatable: bool
) -> None:
    assert read(*headers, method=method).repeatable is repeatable
