from typing import Any

import pytest

from gateway.admission import Admission, Admitted, Quotas
from gateway.limits import Quota
from gateway.policy import compile_policy
from gateway.refusals import QuotaExceeded
from gateway.routing import Route, Service
from shared.auth import ScopeMissing, TokenRefused, Verifier
from shared.clock import SystemClock
from shared.errors import MotcuaError, Unauthenticated
from shared.testing import AUDIENCE, ISSUER, Tokens

READ = "procedures:cases:read"
GUARDED = Route("/procedures/v1", Service.PROCEDURES)
OAUTH = Route("/oauth2", Service.IDENTITY, carries_tokens=False)
CONTRACT = {
    "servers": [{"url": "/procedures/v1"}],
    "paths": {
        "/cases/{id}": {"get": {"security": [{"oauth2": [READ]}]}},
        "/procedures": {"get": {"security": []}},
    },
}
QUOTAS = Quotas(client=Quota("client", 5, 60), person=Quota("person", 3, 60), address=Quota("address", 2, 60))


def admission(keys: Any = None, *, contract: bool = True) -> Admission:
    made = Admission(Verifier(SystemClock(), issuer=ISSUER, audience=AUDIENCE, keys=keys), QUOTAS)
    if contract:
        made.policies[Service.PROCEDURES] = compile_policy(CONTRACT)
    return made


def ask(
    door: Admission, token: str | None, *, path: str = "cases/1", route: Route | None = GUARDED
) -> Admitted:
    authorization = None if token is None else f"Bearer {token}".encode()
    segments = f"/procedures/v1/{path}".split("/")
    return door.admit(route, "GET", segments, authorization=authorization, household="203.0.113.9", now=0.0)


def refused(door: Admission, token: str | None, **more: Any) -> type[MotcuaError]:
    with pytest.raises(MotcuaError) as caught:
        ask(door, token, **more)
    return type(caught.value)


def test_who_holds_the_scope_is_let_in(tokens: Tokens) -> None:
    principal, _ = ask(admission(tokens.keys), tokens.mint(READ, subject="someone"))
    assert principal is not None
    assert principal.subject == "someone"


def test_a_missing_token_and_a_missing_scope_are_told_apart(tokens: Tokens) -> None:
    door = admission(tokens.keys)
    assert refused(door, None) is Unauthenticated
    assert refused(door, tokens.mint("other")) is ScopeMissing
    assert refused(admission(tokens.keys), "nonsense") is TokenRefused


def test_the_missing_scope_is_named(tokens: Tokens) -> None:
    with pytest.raises(ScopeMissing) as caught:
        ask(admission(tokens.keys), tokens.mint("other"))
    assert caught.value.extensions == {"scope": READ}


def test_an_open_operation_needs_no_token(tokens: Tokens) -> None:
    assert ask(admission(tokens.keys), None, path="procedures")[0] is None


def test_a_wrong_token_is_refused_even_where_none_is_needed(tokens: Tokens) -> None:
    assert refused(admission(tokens.keys), "nonsense", path="procedures") is TokenRefused


@pytest.mark.parametrize("path", ["unknown", "cases/1/unknown"])
def test_what_no_contract_knows_goes_on_to_the_service(tokens: Tokens, path: str) -> None:
    assert ask(admission(tokens.keys), None, path=path)[0] is None


def test_without_a_contract_the_service_decides(tokens: Tokens) -> None:
    assert ask(admission(tokens.keys, contract=False), None)[0] is None


def test_without_keys_the_service_decides(tokens: Tokens) -> None:
    assert ask(admission(None), tokens.mint(READ))[0] is None
    assert ask(admission(None), None)[0] is None


def test_credentials_at_the_oauth_endpoints_are_not_taken_for_tokens(tokens: Tokens) -> None:
    assert ask(admission(tokens.keys), "a registration token", route=OAUTH)[0] is None


def test_each_kind_of_caller_has_its_own_quota(tokens: Tokens) -> None:
    door = admission(tokens.keys)
    client, person = tokens.mint(READ, kind="client"), tokens.mint(READ, kind="person")
    for _ in range(5):
        ask(door, client)
    for _ in range(3):
        ask(door, person)
    for _ in range(2):
        ask(door, None, path="procedures")
    assert refused(door, client) is QuotaExceeded
    assert refused(door, person) is QuotaExceeded
    assert refused(door, None, path="procedures") is QuotaExceeded


def test_people_who_use_the_same_app_do_not_share_a_quota(tokens: Tokens) -> None:
    door = admission(tokens.keys)
    for _ in range(4):
        ask(door, tokens.mint(READ, client_id="app"))


def test_a_person_with_two_tokens_has_one_quota(tokens: Tokens) -> None:
    door = admission(tokens.keys)
    for _ in range(3):
        ask(door, tokens.mint(READ, subject="someone"))
    assert refused(door, tokens.mint(READ, subject="someone")) is QuotaExceeded


def test_who_guesses_tokens_is_slowed_down(tokens: Tokens) -> None:
    door = admission(tokens.keys)
    assert [refused(door, f"guess-{number}") for number in range(3)] == [
        TokenRefused,
        TokenRefused,
        QuotaExceeded,
    ]


def test_the_headers_tell_the_policy_and_what_is_left(tokens: Tokens) -> None:
    _, lines = ask(admission(tokens.keys), tokens.mint(READ, kind="client"))
    assert lines == b'ratelimit-policy: "client";q=5;w=60\r\nratelimit: "client";r=4;t=12\r\n'
