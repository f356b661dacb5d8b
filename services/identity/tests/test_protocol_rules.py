"""The rules of the authorization server, without a database, a server or a clock."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.domain import pkce
from identity.domain.authorization import (
    UnknownClient,
    UnregisteredRedirect,
    authorization_request,
    destination,
    single,
)
from identity.domain.claims import Issue, Subject, access_claims, half_hash, id_claims
from identity.domain.client import AuthMethod, Client, Kind
from identity.domain.client_proof import check_assertion, presented
from identity.domain.official import Post
from identity.domain.protocol import (
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    ProtocolError,
    RequestNotSupported,
    UnsupportedResponseType,
)
from identity.domain.redirects import is_registered, origin_of, redirect_fault
from identity.domain.scopes import grant_scopes, is_scope, parse_scope, within_roles
from shared.errors import Text
from shared.ids import new_id

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CHALLENGE = pkce.challenge_of("v" * 43)
APP = Client(
    id="app",
    name=Text(vi="Ứng dụng", en="App"),
    kind=Kind.PERSON,
    auth_method=AuthMethod.NONE,
    scopes=frozenset({"openid", "procedures:cases:read"}),
    redirect_uris=frozenset({"https://app.example/cb", "http://127.0.0.1/cb", "http://[::1]/cb"}),
)
REQUEST = {
    "response_type": "code",
    "client_id": "app",
    "redirect_uri": "https://app.example/cb",
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.mark.parametrize(
    "asked",
    ["https://app.example/cb", "http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://[::1]:49152/cb"],
)
def test_a_registered_address_is_gone_back_to_and_only_a_loopback_port_is_free(asked: str) -> None:
    assert is_registered(asked, APP.redirect_uris)


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "https://app.example/cb/",
        "https://app.example/CB",
        "https://app.example/cb?x=1",
        "https://app.example:8443/cb",
        "https://app.example/cb#part",
        "https://app.example.evil.example/cb",
        "https://evil.example/cb",
        "http://app.example/cb",
        "http://localhost:49152/cb",
        "http://127.0.0.1:49152/other",
        "http://127.0.0.1:49152/cb?x=1",
        "http://127.0.0.1:49152/cb#part",
        "http://127.0.0.1:notaport/cb",
        "http://user@127.0.0.1:49152/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1:49152@evil.example/cb",
        "https://127.0.0.1:49152/cb",
        "http://127.0.0.1:49152\\@evil.example/cb",
        "http://127.0.0.1:49152/cb\n",
        "http://127.0.0.2:49152/cb",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(asked: str) -> None:
    assert not is_registered(asked, APP.redirect_uris)
    with pytest.raises(UnregisteredRedirect):
        destination(REQUEST | {"redirect_uri": asked}, APP)


@given(st.text(max_size=60))
def test_no_address_made_of_a_registered_one_and_more_is_gone_back_to(more: str) -> None:
    asked = "https://app.example/cb" + more
    assert is_registered(asked, APP.redirect_uris) == (more == "")


@pytest.mark.parametrize(
    ("uri", "taken"),
    [
        ("https://app.example/cb", True),
        ("http://127.0.0.1/cb", True),
        ("vn.example.app:/cb", True),
        ("http://app.example/cb", False),
        ("https://app.example/cb#part", False),
        ("https://*.app.example/cb", False),
        ("https://user@app.example/cb", False),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://", False),
        ("/cb", False),
        ("https://app.example/c b", False),
    ],
)
def test_only_safe_addresses_can_be_registered(uri: str, taken: bool) -> None:
    assert (redirect_fault(uri) is None) is taken


def test_a_form_may_lead_to_the_origin_of_the_client_or_to_its_private_scheme() -> None:
    assert origin_of("http://127.0.0.1:49152/cb?x=1") == "http://127.0.0.1:49152"
    assert origin_of("vn.example.app:/cb") == "vn.example.app:"


def test_the_challenge_is_that_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert pkce.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce.proves(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")


@pytest.mark.parametrize("verifier", ["", "v" * 42, "v" * 129, "ü" * 43, "v" * 43 + " "])
def test_a_malformed_verifier_proves_nothing(verifier: str) -> None:
    assert not pkce.proves(verifier, CHALLENGE)


def test_a_repeated_parameter_is_refused_and_an_empty_one_is_absent() -> None:
    assert single([("a", "1"), ("b", "")]) == {"a": "1"}
    for pairs in ([("a", "1"), ("a", "1")], [("a", "\0")]):
        with pytest.raises(InvalidRequest):
            single(pairs)


@pytest.mark.parametrize(
    "client", [None, Client("m", Text("m", "m"), Kind.CLIENT, AuthMethod.BASIC, frozenset())]
)
def test_an_unknown_client_and_one_that_speaks_for_itself_have_no_destination(client: Client | None) -> None:
    with pytest.raises(UnknownClient):
        destination(REQUEST, client)


@pytest.mark.parametrize(
    ("change", "refused_as"),
    [
        ({"response_type": "token"}, UnsupportedResponseType),
        ({"response_type": ""}, InvalidRequest),
        ({"response_mode": "fragment"}, InvalidRequest),
        ({"code_challenge": ""}, InvalidRequest),
        ({"code_challenge_method": ""}, InvalidRequest),
        ({"code_challenge_method": "plain"}, InvalidRequest),
        ({"code_challenge": "short"}, InvalidRequest),
        ({"scope": "openid identity:agencies:write"}, InvalidScope),
        ({"scope": 'a"b'}, InvalidScope),
        ({"prompt": "none login"}, InvalidRequest),
        ({"prompt": "dance"}, InvalidRequest),
        ({"max_age": "-1"}, InvalidRequest),
        ({"max_age": "²"}, InvalidRequest),
        ({"request": "e30."}, RequestNotSupported),
    ],
)
def test_a_wrong_authorization_request_is_refused_with_the_standards_code(
    change: dict[str, str], refused_as: type[ProtocolError]
) -> None:
    with pytest.raises(refused_as):
        authorization_request(single((REQUEST | change).items()), APP)


def test_every_refusal_has_a_code_and_a_description_that_the_standard_allows() -> None:
    """RFC 6749 §5.2: printable ASCII without quotation mark and backslash."""
    found = _subclasses(ProtocolError)
    assert len({error.code for error in found}) == len(found)
    for error in found:
        assert error.code.replace("_", "").isalpha()
        assert error.__doc__
        assert "RFC" in error.__doc__ or "OpenID" in error.__doc__


def test_max_age_asks_again_only_when_the_sign_in_is_older() -> None:
    request = authorization_request(REQUEST | {"max_age": "60"}, APP)
    assert not request.needs_fresh_sign_in(NOW - timedelta(seconds=60), NOW)
    assert request.needs_fresh_sign_in(NOW - timedelta(seconds=61), NOW)
    assert request.needs_fresh_sign_in(None, NOW)


def test_a_scope_is_granted_whole_or_refused() -> None:
    assert grant_scopes(parse_scope("openid  openid"), APP.scopes) == {"openid"}
    with pytest.raises(InvalidScope):
        grant_scopes(parse_scope("openid other"), APP.scopes)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("procedures:cases:read", True), ("openid", True), ("cases", False), ("a:b", False), ("a:b:*", False)],
)
def test_scopes_are_written_service_noun_act(text: str, is_one: bool) -> None:
    assert is_scope(text) is is_one


def test_only_an_administrator_carries_the_scopes_that_change_the_registers() -> None:
    scopes = frozenset({"identity:officials:write", "identity:officials:read", "identity:people:write"})
    assert within_roles(scopes, ["XU_LY"]) == scopes - {"identity:officials:write"}
    assert within_roles(scopes, ["XU_LY", "QUAN_TRI"]) == scopes


def test_only_those_who_lead_carry_the_scope_to_oversee_the_work_of_all() -> None:
    scopes = frozenset({"procedures:work:manage", "procedures:cases:read"})
    assert within_roles(scopes, ["XU_LY", "TIEP_NHAN"]) == {"procedures:cases:read"}
    assert within_roles(scopes, ["XU_LY", "KY_DUYET"]) == scopes
    assert within_roles(scopes, ["QUAN_TRI"]) == scopes


def test_basic_credentials_are_form_encoded_in_both_halves() -> None:
    """RFC 6749 §2.3.1."""
    header = _basic(quote_plus("a:b"), quote_plus("s/ec+ret %"))
    assert presented(header, {}).client_id == "a:b"
    assert presented(header, {}).secret == "s/ec+ret %"


@pytest.mark.parametrize(
    ("authorization", "form", "refused_as"),
    [
        ("Basic dGVzdDp4", {"client_id": "test", "client_secret": "x"}, InvalidRequest),
        ("Basic dGVzdDp4", {"client_id": "other"}, InvalidRequest),
        ("Basic !", {}, InvalidClient),
        ("Bearer dGVzdDp4", {}, InvalidClient),
        (None, {}, InvalidClient),
        (None, {"client_assertion": "a.b.c", "client_assertion_type": "saml"}, InvalidClient),
        (None, {"client_assertion": "a.b.c", "client_secret": "x", "client_id": "c"}, InvalidRequest),
    ],
)
def test_a_client_proves_itself_in_one_way_and_readably(
    authorization: str | None, form: dict[str, str], refused_as: type[ProtocolError]
) -> None:
    with pytest.raises(refused_as):
        presented(authorization, form)


ASSERTION: dict[str, Any] = {
    "iss": "c",
    "sub": "c",
    "aud": "https://id.example",
    "exp": NOW.timestamp() + 60,
    "jti": "once",
}


def test_an_assertion_that_holds_names_its_id_and_expiry() -> None:
    assert check_assertion(
        ASSERTION, client_id="c", audiences=frozenset({"https://id.example"}), now=NOW
    ) == (
        "once",
        NOW + timedelta(seconds=60),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"aud": "https://other.example"},
        {"aud": ["https://id.example"]},
        {"exp": None},
        {"exp": NOW.timestamp() - 11},
        {"exp": NOW.timestamp() + 3611},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"iat": NOW.timestamp() + 11},
        {"nbf": NOW.timestamp() + 11},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 201},
    ],
)
def test_an_assertion_with_a_claim_that_does_not_hold_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidClient):
        check_assertion(
            ASSERTION | change, client_id="c", audiences=frozenset({"https://id.example"}), now=NOW
        )


def test_clocks_may_differ_by_ten_seconds() -> None:
    for change in ({"iat": NOW.timestamp() + 9}, {"exp": NOW.timestamp() - 9}):
        check_assertion(
            ASSERTION | change, client_id="c", audiences=frozenset({"https://id.example"}), now=NOW
        )


ISSUE = Issue("https://id.example", "urn:api", timedelta(minutes=5), NOW)


def test_an_access_token_of_an_official_says_where_and_as_what_they_serve() -> None:
    jti = new_id()
    posts = (Post("PHONG_TU_PHAP", "XU_LY"),)
    subject = Subject("o-1", Kind.OFFICIAL, "000.00.01.H99", posts)
    assert access_claims(ISSUE, subject, "desk", frozenset({"b:b:b", "a:a:a"}), jti) == {
        "iss": "https://id.example",
        "sub": "o-1",
        "aud": "urn:api",
        "iat": 1772413200,
        "exp": 1772413500,
        "jti": str(jti),
        "client_id": "desk",
        "scope": "a:a:a b:b:b",
        "kind": "official",
        "agency": "000.00.01.H99",
        "posts": [{"unit": "PHONG_TU_PHAP", "role": "XU_LY"}],
    }


def test_an_access_token_of_a_person_says_nothing_of_agencies() -> None:
    claims = access_claims(ISSUE, Subject("p-1", Kind.PERSON), "app", frozenset(), new_id())
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "client_id", "scope", "kind"}


def test_an_id_token_is_tied_to_its_access_token_its_nonce_and_its_sign_in() -> None:
    claims = id_claims(
        ISSUE, Subject("p-1", Kind.PERSON), "app", auth_time=NOW, nonce="n", access_token="token"
    )
    assert claims["aud"] == "app"
    assert claims["nonce"] == "n"
    assert claims["auth_time"] == 1772413200
    assert claims["at_hash"] == half_hash("token")


def test_the_half_hash_is_that_of_the_standard() -> None:
    """The example of OpenID Connect Core, appendix A.3."""
    assert half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _subclasses(base: type[ProtocolError]) -> set[type[ProtocolError]]:
    return {one for child in base.__subclasses__() for one in ({child} | _subclasses(child))}
