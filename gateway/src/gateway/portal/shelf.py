"""The contracts that were read last, kept in the gateway's database."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gateway.tables import contracts
from shared.clock import Clock
from shared.db import Database


class DatabaseShelf:
    """A `gateway.contracts.Shelf` that all gateways of a database share."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def recall(self) -> dict[str, dict[str, Any]]:
        async with self._database.reading() as connection:
            return {row.service: row.document for row in await connection.execute(select(contracts))}

    async def keep(self, service: str, contract: dict[str, Any]) -> None:
        values = {"document": contract, "read_at": self._clock.now()}
        statement = insert(contracts).values(service=service, **values)
        async with self._database.transaction() as tx:
            await tx.execute(statement.on_conflict_do_update(index_elements=["service"], set_=values))
