"""Clients that speak for themselves, and how any client proves who it is."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from joserfc import jwt
from joserfc.jwk import ECKey

from identity.clients.known import KEPT
from identity.domain.client import AuthMethod, Kind
from identity.domain.client_proof import ASSERTION_TYPE
from shared.ids import new_id
from shared.testing import client_of

ISSUER = "http://127.0.0.1:8000"


@pytest.mark.parametrize("method", [AuthMethod.BASIC, AuthMethod.POST])
async def test_a_machine_client_proves_itself_with_its_secret(
    ground: Any, browser: AsyncClient, method: AuthMethod
) -> None:
    agency = await ground.agency()
    client = await ground.client(Kind.CLIENT, auth_method=method, agency=agency.code)
    secret = await ground.secret(client)
    form = {"grant_type": "client_credentials", "scope": "procedures:cases:read"}
    answer = await browser.post("/oauth2/token", **_proof(method, client.id, secret, form))
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}
    principal = ground.app.state.verifier.verify(answer.json()["access_token"])
    assert (principal.subject, principal.kind, principal.agency) == (client.id, "client", agency.code)
    renewed = await ground.secret(client)
    ground.clock.advance(KEPT)
    assert renewed != secret
    for wrong in (secret, "", renewed[:-1]):
        refused = await browser.post("/oauth2/token", **_proof(method, client.id, wrong, form))
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        assert refused.headers["www-authenticate"] == 'Basic realm="motcua", charset="UTF-8"'


async def test_a_client_uses_the_method_it_registered_and_no_weaker_one(
    ground: Any, browser: AsyncClient
) -> None:
    client = await ground.client(Kind.CLIENT)
    secret = await ground.secret(client)
    form = {"grant_type": "client_credentials"}
    for proof in (
        _proof(AuthMethod.POST, client.id, secret, form),
        {"data": form | {"client_id": client.id}},
    ):
        assert (await browser.post("/oauth2/token", **proof)).json()["error"] == "invalid_client"


async def test_a_machine_client_with_a_key_is_taken_once_per_assertion(
    ground: Any, browser: AsyncClient
) -> None:
    key = _key()
    client = await ground.client(Kind.CLIENT, auth_method=AuthMethod.KEY, jwks=_set(key))
    form = _assertion(ground, client.id, key)
    answers = await asyncio.gather(*(browser.post("/oauth2/token", data=form) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]


async def test_an_assertion_may_name_the_token_endpoint_too(ground: Any, browser: AsyncClient) -> None:
    key = _key()
    client = await ground.client(Kind.CLIENT, auth_method=AuthMethod.KEY, jwks=_set(key))
    form = _assertion(ground, client.id, key, aud=f"{ISSUER}/oauth2/token") | {"client_id": client.id}
    assert (await browser.post("/oauth2/token", data=form)).status_code == 200


async def test_an_assertion_of_another_key_algorithm_or_client_proves_nothing(
    ground: Any, browser: AsyncClient
) -> None:
    key, other = _key(), _key()
    client = await ground.client(Kind.CLIENT, auth_method=AuthMethod.KEY, jwks=_set(key))
    forged = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    genuine = _assertion(ground, client.id, key)
    unsigned = genuine | {"client_assertion": f"{forged}.{genuine['client_assertion'].split('.')[1]}."}
    for form in (
        _assertion(ground, client.id, other),
        _assertion(ground, client.id, key, aud="https://elsewhere.example"),
        genuine | {"client_id": "another"},
        genuine | {"client_assertion": "not.a.jwt"},
        unsigned,
    ):
        refused = await browser.post("/oauth2/token", data=form)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "payload",
    [
        b'{"sub":"a\\u0000b"}',
        b'{"sub":"\\ud800"}',
        b"[" * 5000,
        b'{"sub":' + b"[" * 5000,
        b"[]",
        b"null",
        b"\xff",
    ],
    ids=["nul", "surrogate", "deep", "deeper", "a list", "null", "no text"],
)
async def test_an_assertion_of_whatever_content_is_refused_in_the_standards_form(
    browser: AsyncClient, payload: bytes
) -> None:
    parts = (
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"ES256"}', payload, b"x")
    )
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    refused = await browser.post("/oauth2/token", data=form | {"client_assertion": ".".join(parts)})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_an_id_that_no_client_can_have_is_refused_in_the_standards_form(browser: AsyncClient) -> None:
    encoded = base64.b64encode(b"a%00b:secret").decode()
    refused = await browser.post(
        "/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {encoded}"},
    )
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_with_an_id_that_cannot_be_kept_is_refused(
    ground: Any, browser: AsyncClient
) -> None:
    key = _key()
    client = await ground.client(Kind.CLIENT, auth_method=AuthMethod.KEY, jwks=_set(key))
    refused = await browser.post("/oauth2/token", data=_assertion(ground, client.id, key, jti="a\0b"))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"scope": "openid"}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "code_verifier": "v" * 43}, "unauthorized_client"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "client_credentials", "scope": "identity:agencies:write"}, "invalid_scope"),
    ],
)
async def test_a_wrong_token_request_is_refused_with_the_standards_code(
    ground: Any, browser: AsyncClient, form: dict[str, str], code: str
) -> None:
    client = await ground.client(Kind.CLIENT)
    proof = _proof(AuthMethod.BASIC, client.id, await ground.secret(client), form)
    answer = await browser.post("/oauth2/token", **proof)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


async def test_a_client_for_people_cannot_speak_for_itself(ground: Any, browser: AsyncClient) -> None:
    client = await ground.client()
    form = {"grant_type": "client_credentials", "client_id": client.id}
    assert (await browser.post("/oauth2/token", data=form)).json()["error"] == "unauthorized_client"


async def test_tokens_run_out_and_the_services_say_so(ground: Any) -> None:
    client = await ground.client(Kind.CLIENT)
    secret = await ground.secret(client)
    async with client_of(ground.app) as machine:
        answer = await machine.post(
            "/oauth2/token",
            **_proof(AuthMethod.BASIC, client.id, secret, {"grant_type": "client_credentials"}),
        )
        bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
        assert (await machine.get("/oauth2/userinfo", headers=bearer)).status_code == 200
        ground.clock.advance(timedelta(minutes=5))
        assert (await machine.get("/oauth2/userinfo", headers=bearer)).status_code == 401


def _proof(method: AuthMethod, client_id: str, secret: str, form: dict[str, str]) -> dict[str, Any]:
    if method is AuthMethod.BASIC:
        encoded = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return {"data": form, "headers": {"authorization": f"Basic {encoded}"}}
    return {"data": form | {"client_id": client_id, "client_secret": secret}}


def _key() -> ECKey:
    return ECKey.generate_key("P-256", {"alg": "ES256"}, auto_kid=True)


def _set(key: ECKey) -> dict[str, Any]:
    return {"keys": [dict(key.as_dict(private=False))]}


def _assertion(ground: Any, client_id: str, key: ECKey, **claims: Any) -> dict[str, str]:
    now = int(ground.clock.now().timestamp())
    body = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": str(new_id()),
        **claims,
    }
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode({"alg": "ES256", "kid": key.kid}, body, key),
    }
