"""What a restart of PostgreSQL costs: the transactions that it interrupts, and no others."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database, is_transient
from shared.ids import new_id
from shared.testing import client_of, eventually, free_port
from shared.web.problems import install_handlers


@pytest.fixture
async def database(postgres: Any) -> AsyncIterator[Database]:
    database = Database(postgres.create_database(f"restarts_{new_id().hex[-8:]}"), pool_size=1)
    yield database
    await database.close()


async def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    return (await connection.get_raw_connection()).driver_connection


async def end_session(database: Database, driver: asyncpg.Connection) -> None:
    """What a restart does to a connection, seen from its client."""
    other = Database(database.url, pool_size=1)
    async with other.transaction() as tx:
        await tx.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": driver.get_server_pid()})
    await other.close()
    await eventually(driver.is_closed)


async def one(tx: AsyncConnection) -> int:
    number: int = (await tx.execute(text("SELECT 1"))).scalar_one()
    return number


async def test_the_first_transaction_after_a_restart_finds_a_living_connection(database: Database) -> None:
    async with database.transaction() as tx:
        driver = await driver_of(tx)
    await end_session(database, driver)
    async with database.transaction() as tx:
        assert await one(tx) == 1


async def test_an_interrupted_transaction_fails_as_one_that_may_be_tried_again(database: Database) -> None:
    async def be_interrupted() -> None:
        async with database.transaction() as tx:
            await end_session(database, await driver_of(tx))
            await one(tx)

    with pytest.raises(DBAPIError) as raised:
        await be_interrupted()
    assert is_transient(raised.value)


async def test_an_argument_that_fits_no_column_fails_for_good(database: Database) -> None:
    async def ask_too_much() -> None:
        async with database.transaction() as tx:
            await tx.execute(text("SELECT CAST(:number AS integer)"), {"number": 2**40})

    with pytest.raises(DBAPIError, match="out of int32 range") as raised:
        await ask_too_much()
    assert not is_transient(raised.value)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        ConnectionRefusedError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_by_itself_may_be_tried_again(error: Exception) -> None:
    assert is_transient(error)


def test_a_violated_constraint_fails_for_good() -> None:
    assert not is_transient(asyncpg.UniqueViolationError("duplicate key"))


async def test_a_request_is_told_to_come_again_while_the_database_is_away() -> None:
    away = Database(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/nothing")
    app = FastAPI()
    install_handlers(app)

    @app.get("/things")
    async def things() -> int:
        async with away.transaction() as tx:
            return await one(tx)

    async with client_of(app) as client:
        answer = await client.get("/things")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "/problems/unavailable"
