"""Clients as the token endpoint knows them: read from the database at most every five seconds.

So a token costs one round trip to the database at most, and none for a client with a secret. The price: a
client that is changed, disabled or given a new secret is treated as before for up to five seconds.
"""

from datetime import datetime, timedelta

from identity.clients.store import client_by_id
from identity.domain.client import Client
from shared.clock import Clock
from shared.db import Database

KEPT = timedelta(seconds=5)


class KnownClients:
    """The clients that came lately. Unknown ids are not remembered, so a new client is known at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read: dict[str, tuple[datetime, Client]] = {}

    async def find(self, client_id: str) -> Client | None:
        """The client of this id, enabled or not."""
        now = self._clock.now()
        known = self._read.get(client_id)
        if known is not None and now - known[0] < KEPT:
            return known[1]
        async with self._database.reading() as reading:
            client = await client_by_id(reading, client_id)
        if client is not None:
            self._read[client_id] = (now, client)
        return client
