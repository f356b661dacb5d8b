"""One request on its way through the gateway, and its answer on the way back."""

from typing import TYPE_CHECKING

from gateway.proxy.callers import caller_lines
from gateway.proxy.client import Connection
from gateway.proxy.request import RequestHead, request_bytes
from gateway.proxy.response import AnswerHead
from gateway.proxy.turn import Turn
from gateway.refusals import AnswerTimedOut, RequestTimedOut
from gateway.routing import Route
from shared.errors import MotcuaError

if TYPE_CHECKING:
    from gateway.proxy.edge import Edge

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLIENT_LEFT = 499
_REPLAY_LIMIT = 64 * 1024


class Exchange(Turn):
    """Carries one request to its service.

    Pieces of the bodies are passed on as they come. A side that takes no more stops the other: the client is
    not read from while the service is stalled, and the other way round.

    A request is sent again, once and on a new connection, when a connection that had been kept open turns
    out to be closed, sending it twice has the effect of sending it once, and all of it is still at hand.
    """

    _connection: Connection | None = None
    _replay = b""
    _limit_lines = b""
    _chunked = False
    _keep_alive = False
    _queued = False
    _client_stalled = False
    _service_stalled = False
    _untaken = 0

    def __init__(self, edge: "Edge", head: RequestHead, route: Route) -> None:
        super().__init__(edge, head)
        self.service = route.service.value
        self.bodiless = head.method == "HEAD"
        self._route = route
        self._pool = edge.plane.pools[route.service]
        self._unsent: list[bytes] = []
        self._out: list[bytes] = []

    # What the client's connection tells.

    def start(self) -> None:
        edge, head = self.edge, self.head
        try:
            self.principal, self._limit_lines = edge.plane.admission.admit(
                self._route,
                head.method,
                head.segments,
                authorization=head.headers.read.get(b"authorization"),
                household=self.caller.household,
                now=self.moved_at,
            )
        except MotcuaError as refusal:
            self.refuse(refusal)
            return
        self._unsent.insert(
            0, request_bytes(head, caller_lines(self.caller, head.headers.host), self.traceparent)
        )
        self._acquire(fresh=False)

    def body(self, data: bytes) -> None:
        if self.over:
            return
        self.moved_at = self.edge.loop.time()
        piece = b"%x\r\n%b\r\n" % (len(data), data) if self.head.headers.chunked else data
        self._send(piece)

    def body_ended(self) -> None:
        if self.received or self.over:
            return
        self.received = True
        self.moved_at = self.edge.loop.time()
        if self.head.headers.chunked:
            self._send(b"0\r\n\r\n")

    def abandoned(self) -> None:
        self._let_go(failed=False)
        self.status = self.status or _CLIENT_LEFT
        self.refused = "client-left"
        self.conclude(keep_alive=False)

    def client_stalled(self) -> None:
        self._client_stalled = True
        if self._connection is not None:
            self._connection.transport.pause_reading()

    def client_drained(self) -> None:
        self._client_stalled = False
        self.moved_at = self.edge.loop.time()
        if self._connection is not None:
            self._connection.transport.resume_reading()

    def sweep(self, now: float) -> None:
        if self._connection is None:  # the pool looks after those who wait
            return
        untaken = self._connection.transport.get_write_buffer_size()
        if untaken != self._untaken:  # a slow service is not a stalled one
            self._untaken = untaken
            self.moved_at = now
        idle = now - self.moved_at
        settings = self._pool.settings
        client_idle_seconds = self.edge.plane.settings.client_idle_seconds
        if self._client_stalled or not (self.received or self._service_stalled):
            if idle > client_idle_seconds:
                self._let_go(failed=False)
                self.refuse(RequestTimedOut())
        elif idle > (settings.idle_seconds if self.status else settings.answer_seconds):
            self._let_go(failed=True)
            self.refuse(AnswerTimedOut())

    def refuse(self, error: MotcuaError) -> None:
        self._let_go(failed=False)
        super().refuse(error)

    # What the service's connection tells.

    def carried_by(self, connection: Connection) -> None:
        """Send what has come of the request so far."""
        self._connection = connection
        self._queued = False
        if self._client_stalled:
            connection.transport.pause_reading()
        request = b"".join(self._unsent)
        self._unsent.clear()
        self._replay = request if self.head.repeatable else b""
        if not self.received:
            if self.head.expects_continue:
                self.edge.write(_CONTINUE)
            self.edge.resume_reading()
        connection.carry(self, request)

    def answer(self, status: int, head: AnswerHead, *, has_body: bool) -> None:
        """Begin the answer to the client, framed for this client's version of HTTP."""
        self.status = status
        self._keep_alive = self.may_keep_alive()
        framing = b""
        if head.length is not None:
            framing = b"content-length: %d\r\n" % head.length if status != 204 else b""
        elif has_body and self.head.version == "1.1":
            self._chunked = True
            framing = b"transfer-encoding: chunked\r\n"
        elif has_body:
            self._keep_alive = False
        head.lines.extend((framing, self._limit_lines, self.common_lines(keep_alive=self._keep_alive)))
        self._out = head.lines

    def piece(self, data: bytes) -> None:
        self.bytes_out += len(data)
        if self._chunked:
            self._out += (b"%x\r\n" % len(data), data, b"\r\n")
        else:
            self._out.append(data)

    def flush(self) -> None:
        if self._out:
            self.edge.write(b"".join(self._out))
            self._out.clear()
            self.moved_at = self.edge.loop.time()

    def answered(self) -> None:
        self._connection = None
        if self._chunked:
            self._out.append(b"0\r\n\r\n")
        self.flush()
        self.conclude(keep_alive=self._keep_alive)

    def failed(self, error: MotcuaError, *, stale: bool = False) -> None:
        self._connection = None
        self._queued = False
        if stale and self._replay and not self.status:
            self._unsent, self._replay = [self._replay], b""
            self._acquire(fresh=True)
        else:
            super().refuse(error)

    def service_stalled(self) -> None:
        self._service_stalled = True
        self.edge.pause_reading()

    def service_drained(self) -> None:
        self._service_stalled = False
        self.moved_at = self.edge.loop.time()
        self.edge.resume_reading()

    def _send(self, piece: bytes) -> None:
        if self._connection is None:
            self._unsent.append(piece)
            self.edge.pause_reading()
            return
        if self._replay:
            self._replay = self._replay + piece if len(self._replay) + len(piece) <= _REPLAY_LIMIT else b""
        self._connection.transport.write(piece)

    def _acquire(self, *, fresh: bool) -> None:
        self._queued = True
        try:
            self._pool.acquire(self, fresh=fresh)
        except MotcuaError as refusal:
            self._queued = False
            super().refuse(refusal)

    def _let_go(self, *, failed: bool) -> None:
        """Have nothing to do with the service any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort(failed=failed)
        elif self._queued:
            self._queued = False
            self._pool.judge(failed=failed)
