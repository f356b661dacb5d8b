"""Waking those who wait for a task, in whichever process it was that one became free.

Inside a process the commit itself wakes them; other processes are told by NOTIFY, after the commit and not in it.
While PostgreSQL is away nobody is woken from elsewhere: who waits looks again when the time to wait is up.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.db import Database, after_commit

_AT_HAND = "bell"
_CHANNEL = "external_tasks"
_RETRY_SECONDS = 0.5
_CHECK_SECONDS = 10.0

log = structlog.get_logger()


class Bell:
    """Rings for an agency when a task may be free for its systems."""

    def __init__(self) -> None:
        self._listening: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.untold: set[str] = set()
        """Agencies of which the other processes are yet to be told."""
        self.to_tell = asyncio.Event()

    @contextmanager
    def heard(self, agency: str) -> Iterator[asyncio.Event]:
        """An event that is set at each ring for the agency; who waits on it clears it."""
        rung = asyncio.Event()
        self._listening[agency].add(rung)
        try:
            yield rung
        finally:
            self._listening[agency].discard(rung)
            if not self._listening[agency]:
                del self._listening[agency]

    def waiting(self, agency: str) -> int:
        """How many here listen for the agency."""
        return len(self._listening.get(agency, ()))

    def ring(self, agency: str) -> None:
        """Ring here and in all other processes."""
        self.ring_here(agency)
        self.untold.add(agency)
        self.to_tell.set()

    def ring_here(self, agency: str) -> None:
        for rung in self._listening.get(agency, ()):
            rung.set()

    def ring_for_all(self) -> None:
        """Ring here for whoever listens, since something may have been missed."""
        for agency in self._listening:
            self.ring_here(agency)


def hand_over(bell: Bell, database: Database) -> None:
    """Let whoever writes through the database ring."""
    event.listen(
        database.engine.sync_engine, "connect", lambda _, record: record.info.__setitem__(_AT_HAND, bell)
    )


def ring_once_committed(tx: AsyncConnection, agency: str) -> None:
    """Ring for the agency when the transaction has committed. A program without a bell wakes nobody."""
    bell: Bell | None = tx.info.get(_AT_HAND)
    if bell is not None:
        after_commit(tx, lambda: bell.ring(agency))


async def heard_within(rung: asyncio.Event, seconds: float) -> None:
    """Wait for the ring, so long at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await rung.wait()


async def carry(bell: Bell, database: Database) -> None:
    """Tell the other processes of rings, and ring for theirs, until cancelled."""
    plain = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            connection = await asyncpg.connect(plain, timeout=10, command_timeout=10)
            try:
                await _carry(bell, connection)
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("bell.interrupted", reason=repr(error))
        await asyncio.sleep(_RETRY_SECONDS)


async def _carry(bell: Bell, connection: "asyncpg.Connection") -> None:
    own = connection.get_server_pid()
    connection.add_termination_listener(lambda _: bell.to_tell.set())
    await connection.add_listener(
        _CHANNEL, lambda _, pid, __, agency: None if pid == own else bell.ring_here(agency)
    )
    bell.ring_for_all()
    while True:
        bell.to_tell.clear()
        for agency in list(bell.untold):
            await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, agency)
            bell.untold.discard(agency)
        await heard_within(bell.to_tell, _CHECK_SECONDS)
        await connection.execute("SELECT 1")  # a connection that died silently is noticed
