from gateway.cors import Cors


def test_any_origin_may_read_when_all_are_allowed() -> None:
    assert b"access-control-allow-origin: *\r\n" in Cors(["*"]).lines(b"https://a.test")


def test_only_named_origins_may_read_when_some_are_named() -> None:
    cors = Cors(["https://a.test"])
    assert b"access-control-allow-origin: https://a.test\r\n" in cors.lines(b"https://a.test")
    assert b"allow-origin" not in cors.lines(b"https://b.test")


def test_an_answer_that_depends_on_the_origin_says_so() -> None:
    cors = Cors(["https://a.test"])
    assert b"vary: origin\r\n" in cors.lines(b"https://a.test")
    assert b"vary: origin\r\n" in cors.lines(b"https://b.test")


def test_credentials_are_never_allowed() -> None:
    told = b"".join(value for _, value in Cors(["*"]).preflight(["GET"])) + Cors(["*"]).lines(
        b"https://a.test"
    )
    assert b"credentials" not in told


def test_a_preflight_learns_the_methods_of_the_path() -> None:
    assert dict(Cors(["*"]).preflight(["GET", "PUT"]))[b"access-control-allow-methods"] == b"GET, PUT"
