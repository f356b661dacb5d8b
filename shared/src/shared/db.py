"""One PostgreSQL database of one service: transactions, and the runner of its migrations.

State, log and outbox row are written in one transaction. After a commit that put something into the
outbox, the relay of this process is woken at once (`Database.outbox_filled`).

A restart of PostgreSQL costs the transactions that it interrupts and no others: connections that it closed
are noticed when they are taken from the pool, without asking the server.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import MetaData, Row, event, pool
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

AnyRow = Row[*tuple[Any, ...]]
"""A row of whatever columns the statement asked for."""

OUTBOX_MARK = "outbox_filled"
_AFTER_COMMIT = "after_commit"
_GATHERED = "gathered"
# SQLSTATE classes: connection, rolled back (deadlock), out of resources, shut down or starting, system error.
_TRANSIENT_STATES = ("08", "40", "53", "57P", "58")
# The default is of turning disks. By it a list of one agency is read along the key of all cases, past those of others.
_PLANNER = {"random_page_cost": "1.1"}
_NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def new_metadata() -> MetaData:
    """A service's table collection, with constraint names that migrations can refer to."""
    return MetaData(naming_convention=_NAMING)


def is_transient(error: BaseException) -> bool:
    """Whether the database, or the way to it, was at fault: what failed may succeed when it is tried again.

    A `DBAPIError` alone does not say so: the driver raises it too for an argument that fits no column.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state: str = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return state.startswith(_TRANSIENT_STATES) or isinstance(error, (OSError, PoolExhausted))


def after_commit(tx: AsyncConnection, told: Callable[[], object]) -> None:
    """Have this called once the transaction is committed, and not when it is rolled back. It must not fail."""
    tx.info.setdefault(_AFTER_COMMIT, []).append(told)


class Gathered(Protocol):
    """What a transaction gathers as it goes on and writes at its end."""

    async def add(self, tx: AsyncConnection) -> None: ...


Whole = TypeVar("Whole", bound=Gathered)


def gathered(tx: AsyncConnection, kind: type[Whole]) -> Whole:
    """What this transaction gathers of a kind: made now, or when it was first asked for.

    It is written just before the commit, those of several kinds in the order of their names: rows that many
    transactions add to are locked for a moment, and in one order for all, whatever a transaction is made of.
    """
    found: Whole = tx.info.setdefault(_GATHERED, {}).setdefault(f"{kind.__module__}.{kind.__name__}", kind())
    return found


class Database:
    """A pool of connections to the service's own database."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_recycle=1800,
            hide_parameters=True,  # people's data do not belong in logs and dead letters
            connect_args={"server_settings": _PLANNER},
        )
        event.listen(self.engine.sync_engine, "checkout", _replace_when_closed)
        self.outbox_filled = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: begun by its first statement, committed at the end of the block.

        Rolled back when the block raises. A statement that is given to the driver directly, before any
        other, is a transaction of its own.
        """
        async with self._connection() as connection:
            connection.info.pop(OUTBOX_MARK, None)  # of an earlier transaction that was rolled back
            connection.info.pop(_AFTER_COMMIT, None)
            connection.info.pop(_GATHERED, None)
            yield connection
            await self.commit(connection)

    async def commit(self, connection: AsyncConnection) -> None:
        """Commit what has been done so far, and tell who waits for it; a further statement begins a transaction anew."""
        for _, one in sorted(connection.info.pop(_GATHERED, {}).items()):
            await one.add(connection)
        if connection.in_transaction():
            await connection.commit()
        if connection.info.pop(OUTBOX_MARK, False):
            self.outbox_filled.set()
        for told in connection.info.pop(_AFTER_COMMIT, ()):
            told()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection of the pool. Where nothing is left to roll back it is given back without the task that
        SQLAlchemy makes for it, which costs more than a statement of the driver."""
        connection = await self.engine.connect()
        try:
            yield connection
        finally:
            assert connection.sync_connection is not None
            if connection.in_transaction():
                await connection.__aexit__(None, None, None)
            else:
                connection.sync_connection.close()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for single-statement reads, with no transaction around them."""
        async with self.engine.connect() as connection:
            connection.info.pop(_GATHERED, None)
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def close(self) -> None:
        await self.engine.dispose()


def _replace_when_closed(connection: Any, *_: Any) -> None:
    if connection.driver_connection.is_closed():
        raise DisconnectionError  # the pool opens another one


def run_migrations(metadata: MetaData) -> None:
    """The body of each service's Alembic `env.py`.

    The address comes from the `url` attribute of the Alembic configuration, set by `shared.migrations`.
    """
    from alembic import context

    url = context.config.attributes["url"]

    def migrate(connection: object) -> None:
        context.configure(connection=connection, target_metadata=metadata, compare_type=True)  # type: ignore[arg-type]
        with context.begin_transaction():
            context.run_migrations()

    async def connect() -> None:
        engine = create_async_engine(url, poolclass=pool.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
        await engine.dispose()

    asyncio.run(connect())
