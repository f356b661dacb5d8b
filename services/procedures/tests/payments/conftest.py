"""A payment provider, and cases whose fee was asked for."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from httpx import Response
from pydantic import SecretStr
from standardwebhooks import Webhook

SECRET = "whsec_" + b64encode(b"a secret of tests, long enough!!").decode()
NEXT_SECRET = "whsec_" + b64encode(b"another secret, also long enough").decode()
FEE = {"amount": 150000, "currency": "VND"}
AT_SUBMISSION = {"at": "submission", "stopsClock": True}


@dataclass
class Provider:
    """Tells the service of payments, as `napas`."""

    world: Any
    secret: str = SECRET
    next_secret: str = NEXT_SECRET
    """Of `napas` too, and of `bidv`."""
    numbers: Any = None

    def __post_init__(self) -> None:
        self.numbers = count(1)

    async def asked(self, **changes: Any) -> tuple[str, dict[str, Any]]:
        """A case whose fee was asked for, with the procedure changed so: its id, and the fee."""
        code = await self.world.publish(**{"fee": FEE, "feeDemand": AT_SUBMISSION, **changes})
        case = (await self.world.submit(code))["id"]
        view = (await self.world.read(case)).json()
        return case, (view["fees"] or [{}])[0]

    def notice(self, fee: str, **changes: Any) -> dict[str, Any]:
        return {
            "kind": "paid",
            "reference": f"FT-{fee}-{next(self.numbers)}",
            "fee": fee,
            "happenedAt": self.world.clock.now().isoformat(),
            **FEE,
            **changes,
        }

    async def tell(
        self,
        notice: dict[str, Any],
        *,
        name: str = "napas",
        signed_at: datetime | None = None,
        sent: bytes | None = None,
    ) -> Response:
        body, at = json.dumps(notice), signed_at or self.world.clock.now()
        headers = {
            "content-type": "application/json",
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": f"v1,AAAA {Webhook(self.secret).sign('msg_1', at, body)}",
        }
        answer: Response = await self.world.http.post(
            f"/procedures/v1/payments/callbacks/{name}", content=sent or body.encode(), headers=headers
        )
        return answer

    async def pay(self, fee: str, **changes: Any) -> dict[str, Any]:
        answer = await self.tell(self.notice(fee, **changes))
        assert answer.status_code == 200, answer.text
        taken: dict[str, Any] = answer.json()
        return taken


@pytest.fixture
async def world(
    database_url: str, open_world: Callable[..., AbstractAsyncContextManager[Any]]
) -> AsyncIterator[Any]:
    providers = {"napas": SecretStr(f"{NEXT_SECRET} {SECRET}"), "bidv": SecretStr(NEXT_SECRET)}
    async with open_world(database_url, payment_providers=providers) as world:
        yield world


@pytest.fixture
def provider(world: Any) -> Provider:
    return Provider(world)
