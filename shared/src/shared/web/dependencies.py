"""What routes are handed: the transaction, the database, the present instant.

All are coroutines: FastAPI sends plain functions to a thread, which costs more than they do.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database


async def _database(request: Request) -> Database:
    database: Database = request.app.state.parts.database
    return database


async def _transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    async with (await _database(request)).transaction() as tx:
        yield tx


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.parts.clock.now()
    return now


Db = Annotated[Database, Depends(_database)]
# scope="function": committed when the route has returned and before the caller is answered.
Tx = Annotated[AsyncConnection, Depends(_transaction, scope="function")]
Now = Annotated[datetime, Depends(_now)]
