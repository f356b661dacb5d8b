"""Clients that others wrote, unmodified, against identity as it really runs: they work, and are refused."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from identity.__main__ import PROGRAM
from identity.settings import Settings
from shared.testing import eventually, free_port, run_node

FOLDER = Path(__file__).parent / "openid_client"
CALLBACK = "http://127.0.0.1:9/callback"
WORDS = {"vi": "Máy", "en": "Machine"}


@pytest.fixture(scope="module")
async def running(
    migrated_database: Callable[[str, Path], str],
    identity_settings: Settings,
    run_command: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[dict[str, Any]]:
    """Identity in a process of its own, with the sample; gives the credentials and the issuer."""
    issuer = f"http://127.0.0.1:{(port := free_port())}"
    credentials = tmp_path_factory.mktemp("sample") / "credentials.json"
    environment = {
        "IDENTITY_DATABASE_URL": migrated_database("identity_running", PROGRAM.migrations),
        "IDENTITY_MASTER_KEY": identity_settings.master_key.get_secret_value(),
        "IDENTITY_PORT": str(port),
        "IDENTITY_ISSUER": issuer,
        "IDENTITY_PUBLIC_URL": issuer,
        "IDENTITY_JWKS_URL": f"{issuer}/.well-known/jwks.json",
        "IDENTITY_RELAY": "false",
        "IDENTITY_CONSUMERS": "false",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        assert await run_command("sample", "--credentials", str(credentials)) == 0
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "identity", env=os.environ | environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually(lambda: _answers(f"{issuer}/livez"), seconds=60, what="identity answers")
        yield {**json.loads(credentials.read_text("utf-8")), "issuer": issuer}
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture(scope="module")
async def keyed(running: dict[str, Any]) -> dict[str, Any]:
    """A machine client with a key of its own, registered over the routes."""
    key = ECKey.generate_key("P-256", {"alg": "ES256"}, auto_kid=True)
    platform = next(one for one in running["clients"] if one["clientId"] == "quan-tri-nen-tang")
    async with httpx.AsyncClient(base_url=running["issuer"]) as http:
        token = await http.post(
            "/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(platform["clientId"], platform["clientSecret"]),
        )
        registered = await http.post(
            "/identity/v1/clients",
            json={
                "clientId": "may-co-khoa",
                "kind": "client",
                "name": WORDS,
                "authMethod": "private_key_jwt",
                "scopes": ["procedures:cases:read"],
                "jwks": {"keys": [dict(key.as_dict(private=False))]},
            },
            headers={"authorization": f"Bearer {token.json()['access_token']}"},
        )
    assert registered.status_code == 201, registered.text
    return {"id": "may-co-khoa", "jwk": dict(key.as_dict(private=True))}


async def test_authlib_signs_a_person_in_refreshes_and_is_refused(running: dict[str, Any]) -> None:
    await asyncio.to_thread(_drive_authlib_for_a_person, running)


def _drive_authlib_for_a_person(running: dict[str, Any]) -> None:
    metadata = _metadata(running["issuer"])
    endpoint, verifier = metadata["token_endpoint"], "v" * 64
    with OAuth2Session(
        client_id="ung-dung-cong-dan",
        redirect_uri=CALLBACK,
        scope="openid profile",
        token_endpoint_auth_method="none",
        code_challenge_method="S256",
    ) as client:
        address, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce="n"
        )
        back = {
            "authorization_response": _sign_in(running, address),
            "state": state,
            "code_verifier": verifier,
        }
        token = client.fetch_token(endpoint, **back)
        keys = KeySet.import_key_set(client.get(metadata["jwks_uri"]).json())
        claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["nonce"]) == (running["issuer"], "n")
        assert client.get(metadata["userinfo_endpoint"]).json()["name"] == running["people"][0]["fullName"]
        refreshed = client.refresh_token(endpoint)
        assert refreshed["refresh_token"] != token["refresh_token"]
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.fetch_token(endpoint, **back)
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token(endpoint, refreshed["refresh_token"])


async def test_authlib_speaks_for_a_machine_by_secret_and_by_key(
    running: dict[str, Any], keyed: dict[str, Any]
) -> None:
    await asyncio.to_thread(_drive_authlib_for_machines, running, keyed)


def _drive_authlib_for_machines(running: dict[str, Any], keyed: dict[str, Any]) -> None:
    endpoint = _metadata(running["issuer"])["token_endpoint"]
    machine = next(one for one in running["clients"] if one["clientId"] == "he-thong-tich-hop")
    with OAuth2Session(machine["clientId"], machine["clientSecret"]) as client:
        token = client.fetch_token(endpoint, grant_type="client_credentials")
        assert set(token["scope"].split()) == set(machine["scopes"])
    with (
        OAuth2Session(machine["clientId"], "another secret") as client,
        pytest.raises(OAuthError, match="invalid_client"),
    ):
        client.fetch_token(endpoint, grant_type="client_credentials")
    key = ECKey.import_key(keyed["jwk"])
    with OAuth2Session(keyed["id"], key, token_endpoint_auth_method="private_key_jwt") as client:
        by_key = PrivateKeyJWT(endpoint, headers={"kid": keyed["jwk"]["kid"]}, alg="ES256")
        client.register_client_auth_method(by_key)
        token = client.fetch_token(endpoint, grant_type="client_credentials")
        assert token["scope"] == "procedures:cases:read"


async def test_openid_client_signs_a_person_in_refreshes_and_is_refused(
    running: dict[str, Any], keyed: dict[str, Any]
) -> None:
    machine = next(one for one in running["clients"] if one["clientId"] == "he-thong-tich-hop")
    told = {
        "issuer": running["issuer"],
        "person": running["people"][0],
        "app": "ung-dung-cong-dan",
        "otherApp": "tien-ich-ben-thu-ba",
        "machine": {"id": machine["clientId"], "secret": machine["clientSecret"]},
        "keyed": keyed,
    }
    read = json.loads(await run_node(FOLDER, "client.mjs", given=json.dumps(told).encode()))
    person = running["people"][0]
    assert read == {
        "subject": person["id"],
        "userInfo": {
            "sub": person["id"],
            "name": person["fullName"],
            "locale": "vi",
            "email": person["accountName"],
            "email_verified": False,
        },
        "refreshByAnother": "invalid_grant",
        "rotated": True,
        "codeAgain": "invalid_grant",
        "refreshAfterReplay": "invalid_grant",
        "withoutChallenge": "invalid_request",
        "machine": "procedures:cases:read",
        "wrongSecret": 401,
        "keyed": "procedures:cases:read",
        "tooMuch": "invalid_scope",
    }


def _sign_in(running: dict[str, Any], address: str) -> str:
    """What a person does in a browser; gives the address that leads back to the client."""
    with httpx.Client() as browser:
        page = browser.get(address).next_request
        assert page is not None
        form = re.search(r'name="form" value="([^"]+)"', browser.get(page.url).text)
        assert form is not None
        person = running["people"][0]
        sent = browser.post(
            page.url,
            data={"form": form[1], "account_name": person["accountName"], "password": person["password"]},
        )
        assert sent.next_request is not None, sent.text
        return browser.get(sent.next_request.url).headers["location"]


def _metadata(issuer: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{issuer}/.well-known/openid-configuration").json()
    return found


async def _answers(address: str) -> bool:
    async with httpx.AsyncClient() as http:
        try:
            return (await http.get(address)).status_code == 200
        except httpx.HTTPError:
            return False
