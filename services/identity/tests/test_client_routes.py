"""Registering clients over the API."""

from typing import Any

import pytest
from httpx import AsyncClient

from identity.domain.client import AuthMethod, Client, Kind
from shared.errors import Text
from shared.ids import new_id

BASE = "/identity/v1"
WORDS = {"vi": "Tên", "en": "Name"}


async def test_a_client_is_registered_given_a_secret_and_shown_without_it(
    ground: Any, browser: AsyncClient
) -> None:
    agency = await ground.agency()
    admin = ground.tokens.bearer(
        "identity:clients:read identity:clients:write", kind="official", agency=agency.code
    )
    body = {
        "clientId": f"may-{new_id()}",
        "kind": "client",
        "name": WORDS,
        "authMethod": "client_secret_basic",
        "scopes": ["procedures:cases:read"],
        "agency": agency.code,
    }
    made = await browser.post(f"{BASE}/clients", json=body, headers=admin)
    assert made.status_code == 201, made.text
    assert made.json()["hasSecret"] is False
    secret = await browser.post(f"{made.headers['location']}/secrets", headers=admin)
    assert len(secret.json()["clientSecret"]) == 43
    shown = await browser.get(made.headers["location"], headers=admin)
    assert shown.json()["hasSecret"] is True
    assert secret.json()["clientSecret"] not in shown.text
    listed = await browser.get(f"{BASE}/clients", headers=admin)
    assert [client["clientId"] for client in listed.json()["items"]] == [body["clientId"]]
    escalated = await browser.post(
        f"{BASE}/clients",
        json=body | {"clientId": "may-khac", "scopes": ["identity:agencies:write"]},
        headers=admin,
    )
    assert (escalated.status_code, escalated.json()["type"]) == (403, "/problems/beyond-registrar")


async def test_what_a_client_may_do_is_told_with_each_change_and_without_a_gap(
    ground: Any, browser: AsyncClient
) -> None:
    platform = ground.tokens.bearer("identity:clients:read identity:clients:write", kind="client")
    agency = await ground.agency()
    body = {
        "clientId": f"may-{new_id()}",
        "kind": "client",
        "name": WORDS,
        "authMethod": "client_secret_basic",
        "scopes": ["procedures:cases:read"],
    }
    made = await browser.post(f"{BASE}/clients", json=body, headers=platform)
    place = made.headers["location"]
    await browser.post(f"{place}/secrets", headers=platform)
    details = {key: value for key, value in body.items() if key not in ("clientId", "kind")}
    await browser.put(
        place,
        json=details | {"agency": agency.code, "scopes": ["events:stream:read"], "enabled": False},
        headers=platform | {"if-match": '"2"'},
    )
    subject = Client(
        id=str(body["clientId"]),
        name=Text(vi="", en=""),
        kind=Kind.CLIENT,
        auth_method=AuthMethod.BASIC,
        scopes=frozenset(),
    ).aggregate
    first = {"client": body["clientId"], "kind": "client", "agency": None, "enabled": True}
    last = first | {"agency": agency.code, "enabled": False, "scopes": ["events:stream:read"]}
    told = await ground.events(str(subject))
    assert told == [
        ("identity.client.registered.v1", 1, first | {"scopes": ["procedures:cases:read"]}),
        ("identity.client.changed.v1", 2, first | {"scopes": ["procedures:cases:read"]}),
        ("identity.client.changed.v1", 3, last),
    ]


async def test_clients_of_another_tree_look_absent(ground: Any, browser: AsyncClient) -> None:
    agency, stranger = await ground.agency(), await ground.agency()
    foreign, platforms = await ground.client(agency=stranger.code), await ground.client()
    admin = ground.tokens.bearer(
        "identity:clients:read identity:clients:write", kind="official", agency=agency.code
    )
    for client in (foreign, platforms):
        path = f"{BASE}/clients/{client.id}"
        assert (await browser.get(path, headers=admin)).status_code == 404
        assert (await browser.post(f"{path}/secrets", headers=admin)).status_code == 404
    assert (await browser.get(f"{BASE}/clients", headers=admin)).json()["items"] == []


@pytest.mark.parametrize(
    "jwks",
    [{"keys": []}, {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "1"}]}, {}, {"keys": [{"kty": "EC"}]}],
)
async def test_a_client_registers_public_keys_and_nothing_else(
    ground: Any, browser: AsyncClient, jwks: dict[str, Any]
) -> None:
    platform = ground.tokens.bearer("identity:clients:write", kind="client")
    body = {
        "clientId": f"may-{new_id()}",
        "kind": "client",
        "name": WORDS,
        "authMethod": "private_key_jwt",
        "scopes": [],
        "jwks": jwks,
    }
    answer = await browser.post(f"{BASE}/clients", json=body, headers=platform)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/jwks")
