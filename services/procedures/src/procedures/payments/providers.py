"""Who may tell us of payments: providers by name, each with secrets of its own.

A callback is signed as Standard Webhooks says (HMAC-SHA-256 over id, timestamp and body), with any of the
provider's secrets, so that one can take the place of another without a pause.
"""

import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from standardwebhooks import Webhook

from shared.errors import NotFound, Text, Unauthenticated

TOLERANCE = timedelta(minutes=5)
"""By how much a callback's timestamp may differ from our clock, either way."""

SHORTEST_SECRET = 24
"""Octets, as Standard Webhooks asks for."""


class ProviderUnknown(NotFound):
    """No payment provider of this name is set up."""

    slug = "provider-unknown"
    title = Text(vi="Chưa khai báo đơn vị thanh toán này.", en="No payment provider of this name is set up.")


class CallbackRefused(Unauthenticated):
    """The callback is not signed with a secret of the provider, or its timestamp is not of now."""

    slug = "payment-callback-refused"
    title = Text(
        vi="Chữ ký hoặc thời điểm của thông báo không đúng.",
        en="The callback's signature or timestamp is wrong.",
    )


class Providers:
    """The providers that are set up."""

    def __init__(self, secrets: Mapping[str, Sequence[str]]) -> None:
        """
        Raises:
            ValueError: a secret is not base64 or too short, or a provider has none.
        """
        self._keys = {name: [_key(secret) for secret in given] for name, given in secrets.items()}
        if not all(self._keys.values()):
            raise ValueError("each provider needs a secret")

    @classmethod
    def of(cls, setting: Mapping[str, SecretStr]) -> "Providers":
        """From the setting, in which several secrets of one provider have blanks between them."""
        return cls({name: secret.get_secret_value().split() for name, secret in setting.items()})

    def verify(self, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Let nobody through but the provider.

        Raises:
            ProviderUnknown, CallbackRefused.
        """
        keys = self._keys.get(provider)
        if keys is None:
            raise ProviderUnknown
        signed_at = _instant(headers.get("webhook-timestamp", ""))
        if signed_at is None or abs(now - signed_at) > TOLERANCE:
            raise CallbackRefused
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise CallbackRefused from None
        given = headers.get("webhook-signature", "").split()
        right = [key.sign(headers.get("webhook-id", ""), signed_at, text) for key in keys]
        if not any(hmac.compare_digest(one.encode(), other.encode()) for one in right for other in given):
            raise CallbackRefused


def _key(secret: str) -> Webhook:
    try:
        octets = binascii.a2b_base64(secret.removeprefix("whsec_") + "==")
    except ValueError as error:
        raise ValueError("a secret is no base64") from error
    if len(octets) < SHORTEST_SECRET:
        raise ValueError(f"a secret has less than {SHORTEST_SECRET} octets")
    return Webhook(octets)


def _instant(seconds: str) -> datetime | None:
    """A timestamp in whole seconds; None when it is none."""
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 11:
        return None
    return datetime.fromtimestamp(int(seconds), tz=UTC)
