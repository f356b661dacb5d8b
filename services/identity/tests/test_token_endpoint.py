"""The token endpoint and what stands around it: codes, refresh tokens, machine clients, revocation."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from joserfc import jwt

from identity.clients.known import KEPT
from identity.domain.claims import half_hash
from identity.domain.client import Kind

ISSUER = "http://127.0.0.1:8000"


async def test_a_code_becomes_tokens_that_the_services_take(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    answer = await ground.redeem(browser, client, await ground.code(browser, person, client))
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "openid profile")
    principal = ground.app.state.verifier.verify(body["access_token"])
    assert (principal.subject, principal.kind, principal.client_id) == (str(person.id), "person", client.id)
    identity = jwt.decode(
        body["id_token"], ground.app.state.identity.ring.key_set, algorithms=["ES256"]
    ).claims
    assert identity == {
        "iss": ISSUER,
        "sub": str(person.id),
        "aud": client.id,
        "exp": identity["iat"] + 300,
        "iat": int(ground.clock.now().timestamp()),
        "auth_time": int(ground.clock.now().timestamp()),
        "at_hash": half_hash(body["access_token"]),
        "nonce": "a nonce",
    }


async def test_without_openid_there_is_no_id_token(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    code = await ground.code(browser, person, client, scope="procedures:cases:read")
    assert "id_token" not in (await ground.redeem(browser, client, code)).json()


async def test_an_official_acts_as_official_of_the_agency_with_the_posts(
    ground: Any, browser: AsyncClient
) -> None:
    agency = await ground.agency()
    person, official = await ground.official(agency, "XU_LY", "TIEP_NHAN")
    client = await ground.client(
        Kind.OFFICIAL, scopes=frozenset({"identity:officials:write", "procedures:cases:read"})
    )
    scope = "identity:officials:write procedures:cases:read"
    code = await ground.code(browser, person, client, scope=scope)
    body = (await ground.redeem(browser, client, code)).json()
    principal = ground.app.state.verifier.verify(body["access_token"])
    assert (principal.subject, principal.kind, principal.agency) == (
        str(official.id),
        "official",
        agency.code,
    )
    assert {(post.unit, post.role) for post in principal.posts} == {
        ("BP_MOT_CUA", "XU_LY"),
        ("BP_MOT_CUA", "TIEP_NHAN"),
    }
    assert principal.scopes == {"procedures:cases:read"}, "no administrator, no administration"


@pytest.mark.parametrize(
    "form",
    [
        {"code_verifier": "another-verifier-of-forty-three-characters-or-more"},
        {"redirect_uri": "http://127.0.0.1:10/callback"},
        {"code": "a guess"},
    ],
)
async def test_a_code_without_its_verifier_and_address_is_worth_nothing(
    ground: Any, browser: AsyncClient, form: dict[str, str]
) -> None:
    person, client = await ground.person(), await ground.client()
    code = await ground.code(browser, person, client)
    answer = await ground.redeem(browser, client, **({"code": code} | form))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_lives_a_minute(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    code = await ground.code(browser, person, client)
    ground.clock.advance(timedelta(seconds=60))
    assert (await ground.redeem(browser, client, code)).json()["error"] == "invalid_grant"


async def test_another_client_can_neither_use_a_code_nor_use_it_up(ground: Any, browser: AsyncClient) -> None:
    person, client, other = await ground.person(), await ground.client(), await ground.client()
    code = await ground.code(browser, person, client)
    assert (await ground.redeem(browser, other, code)).json()["error"] == "invalid_grant"
    assert (await ground.redeem(browser, client, code)).status_code == 200


async def test_a_code_that_comes_twice_takes_back_what_it_gave(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    code = await ground.code(browser, person, client)
    first, second = await asyncio.gather(
        ground.redeem(browser, client, code), ground.redeem(browser, client, code)
    )
    assert sorted([first.status_code, second.status_code]) == [200, 400]
    given = first if first.status_code == 200 else second
    refreshed = await ground.refresh(browser, client, given.json()["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


async def test_a_refresh_token_is_exchanged_for_the_next_and_may_ask_for_less(
    ground: Any, browser: AsyncClient
) -> None:
    person, client = await ground.person(), await ground.client()
    code = await ground.code(browser, person, client, scope="openid profile procedures:cases:read")
    first = (await ground.redeem(browser, client, code)).json()
    ground.clock.advance(timedelta(minutes=5))
    second = (await ground.refresh(browser, client, first["refresh_token"])).json()
    assert second["scope"] == "openid procedures:cases:read profile"
    assert second["refresh_token"] != first["refresh_token"]
    less = (await ground.refresh(browser, client, second["refresh_token"], scope="openid")).json()
    assert less["scope"] == "openid"
    more = await ground.refresh(browser, client, less["refresh_token"], scope="openid email")
    assert more.json()["error"] == "invalid_scope"
    again = await ground.refresh(browser, client, less["refresh_token"])
    assert again.json()["scope"] == "openid procedures:cases:read profile", "a wrong request costs nothing"


async def test_a_used_refresh_token_ends_the_sign_in_at_that_client_alone(
    ground: Any, browser: AsyncClient
) -> None:
    person, client = await ground.person(), await ground.client()
    first, elsewhere = [
        (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
        for _ in range(2)
    ]
    second = (await ground.refresh(browser, client, first["refresh_token"])).json()
    ground.clock.advance(timedelta(minutes=1))
    for token in (first["refresh_token"], second["refresh_token"]):
        assert (await ground.refresh(browser, client, token)).json()["error"] == "invalid_grant"
    assert (await ground.refresh(browser, client, elsewhere["refresh_token"])).status_code == 200


async def test_another_clients_refresh_token_is_worth_nothing(ground: Any, browser: AsyncClient) -> None:
    person, client, other = await ground.person(), await ground.client(), await ground.client()
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    refused = await ground.refresh(browser, other, body["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"
    await browser.post("/oauth2/revoke", data={"client_id": other.id, "token": body["refresh_token"]})
    assert (await ground.refresh(browser, client, body["refresh_token"])).status_code == 200


async def test_a_sign_in_at_a_client_ends_after_thirty_days(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    ground.clock.advance(timedelta(days=30))
    assert (await ground.refresh(browser, client, body["refresh_token"])).status_code == 400


async def test_a_removed_official_gets_no_further_token(ground: Any, browser: AsyncClient) -> None:
    person, official = await ground.official(await ground.agency(), "XU_LY")
    client = await ground.client(Kind.OFFICIAL)
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    own = ground.tokens.bearer("identity:officials:write", kind="client")
    removed = await browser.delete(f"/identity/v1/officials/{official.id}", headers=own | {"if-match": '"1"'})
    assert removed.status_code == 204, removed.text
    assert (await ground.refresh(browser, client, body["refresh_token"])).json()["error"] == "invalid_grant"
    bearer = {"authorization": f"Bearer {body['access_token']}"}
    assert (await browser.get("/oauth2/userinfo", headers=bearer)).status_code == 401


async def test_a_client_loses_what_is_taken_from_its_registration(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    own = ground.tokens.bearer("identity:clients:write identity:clients:read", kind="client")
    path = f"/identity/v1/clients/{client.id}"
    shown = (await browser.get(path, headers=own)).json()
    details = {key: value for key, value in shown.items() if key not in ("clientId", "kind", "hasSecret")}
    await browser.put(path, json=details | {"scopes": ["openid"]}, headers=own | {"if-match": '"1"'})
    ground.clock.advance(KEPT)
    assert (await ground.refresh(browser, client, body["refresh_token"])).json()["scope"] == "openid"


async def test_revoking_ends_a_family_and_tells_nothing(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    for token in ("no token of ours", body["refresh_token"], body["refresh_token"]):
        answer = await browser.post("/oauth2/revoke", data={"client_id": client.id, "token": token})
        assert answer.status_code == 200
    assert (await ground.refresh(browser, client, body["refresh_token"])).status_code == 400
    access = await browser.post(
        "/oauth2/revoke", data={"client_id": client.id, "token": body["access_token"]}
    )
    assert access.json()["error"] == "unsupported_token_type"


async def test_user_info_tells_what_the_scopes_allow(ground: Any, browser: AsyncClient) -> None:
    person = await ground.person(name="Người Dân Mẫu", email="mau@example.com", phone="+84900000000")
    client = await ground.client()
    told = []
    for scope in ("openid", "openid profile email phone"):
        code = await ground.code(browser, person, client, scope=scope)
        token = (await ground.redeem(browser, client, code)).json()["access_token"]
        answer = await browser.get("/oauth2/userinfo", headers={"authorization": f"Bearer {token}"})
        told.append(answer.json())
    assert told == [
        {"sub": str(person.id)},
        {
            "sub": str(person.id),
            "name": "Người Dân Mẫu",
            "locale": "vi",
            "email": "mau@example.com",
            "email_verified": False,
            "phone_number": "+84900000000",
        },
    ]


async def test_user_info_refuses_a_missing_token_and_one_without_openid(
    ground: Any, browser: AsyncClient
) -> None:
    missing = await browser.get("/oauth2/userinfo")
    assert (missing.status_code, missing.json()["error"]) == (401, "invalid_token")
    assert missing.headers["www-authenticate"].startswith("Bearer")
    bearer = ground.tokens.bearer("procedures:cases:read")
    refused = await browser.get("/oauth2/userinfo", headers=bearer)
    assert refused.status_code == 403
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"grant_type":"client_credentials"}', "application/json"),
        (b"grant_type=a&grant_type=b", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % number for number in range(200)), "application/x-www-form-urlencoded"),
    ],
)
async def test_an_unreadable_body_is_an_invalid_request(
    ground: Any, browser: AsyncClient, content: bytes, media_type: str
) -> None:
    answer = await browser.post("/oauth2/token", content=content, headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_what_has_expired_is_forgotten_and_what_lives_stays(ground: Any, browser: AsyncClient) -> None:
    person, client = await ground.person(), await ground.client()
    body = (await ground.redeem(browser, client, await ground.code(browser, person, client))).json()
    ground.clock.advance(timedelta(days=2))
    await ground.upkeep.sweep()
    assert (await ground.refresh(browser, client, body["refresh_token"])).status_code == 200
