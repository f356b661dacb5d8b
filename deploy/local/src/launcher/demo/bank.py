"""A payment provider, as the platform knows one: it tells of payments by callbacks that it signs."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from standardwebhooks import Webhook

from shared.clock import SystemClock


@dataclass(frozen=True)
class Bank:
    """A provider under its name, with the secret that it shares with the platform."""

    http: httpx.Client
    name: str
    secret: str = field(repr=False)

    def tell_of_payment(self, fee: Mapping[str, Any]) -> dict[str, Any]:
        """Say that the fee was paid, signed as Standard Webhooks says; returns what the platform makes of it."""
        now = SystemClock().now()
        notice = {
            "kind": "paid",
            "reference": f"FT{secrets.token_hex(6)}",
            "fee": fee["reference"],
            "amount": fee["amount"],
            "currency": fee["currency"],
            "happenedAt": now.isoformat(),
        }
        body, message = json.dumps(notice), f"msg_{secrets.token_hex(8)}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message, now, body),
        }
        address = f"/procedures/v1/payments/callbacks/{self.name}"
        answer = self.http.post(address, content=body, headers=headers)
        taken: dict[str, Any] = answer.raise_for_status().json()
        return taken
