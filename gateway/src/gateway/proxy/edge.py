"""One connection of a client, as a protocol that uvicorn serves.

uvicorn listens, counts connections, shuts down and runs the portal's ASGI application; requests of the
services never reach ASGI. Unlike uvicorn's own protocol, this one bounds what a client may send and how long
it may take, and answers what it refuses with problem documents.
"""

import asyncio
import re
from collections import deque
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from gateway.plane import DataPlane
from gateway.proxy.callers import Caller, caller_at, caller_behind, within
from gateway.proxy.exchange import Exchange
from gateway.proxy.portal import PortalTurn
from gateway.proxy.request import Headers, RequestHead, read_head, read_headers, unreadable_head
from gateway.proxy.turn import Reply, Turn
from gateway.refusals import BodyTooLarge, Busy, HeadTooLarge, Malformed, RequestTimedOut, UnknownHost
from shared.errors import MotcuaError

_LINGER_SECONDS = 2.0
_REQUEST_LINE = re.compile(rb"(GET|HEAD) (/[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]*) HTTP/1\.1")


class Edge(asyncio.Protocol):
    """Parses what a client sends, takes its requests one after the other, and writes the answers in turn."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.loop = _loop or asyncio.get_running_loop()
        self.plane: DataPlane = app_state["plane"]
        self.config = config
        self.server_state = server_state
        self.transport: asyncio.Transport
        self.flow: FlowControl
        self.local: tuple[str, int | None] | None = None
        self.draining = False
        self._peer = ""
        self._scheme = "http"
        self._caller: Caller | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._current: Turn | None = None
        self._queue: deque[Turn] = deque()
        self._reading: Turn | None = None
        self._at_start = True
        self._in_head = False
        self._begun = self._chunk = self._arrived = self._body_bytes = 0
        self._block = b""
        self._said: Headers | None = None
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._since = 0.0
        self._untaken = 0
        self._hung_up = False

    # What the event loop and uvicorn tell.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.flow = FlowControl(self.transport)
        self.local = get_local_addr(self.transport)
        self._peer = (get_remote_addr(self.transport) or ("127.0.0.1", 0))[0]
        self._scheme = "https" if is_ssl(self.transport) else "http"
        if not within(self._peer, self.plane.settings.trusted_proxies):
            self._caller = caller_at(self._peer, self._scheme)
        self._since = self.loop.time()
        full = len(self.plane.edges) >= self.plane.settings.client_connections
        self.plane.edges.add(self)
        self.server_state.connections.add(cast("Any", self))
        if full:
            self._misread(Busy(retryAfter=1))

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            return
        try:
            head = self._repeated(data) if self._at_start else None
            if head is not None:
                self._begin(head).body_ended()
            else:
                self._parse(data)
        except MotcuaError as error:
            self._misread(error)

    def connection_lost(self, error: Exception | None) -> None:
        self._parser = None
        self.plane.edges.discard(self)
        self.server_state.connections.discard(cast("Any", self))
        self.flow.resume_writing()
        self._queue.clear()
        if self._current is not None:
            self._current.abandoned()

    def pause_writing(self) -> None:
        self.flow.pause_writing()
        if self._current is not None:
            self._current.client_stalled()

    def resume_writing(self) -> None:
        self.flow.resume_writing()
        if self._current is not None:
            self._current.client_drained()

    def shutdown(self) -> None:
        """uvicorn is to stop: finish the request at hand, and take no other."""
        self.draining = True
        if self._current is None:
            self.transport.close()

    def sweep(self, now: float) -> None:
        """Look after the deadlines of this connection."""
        settings = self.plane.settings
        elapsed = now - self._since
        if self._hung_up:
            if elapsed > _LINGER_SECONDS:
                self.transport.abort()
        elif self._current is not None:
            untaken = self.transport.get_write_buffer_size()
            if untaken != self._untaken:  # a slow client is not a stalled one
                self._untaken = untaken
                self._current.moved_at = now
            self._current.sweep(now)
        elif self._in_head:
            if elapsed > settings.client_head_seconds:
                self._misread(RequestTimedOut())
        elif elapsed > settings.client_keep_alive_seconds:
            self.transport.close()

    # Reading requests.

    def _repeated(self, data: bytes) -> RequestHead | None:
        """The head of a request that repeats, byte for byte, the header lines of the one before.

        Most clients say the same on a connection from request to request. What was parsed and checked once
        need not be parsed again: only the request line is new.
        """
        line, _, rest = data.partition(b"\r\n")
        if rest != self._block:
            return None
        parts = _REQUEST_LINE.fullmatch(line)
        if parts is None or self._said is None:
            return None
        return read_head(parts[1].decode(), parts[2], "1.1", self._said, keep_alive=True)

    def _parse(self, data: bytes) -> None:
        whole = self._at_start
        self._begun = 0
        self._chunk = len(data)
        self._arrived += self._chunk
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._parser = None  # nothing is upgraded: the request is answered, and the connection closed
            return
        except httptools.HttpParserError as error:
            raise error.__context__ or Malformed from None
        if self._in_head and self._arrived > self.plane.settings.head_limit:
            raise HeadTooLarge
        if whole and self._at_start and self._begun == 1:
            self._remember(data)

    def _remember(self, data: bytes) -> None:
        """Keep the header lines of a request that came alone and without a body, for `_repeated`."""
        turn = self._reading
        line, _, rest = data.partition(b"\r\n")
        if turn is None or turn.head.headers.has_body or not turn.head.keep_alive:
            return
        if _REQUEST_LINE.fullmatch(line):
            self._block, self._said = rest, turn.head.headers

    # What the parser tells. An error raised here ends the parsing.

    def on_message_begin(self) -> None:
        self._begun += 1
        self._at_start = False
        self._in_head = True
        self._reading = None
        self._arrived = self._chunk
        self._target = b""
        self._headers = []
        self._since = self.loop.time()

    def on_url(self, target: bytes) -> None:
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # trailers are dropped (RFC 9110 section 6.5.1)
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._body_bytes = 0
        self._begin(self._head())

    def on_body(self, data: bytes) -> None:
        turn = self._reading
        assert turn is not None
        self._body_bytes += len(data)
        if self._body_bytes > self.plane.settings.body_limit:
            raise BodyTooLarge
        turn.body(data)

    def on_message_complete(self) -> None:
        turn = self._reading
        assert turn is not None
        if turn.head.headers.length not in (None, self._body_bytes):
            raise Malformed  # a service would wait for the rest, and take the next request for it
        self._at_start = True
        turn.body_ended()

    # What turns ask for.

    def write(self, data: bytes) -> None:
        """Send bytes to the client; after it has left, nowhere."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def pause_reading(self) -> None:
        """Take nothing more from the client for now."""
        self.flow.pause_reading()

    def resume_reading(self) -> None:
        """Take more from the client, unless requests of it are already waiting."""
        if not self._queue:
            self.flow.resume_reading()

    def caller_of(self, head: RequestHead) -> Caller:
        """Who sent a request."""
        if self._caller is not None:
            return self._caller
        return caller_behind(
            self._peer,
            self._scheme,
            self.plane.settings.trusted_proxies,
            head.headers.read.get(b"x-forwarded-for", b""),
            head.headers.read.get(b"x-forwarded-proto", b""),
        )

    def date_line(self) -> bytes:
        """The `Date` of an answer of the gateway's own."""
        return b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)

    def turn_over(self, turn: Turn, *, keep_alive: bool) -> None:
        """A request is done with: go on to the next, or hang up."""
        now = self._since = self.loop.time()
        self.server_state.total_requests += 1
        self.plane.journal.note(turn, now)
        self._current = None
        if self.transport.is_closing():
            return
        if not keep_alive or self.draining:
            self._hang_up(turn)
        elif self._queue:
            self.loop.call_soon(self._next)
        else:
            self.flow.resume_reading()

    def _next(self) -> None:
        if self._queue and self._current is None:
            self._current = self._queue.popleft()
            self._current.start()

    def _hang_up(self, turn: Turn) -> None:
        """Close; if the client may still be sending, read on for a while so that it gets to see the answer."""
        self._parser = None
        self._queue.clear()
        if turn.received or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self._hung_up = True
            self.transport.write_eof()
            self.flow.resume_reading()

    # Taking requests.

    def _head(self) -> RequestHead:
        settings = self.plane.settings
        if self._arrived > settings.head_limit:
            size = len(self._target) + sum(len(name) + len(value) + 4 for name, value in self._headers)
            if size > settings.head_limit:
                raise HeadTooLarge
        parser = self._parser
        version = parser.get_http_version()
        upgrade = parser.should_upgrade()
        headers = read_headers(self._headers, version)
        if upgrade and headers.has_body:  # the parser would leave the body out
            raise Malformed
        keep_alive = parser.should_keep_alive() and not upgrade
        return read_head(parser.get_method().decode(), self._target, version, headers, keep_alive=keep_alive)

    def _begin(self, head: RequestHead) -> Turn:
        self._reading = turn = self._turn_for(head)
        self._take(turn)
        return turn

    def _turn_for(self, head: RequestHead) -> Turn:
        plane, headers = self.plane, head.headers
        hosts = plane.settings.hosts
        if hosts and headers.host.partition(b":")[0].decode().lower() not in hosts:
            return Reply(self, head, UnknownHost())
        if headers.length is not None and headers.length > plane.settings.body_limit:
            return Reply(self, head, BodyTooLarge())
        route = plane.routes.find(head.segments)
        if head.method == "OPTIONS" and head.preflight:
            methods = plane.admission.methods(route, head.segments) if route else ()
            return Reply(self, head, plane.cors.preflight(methods))
        return Exchange(self, head, route) if route else PortalTurn(self, head)

    def _take(self, turn: Turn) -> None:
        if self._current is None and not self._queue:
            self._current = turn
            turn.start()
        else:  # pipelined
            self._queue.append(turn)
            self.flow.pause_reading()

    def _misread(self, error: MotcuaError) -> None:
        """What the client sends cannot be followed any further: say so, and hang up."""
        self._parser = None
        self._in_head = False
        turn = self._reading
        if turn is None or turn.received:
            language = dict(self._headers).get(b"Accept-Language", b"")
            self._take(Reply(self, unreadable_head(language), error))
        elif turn is self._current:
            turn.refuse(error)
        elif not turn.over:
            self.transport.abort()
