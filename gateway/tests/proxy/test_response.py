import pytest

from gateway.proxy.response import SECURITY, read_answer


def lines(*headers: tuple[bytes, bytes], status: int = 200) -> bytes:
    return b"".join(read_answer(status, headers).lines)


def test_every_answer_says_what_a_government_must_say() -> None:
    for name, value in SECURITY.items():
        assert b"%b: %b\r\n" % (name, value) in lines()


@pytest.mark.parametrize("name", list(SECURITY))
def test_what_the_service_says_stays_and_is_said_once(name: bytes) -> None:
    said = lines((name.title(), b"its own"))
    assert said.count(name + b": ") == 1
    assert name + b": its own\r\n" in said
    assert len(said.split(b"\r\n")) == len(SECURITY) + 2


def test_what_concerns_one_connection_is_left_out() -> None:
    said = lines((b"Connection", b"close"), (b"Keep-Alive", b"x"), (b"Server", b"y"), (b"ETag", b'"7"'))
    assert b'etag: "7"' in said
    for name in (b"connection", b"keep-alive", b"server"):
        assert name not in said


def test_repeated_headers_stay_repeated() -> None:
    assert lines((b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")).count(b"set-cookie: ") == 2


def test_the_framing_of_the_body_is_told() -> None:
    assert read_answer(200, [(b"Content-Length", b"5")])[1:] == (5, False)
    assert read_answer(200, [(b"Transfer-Encoding", b"chunked")])[1:] == (None, True)
    assert read_answer(200, [])[1:] == (None, False)


def test_a_coding_that_cannot_be_passed_on_is_refused() -> None:
    with pytest.raises(ValueError, match="gzip"):
        read_answer(200, [(b"Transfer-Encoding", b"gzip, chunked")])


def test_a_status_without_a_name_is_passed_on() -> None:
    assert lines(status=499).startswith(b"HTTP/1.1 499 \r\n")
