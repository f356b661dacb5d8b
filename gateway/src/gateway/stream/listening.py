"""Waking this process's feed and deliverer when another transaction has put something into the log."""

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy.engine import make_url

from gateway.interruptions import DATABASE_AWAY
from gateway.stream.store import WAKE_CHANNEL

_RETRY_SECONDS = 0.5
_CHECK_SECONDS = 10.0

log = structlog.get_logger()


class Alarm:
    """Wakes all who wait for new events. Each has its own flag, so that none takes another's."""

    def __init__(self) -> None:
        self._flags: list[asyncio.Event] = []

    def flag(self) -> asyncio.Event:
        """A flag that is set at each ring; its owner clears it."""
        flag = asyncio.Event()
        self._flags.append(flag)
        return flag

    def ring(self) -> None:
        for flag in self._flags:
            flag.set()


async def keep_listening(alarm: Alarm, url: str) -> None:
    """Ring whenever the log grows, until cancelled. While PostgreSQL is away, the slow polls do."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            connection = await asyncpg.connect(plain, timeout=10, command_timeout=10)
            try:
                await _listen(connection, alarm)
            finally:
                connection.terminate()
        except DATABASE_AWAY as error:
            log.warning("listening.interrupted", reason=repr(error))
        await asyncio.sleep(_RETRY_SECONDS)


async def _listen(connection: Any, alarm: Alarm) -> None:
    """Ring until the connection ends."""
    closed = asyncio.Event()
    connection.add_termination_listener(lambda *_: closed.set())
    await connection.add_listener(WAKE_CHANNEL, lambda *_: alarm.ring())
    alarm.ring()
    while not await _set_within(closed, _CHECK_SECONDS):
        await connection.execute("SELECT 1")  # a connection that died silently is noticed


async def _set_within(flag: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await flag.wait()
    return flag.is_set()
