"""The feed: tells every reader of this process each new event once, in the order of the log.

One task follows the log. It encodes each event once and puts the same bytes into the queue of every reader
who may see it and asked for it; readers who ask for the same are decided together. A reader that comes back
reads from the log what it missed and joins the feed where that ends: neither gap nor double.

A queue is bounded. A reader that does not take its events is let go and comes back with `Last-Event-ID`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

import structlog
from prometheus_client import Counter, Gauge

from gateway.interruptions import DATABASE_AWAY
from gateway.stream import store
from gateway.stream.domain.interest import Interest
from gateway.stream.domain.sight import Sight
from gateway.stream.settings import StreamSettings
from gateway.stream.store import LoggedEvent
from shared.db import Database

_PAGE = 500
_POLL_SECONDS = 1.0
_HEARTBEAT = b":\n\n"

READERS = Gauge("stream_readers", "Readers of the event stream")
DROPPED = Counter("stream_readers_dropped_total", "Readers let go because they did not take their events")

log = structlog.get_logger()

Audience = tuple[Sight, Interest]
"""What a reader may see, and what it asked for."""


class _Reader:
    """What waits for one reader."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self.dropped = False

    def offer(self, frame: bytes) -> None:
        if len(self._frames) >= self._limit:
            self._frames.clear()
            self.dropped = True
            DROPPED.inc()
        if not self.dropped:
            self._frames.append(frame)
        self._filled.set()

    async def take(self, seconds: float) -> bytes:
        """All that waits, or a sign of life when nothing has come for so long."""
        if not self._filled.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._filled.wait()
        if not self._filled.is_set():
            return _HEARTBEAT
        self._filled.clear()
        taken = b"".join(self._frames)
        self._frames.clear()
        return taken


class Feed:
    """Follows the log of one database. `frame` turns an event into the bytes that readers get."""

    def __init__(
        self,
        database: Database,
        settings: StreamSettings,
        grown: asyncio.Event,
        frame: Callable[[LoggedEvent], bytes],
    ) -> None:
        self._database = database
        self._settings = settings
        self._grown = grown
        self._frame = frame
        self._readers: dict[Audience, set[_Reader]] = {}
        self._position = 0
        self._started = asyncio.Event()

    async def run(self) -> None:
        """Follow the log until cancelled."""
        while True:
            try:
                if not self._started.is_set():
                    async with self._database.reading() as connection:
                        self._position = await store.last_position(connection)
                    self._started.set()
                await self._tell_new()
            except DATABASE_AWAY as error:
                log.warning("feed.interrupted", reason=repr(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._grown.wait()

    async def _tell_new(self) -> None:
        """Tell all that the log holds behind our position."""
        self._grown.clear()
        while True:
            async with self._database.reading() as connection:
                page = await store.read(connection, after=self._position, limit=_PAGE)
            for event in page:
                self._tell(event)
                self._position = event.position
            if len(page) < _PAGE:
                return
            await asyncio.sleep(0)

    def _tell(self, event: LoggedEvent) -> None:
        concern, frame = event.concern, None
        for (sight, interest), readers in self._readers.items():
            if interest.wants(concern) and sight.covers(concern):
                frame = frame or self._frame(event)
                for reader in readers:
                    reader.offer(frame)

    async def follow(self, sight: Sight, interest: Interest, after: int) -> AsyncGenerator[bytes]:
        """What a reader gets: what it missed since position `after`, then what comes. It ends when the reader
        does not keep up, or the log cannot be read; either way the reader comes back."""
        try:
            async with aclosing(self._follow(sight, interest, after)) as frames:
                async for frame in frames:
                    yield frame
        except DATABASE_AWAY as error:
            log.warning("feed.reader_let_go", reason=repr(error))

    async def _follow(self, sight: Sight, interest: Interest, after: int) -> AsyncGenerator[bytes]:
        await self._started.wait()
        audience = (sight, interest)
        page = await self._missed(audience, after, None)
        while len(page) == _PAGE:  # far behind: nothing is queued for it yet
            yield b"".join(map(self._frame, page))
            after = page[-1].position
            page = await self._missed(audience, after, None)
        reader = _Reader(self._settings.queue)
        joined_at = self._position
        self._readers.setdefault(audience, set()).add(reader)
        READERS.inc()
        try:
            while page := await self._missed(audience, after, joined_at):
                yield b"".join(map(self._frame, page))
                after = page[-1].position
            while not reader.dropped:
                yield await reader.take(self._settings.heartbeat_seconds)
        finally:
            READERS.dec()
            self._readers[audience].discard(reader)
            if not self._readers[audience]:
                del self._readers[audience]

    async def _missed(self, audience: Audience, after: int, until: int | None) -> list[LoggedEvent]:
        if until is not None and until <= after:
            return []
        sight, interest = audience
        async with self._database.reading() as connection:
            return await store.read(
                connection, after=after, until=until, sight=sight, interest=interest, limit=_PAGE
            )
