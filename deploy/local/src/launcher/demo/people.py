"""Those who take part: they sign in as a browser or a machine client would, and call the gateway."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from launcher.errors import LauncherError

_CALLBACK = "http://127.0.0.1/callback"


@dataclass(frozen=True)
class Caller:
    """Someone with an access token."""

    name: str
    http: httpx.Client
    token: str

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A request as this caller; raises LauncherError with the problem's words when it is refused."""
        headers = {"authorization": f"Bearer {self.token}", **request.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **request)
        if answer.is_error:
            raise LauncherError(f"{self.name}: {method} {path} → {answer.status_code} {answer.text[:400]}")
        return answer

    def get(self, path: str, **request: Any) -> Any:
        return self.ask("GET", path, **request).json()

    def sees(self, path: str) -> bool:
        """Whether there is such a thing for this caller. Raises LauncherError as `ask` does, unless it is absent."""
        try:
            self.ask("GET", path)
        except LauncherError as refused:
            if "→ 404" not in str(refused):
                raise
            return False
        return True

    def post(self, path: str, body: Any, **request: Any) -> Any:
        return self.ask("POST", path, json=body, **request).json()


def sign_in(http: httpx.Client, account: Mapping[str, Any], client: Mapping[str, Any]) -> Caller:
    """Sign a person in at the sign-in page: authorization code with PKCE (RFC 7636), without JavaScript.

    `http` reaches the gateway; the browser with its cookies is another one, and gone afterwards.
    """
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": client["clientId"],
        "redirect_uri": _CALLBACK,
        "scope": " ".join(client["scopes"]),
        "state": secrets.token_urlsafe(8),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with httpx.Client(base_url=http.base_url, follow_redirects=False) as browser:
        page = browser.get("/oauth2/authorize", params=asked)
        while page.is_redirect and not page.headers["location"].startswith(_CALLBACK):
            page = browser.get(page.headers["location"])
        filled_in = {"account_name": account["accountName"], "password": account["password"]}
        answer = browser.post(str(page.url), data={**_hidden(page.text), **filled_in})
        while answer.is_redirect and not answer.headers["location"].startswith(_CALLBACK):
            answer = browser.get(answer.headers["location"])
        code = parse_qs(urlsplit(answer.headers.get("location", "")).query).get("code")
        if code is None:
            raise LauncherError(f"{account['accountName']} could not sign in: {answer.status_code}")
        redeemed = browser.post(
            "/oauth2/token",
            data={
                "grant_type": "authorization_code",
                "code": code[0],
                "client_id": client["clientId"],
                "redirect_uri": _CALLBACK,
                "code_verifier": verifier,
            },
        )
    token = redeemed.raise_for_status().json()["access_token"]
    return Caller(account["fullName"], http, token)


def machine(http: httpx.Client, client: Mapping[str, Any]) -> Caller:
    """A machine client with its own token (RFC 6749 §4.4)."""
    answer = http.post(
        "/oauth2/token",
        data={"grant_type": "client_credentials", "scope": " ".join(client["scopes"])},
        auth=(client["clientId"], client["clientSecret"]),
    )
    return Caller(client["clientId"], http, answer.raise_for_status().json()["access_token"])


def _hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page)
    fields = {}
    for field in inputs:
        name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
        if name:
            fields[name[1]] = unescape(value[1]) if value else ""
    return fields
