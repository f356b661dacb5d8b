"""The three cookies of the sign-in pages, none of which a script can read.

session  the browser's sign-in, at random
device   remembers that an account was used in this browser, so that strangers' guesses do not slow it down
form     ties a form to the browser it was shown in, against forged submissions
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from identity.domain.person import normal_account_name
from identity.vault import Vault

_DEVICE_LIFETIME = timedelta(days=365)


@dataclass(frozen=True)
class Cookies:
    """Reads and sets the cookies. With https they are bound to this host (`__Host-`) and to encryption."""

    vault: Vault
    https: bool

    def session(self, request: Request) -> str | None:
        return request.cookies.get(self._name("session"))

    def set_session(self, response: Response, token: str, lifetime: timedelta) -> None:
        self._set(response, "session", token, lifetime)

    def drop_session(self, response: Response) -> None:
        self._set(response, "session", "", timedelta(0))

    def device(self, request: Request, account_name: str) -> str | None:
        """The id of this browser, when it has signed in to this account before."""
        device, _, mac = request.cookies.get(self._name("device"), "").partition(".")
        genuine = self._device_mac(device, account_name)
        return device if hmac.compare_digest(mac.encode(), genuine.encode()) else None

    def set_device(self, response: Response, account_name: str) -> None:
        device = secrets.token_urlsafe(16)
        value = f"{device}.{self._device_mac(device, account_name)}"
        self._set(response, "device", value, _DEVICE_LIFETIME)

    def form_token(self, request: Request) -> tuple[str, str]:
        """What the form must carry, and the cookie it belongs to (kept when there is one)."""
        cookie = request.cookies.get(self._name("form")) or secrets.token_urlsafe(32)
        return self._mac("form", cookie), cookie

    def set_form(self, response: Response, cookie: str) -> None:
        self._set(response, "form", cookie, None)

    def form_is_ours(self, request: Request, token: str) -> bool:
        """Whether the form was shown by us in this browser."""
        cookie = request.cookies.get(self._name("form"))
        return cookie is not None and hmac.compare_digest(token.encode(), self._mac("form", cookie).encode())

    def _set(self, response: Response, name: str, value: str, lifetime: timedelta | None) -> None:
        response.set_cookie(
            self._name(name),
            value,
            max_age=None if lifetime is None else int(lifetime.total_seconds()),
            path="/",
            secure=self.https,
            httponly=True,
            samesite="lax",
        )

    def _name(self, name: str) -> str:
        return f"__Host-motcua-{name}" if self.https else f"motcua-{name}"

    def _device_mac(self, device: str, account_name: str) -> str:
        return self._mac("device", f"{device}\n{normal_account_name(account_name)}")

    def _mac(self, purpose: str, text: str) -> str:
        return hmac.digest(self.vault.key_for(purpose), text.encode(), "sha256").hex()
