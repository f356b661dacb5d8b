"""The contracts of the services, read in the background; what was read last is kept across restarts."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gateway.interruptions import DATABASE_AWAY
from gateway.portal.merge import operations
from gateway.tables import contracts
from shared.clock import Clock
from shared.db import Database

_RETRY_SECONDS = 2.0

log = structlog.get_logger()


class Contracts:
    """Last good contracts by service name.

    Args:
        addresses: service name -> address of its contract, in the order of presentation.
        every: seconds between two readings.
    """

    def __init__(
        self, database: Database, clock: Clock, addresses: Mapping[str, str], *, every: float
    ) -> None:
        self._database = database
        self._clock = clock
        self._addresses = addresses
        self._every = every
        self._documents: dict[str, dict[str, Any]] = {}
        self.on_change: list[Callable[[str, dict[str, Any]], None]] = []

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """The contracts at hand, in the order of presentation, then those that were put."""
        order = [*self._addresses, *self._documents]
        return {service: self._documents[service] for service in order if service in self._documents}

    def put(self, service: str, document: dict[str, Any]) -> None:
        """Take up a contract, and tell of it when it is new."""
        if self._documents.get(service) != document:
            self._documents[service] = document
            for told in self.on_change:
                told(service, document)

    async def run(self) -> None:
        """Begin with what was kept, then read each contract now and then, until cancelled."""
        await self._recall()
        async with httpx.AsyncClient(timeout=10) as client, asyncio.TaskGroup() as group:
            for service, address in self._addresses.items():
                group.create_task(self._keep_fresh(client, service, address))

    async def _recall(self) -> None:
        try:
            async with self._database.reading() as connection:
                for row in await connection.execute(select(contracts)):
                    if row.service in self._addresses:
                        self.put(row.service, row.document)
        except DATABASE_AWAY as error:
            log.warning("contracts.not_recalled", reason=repr(error))

    async def _keep_fresh(self, client: httpx.AsyncClient, service: str, address: str) -> None:
        while True:
            try:
                document = (await client.get(address)).raise_for_status().json()
                _check(document)
                if self._documents.get(service) != document:
                    await self._keep(service, document)
                    self.put(service, document)
                pause = self._every
            except (httpx.HTTPError, ValueError, *DATABASE_AWAY) as error:
                log.warning("contract.not_read", service=service, address=address, reason=repr(error))
                pause = _RETRY_SECONDS
            await asyncio.sleep(pause)

    async def _keep(self, service: str, document: dict[str, Any]) -> None:
        values = {"document": document, "read_at": self._clock.now()}
        statement = insert(contracts).values(service=service, **values)
        async with self._database.transaction() as tx:
            await tx.execute(statement.on_conflict_do_update(index_elements=["service"], set_=values))


def _check(document: Any) -> None:
    """Refuse what cannot be merged.

    Raises:
        ValueError
    """
    try:
        sound = (
            document["openapi"].startswith("3.1")
            and document["info"]["title"]
            and document["servers"][0]["url"]
        )
        list(operations(document["paths"]))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"no OpenAPI document: {error!r}") from error
    if not sound:
        raise ValueError("no OpenAPI 3.1 document with a title and a server")
