"""Databases on a PostgreSQL server: each with an owner role of the same name, closed to all others."""

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from launcher.errors import LauncherError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def create_database(server: str, name: str, password: str) -> str:
    """Make sure that database and role `name` exist, with this password; returns the role's URL.

    `server` is the URL of a role that may create both. Blocks; may be called with or without a running loop.
    """
    _in_a_loop_of_its_own(_create(server, _checked(name), password))
    address = urlsplit(server)
    host = address.netloc.rpartition("@")[2]
    return urlunsplit(address._replace(netloc=f"{name}:{quote(password)}@{host}", path=f"/{name}"))


def drop_database(server: str, name: str) -> None:
    """Drop the database and the role `name`, whoever is connected."""
    _in_a_loop_of_its_own(_drop(server, _checked(name)))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise LauncherError(f"{name!r} cannot name a database: use a-z, 0-9 and _, at most 63 characters.")
    return name


def _in_a_loop_of_its_own(work: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _connect(server: str) -> asyncpg.Connection:
    return await asyncpg.connect(server.replace("postgresql+asyncpg://", "postgresql://", 1))


async def _create(server: str, name: str, password: str) -> None:
    connection = await _connect(server)
    secret = password.replace("'", "''")
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
        await connection.execute(f"{'ALTER' if known else 'CREATE'} ROLE {name} LOGIN PASSWORD '{secret}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
        await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    finally:
        await connection.close()


async def _drop(server: str, name: str) -> None:
    connection = await _connect(server)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"DROP ROLE IF EXISTS {name}")
    finally:
        await connection.close()
