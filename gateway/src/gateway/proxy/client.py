"""The connections to one service: pooled, queued, broken off when the service fails.

`Pool` decides which connection carries a request, or that none does; `Connection` speaks HTTP/1.1 on one.
"""

import asyncio
from collections import deque
from typing import Protocol, cast
from urllib.parse import urlsplit

import httptools
import structlog

from gateway.proxy.breaker import Breaker
from gateway.proxy.response import AnswerHead, read_answer
from gateway.proxy.settings import UpstreamSettings
from gateway.refusals import AnswerUnreadable, Busy, OutOfReach
from shared.errors import MotcuaError

_BODILESS = frozenset({204, 304})

log = structlog.get_logger()


class Carried(Protocol):
    """What a connection carries: one request on its way to the service, and the answer on its way back."""

    bodiless: bool
    """Whether the answer has no body whatever its head says (the request is HEAD)."""
    received: bool
    """Whether the client has sent all of the request."""
    over: bool
    """Whether nobody waits for it any more."""

    def carried_by(self, connection: "Connection") -> None:
        """Send the request on this connection."""

    def answer(self, status: int, head: AnswerHead, *, has_body: bool) -> None:
        """The head of the answer has come."""

    def piece(self, data: bytes) -> None:
        """A piece of the answer's body has come."""

    def flush(self) -> None:
        """No more has come for now: pass on what was gathered."""

    def answered(self) -> None:
        """The answer is complete."""

    def failed(self, error: MotcuaError, *, stale: bool = False) -> None:
        """There will be no answer, or no more of it.

        `stale`: the connection had been kept open, and was closed before a byte of the answer came.
        """

    def service_stalled(self) -> None:
        """The service takes no more of the request for now."""

    def service_drained(self) -> None:
        """The service takes more of the request."""


class Connection(asyncio.Protocol):
    """One connection to a service, carrying one exchange at a time."""

    def __init__(self, pool: "Pool") -> None:
        self.transport: asyncio.Transport
        self.idle_since = 0.0
        self._pool = pool
        self._parser = httptools.HttpResponseParser(self)
        self._carried: Carried | None = None
        self._used = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._heard = self._complete = self._reusable = self._until_end = False
        self._has_body = True

    def carry(self, carried: Carried, request: bytes) -> None:
        """Send the first bytes of a request, and give what is answered to `carried`."""
        self._carried = carried
        self._headers = []
        self._heard = self._complete = self._reusable = self._until_end = False
        self._has_body = True
        self.transport.write(request)

    def abort(self, *, failed: bool) -> None:
        """Break off, so that the service learns at once that nobody waits; `failed`: it is to blame."""
        self._carried = None
        self._pool.judge(failed=failed)
        self.transport.abort()

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        carried = self._carried
        if carried is None:  # nothing was asked
            self.transport.abort()
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            log.warning("answer.unreadable", service=self._pool.name, reason=repr(error.__context__ or error))
            if not self._complete:
                self.abort(failed=True)
                carried.failed(AnswerUnreadable())
                return
            self._reusable = False  # the answer is whole; what follows it was not asked for
        if self._complete:
            self._finish(carried)
        else:
            carried.flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._pool.lost(self)
        carried, self._carried = self._carried, None
        if carried is None:
            return
        if self._until_end and error is None:
            carried.answered()
            return
        stale = self._used and not self._heard
        self._pool.judge(failed=not stale)
        carried.failed(AnswerUnreadable(), stale=stale)

    def pause_writing(self) -> None:
        if self._carried is not None:
            self._carried.service_stalled()

    def resume_writing(self) -> None:
        if self._carried is not None:
            self._carried.service_drained()

    # What the parser tells. An error raised here ends the parsing as if the answer were unreadable.

    def on_message_begin(self) -> None:
        if self._complete:
            raise ValueError("a second answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        headers, self._headers = self._headers, []
        status = self._parser.get_status_code()
        if status < 200:  # interim answers concern this connection only
            return
        carried = self._carried
        assert carried is not None
        head = read_answer(status, headers)
        self._reusable = self._parser.should_keep_alive()
        self._has_body = not carried.bodiless and status not in _BODILESS
        self._until_end = self._has_body and head.length is None and not head.chunked
        self._complete = not self._has_body
        self._pool.breaker.succeeded()
        carried.answer(status, head, has_body=self._has_body)

    def on_body(self, data: bytes) -> None:
        if self._has_body and self._carried is not None:
            self._carried.piece(data)
        else:
            self._reusable = False

    def on_message_complete(self) -> None:
        self._complete = self._parser.get_status_code() >= 200

    def _finish(self, carried: Carried) -> None:
        """The answer is complete: free the connection before its client may ask for the next one."""
        self._carried = None
        self._used = True
        if self._reusable and carried.received:
            if not self._has_body:  # the parser would take what comes next for the body that a HEAD announces
                self._parser = httptools.HttpResponseParser(self)
            self._pool.release(self)
        else:
            self.transport.close()
        carried.answered()


class Pool:
    """The connections to one service."""

    def __init__(self, name: str, settings: UpstreamSettings, loop: asyncio.AbstractEventLoop) -> None:
        address = urlsplit(settings.url)
        self.name = name
        self.settings = settings
        self.breaker = Breaker(threshold=settings.failures, cooldown=settings.cooldown_seconds)
        self.opened = 0
        self._host = address.hostname or ""
        self._port = address.port or (443 if address.scheme == "https" else 80)
        self._tls = address.scheme == "https" or None
        self._loop = loop
        self._idle: list[Connection] = []
        self._waiting: deque[tuple[float, Carried]] = deque()
        self._connecting: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()

    @property
    def queued(self) -> int:
        """How many requests wait for a connection."""
        return len(self._waiting)

    def acquire(self, carried: Carried, *, fresh: bool = False) -> None:
        """Give the request to a connection, now or when one is free; to a new one if it must be `fresh`.

        Raises:
            Busy: too many requests are waiting.
            OutOfReach: the circuit is open.
        """
        now = self._loop.time()
        if not self.breaker.admits(now):
            raise OutOfReach(retryAfter=self.breaker.retry_after(now))
        while self._idle and not fresh:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                carried.carried_by(connection)
                return
        if self.opened < self.settings.connections:
            self._open()
        elif not self._has_room():
            self.breaker.abandoned()
            raise Busy(retryAfter=1)
        self._waiting.append((now, carried))

    def _has_room(self) -> bool:
        """Whether one more may wait for a connection that is in use."""
        room = self.settings.queue + len(self._connecting)
        if len(self._waiting) >= room:
            self._waiting = deque(waiting for waiting in self._waiting if not waiting[1].over)
        return len(self._waiting) < room

    def release(self, connection: Connection) -> None:
        """Take a connection back, and give it to whoever has waited longest."""
        while self._waiting:
            _, carried = self._waiting.popleft()
            if not carried.over:
                carried.carried_by(connection)
                return
        connection.idle_since = self._loop.time()
        self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """A connection is no more."""
        self._gone()
        if connection in self._idle:
            self._idle.remove(connection)
        if len(self._waiting) > len(self._connecting):
            self._open()

    def judge(self, *, failed: bool) -> None:
        """Tell the circuit breaker of a request that got no answer: a failure, or nobody's fault."""
        if failed:
            self.breaker.failed(self._loop.time())
        else:
            self.breaker.abandoned()

    def sweep(self, now: float) -> None:
        """Refuse those who have waited too long, and close connections before the service does."""
        while self._waiting and (
            self._waiting[0][1].over or now - self._waiting[0][0] > self.settings.connect_seconds
        ):
            _, carried = self._waiting.popleft()
            if not carried.over:
                self.breaker.abandoned()
                carried.failed(Busy(retryAfter=1))
        for connection in self._idle:
            if now - connection.idle_since > self.settings.keep_alive_seconds:
                connection.transport.close()

    async def close(self) -> None:
        """Stop connecting, close what is idle, and wait until the service is rid of us."""
        for task in self._connecting:
            task.cancel()
        for connection in self._idle:
            connection.transport.abort()
        if self.opened:
            self._empty.clear()
            await self._empty.wait()

    def _gone(self) -> None:
        self.opened -= 1
        if not self.opened:
            self._empty.set()

    def _open(self) -> None:
        self.opened += 1
        task = self._loop.create_task(self._connect())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self) -> None:
        connection = None
        try:
            async with asyncio.timeout(self.settings.connect_seconds):
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self), self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            self._refuse_next(error)
        finally:
            if connection is None:
                self._gone()
        if connection is not None:
            self.release(connection)

    def _refuse_next(self, error: Exception) -> None:
        """One connection could not be opened: one request cannot be sent, and perhaps the circuit opens."""
        now = self._loop.time()
        self.breaker.failed(now)
        log.warning("service.out_of_reach", service=self.name, reason=repr(error))
        while self._waiting:
            _, carried = self._waiting.popleft()
            if not carried.over:
                carried.failed(OutOfReach(retryAfter=self.breaker.retry_after(now)))
                return
