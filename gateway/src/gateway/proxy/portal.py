"""A request for the portal: run by uvicorn's own cycle, with the gateway's headers on the answer."""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import structlog
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.proxy.callers import within
from gateway.proxy.request import RequestHead
from gateway.proxy.response import read_answer
from gateway.proxy.turn import Headers, Turn
from gateway.refusals import RequestTimedOut
from shared.errors import MotcuaError, NotFound

if TYPE_CHECKING:
    from gateway.proxy.edge import Edge

_FOR_OPERATORS = "/metrics"

log = structlog.get_logger("portal")


class PortalTurn(Turn):
    """Runs the portal's ASGI application for one request."""

    service = "portal"

    def __init__(self, edge: "Edge", head: RequestHead) -> None:
        super().__init__(edge, head)
        self._limit_lines = b""
        self._stalled = False
        self._cycle = _Cycle(self)

    def start(self) -> None:
        edge, head = self.edge, self.head
        try:
            operators = edge.plane.settings.operators
            if head.path == _FOR_OPERATORS and not within(self.caller.address, operators):
                raise NotFound
            self.principal, self._limit_lines = edge.plane.admission.admit(
                None,
                head.method,
                head.segments,
                authorization=head.headers.read.get(b"authorization"),
                household=self.caller.household,
                now=self.moved_at,
            )
        except MotcuaError as refusal:
            self.refuse(refusal)
            return
        task = edge.loop.create_task(self._cycle.run_asgi(edge.config.loaded_app))
        edge.server_state.tasks.add(task)
        task.add_done_callback(edge.server_state.tasks.discard)

    def body(self, data: bytes) -> None:
        if self.over:
            return
        self.moved_at = self.edge.loop.time()
        self._cycle.body += data
        if len(self._cycle.body) > HIGH_WATER_LIMIT:
            self.edge.pause_reading()
        self._cycle.message_event.set()

    def body_ended(self) -> None:
        super().body_ended()
        self._cycle.more_body = False
        self._cycle.message_event.set()

    def abandoned(self) -> None:
        self._leave()
        self.refused = "client-left"
        self.conclude(keep_alive=False)

    def client_stalled(self) -> None:
        self._stalled = True

    def client_drained(self) -> None:
        self._stalled = False
        self.moved_at = self.edge.loop.time()

    def sweep(self, now: float) -> None:
        waiting_for_client = self._stalled or not (self.received or self.edge.flow.read_paused)
        if waiting_for_client and now - self.moved_at > self.edge.plane.settings.client_idle_seconds:
            self.refuse(RequestTimedOut())

    def refuse(self, error: MotcuaError) -> None:
        self._leave()
        super().refuse(error)

    def answering(self, status: int, headers: Headers) -> Headers:
        """The portal begins its answer: all header lines of it."""
        self.status = status
        self._cycle.keep_alive = self.may_keep_alive()
        head = read_answer(status, headers)
        if head.length is not None:
            head.lines.append(b"content-length: %d\r\n" % head.length)
        head.lines.extend((self._limit_lines, self.common_lines(keep_alive=True)))
        lines = b"".join(head.lines[1:]).split(b"\r\n")
        return [(name, value) for name, _, value in (line.partition(b": ") for line in lines if line)]

    def _leave(self) -> None:
        """The portal is told that the client has gone, and what it still sends is dropped."""
        self._cycle.disconnected = True
        self._cycle.message_event.set()


class _Outlet:
    """What the cycle takes for the client's connection.

    After a whole answer it is the edge that hangs up: a client that is still sending must get to see it.
    """

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self._transport = transport
        self._cycle = cycle

    def close(self) -> None:
        if not self._cycle.response_complete:
            self._transport.close()


class _Cycle(RequestResponseCycle):
    """uvicorn's cycle of one request, telling its turn how it goes."""

    def __init__(self, turn: PortalTurn) -> None:
        edge, head = turn.edge, turn.head
        passed = (line.partition(b": ") for line in head.headers.passed.split(b"\r\n") if line)
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": head.version,
            "server": edge.local,
            "client": (turn.caller.address, 0),
            "scheme": turn.caller.scheme,
            "method": head.method,
            "root_path": "",
            "path": head.path,
            "raw_path": head.target.partition(b"?")[0],
            "query_string": head.target.partition(b"?")[2],
            "headers": [
                (b"host", head.headers.host),
                (b"traceparent", turn.traceparent),
                *((name, value) for name, _, value in passed),
            ],
            "state": {},
        }
        super().__init__(
            scope=cast("Any", scope),
            transport=cast("Any", _Outlet(edge.transport, self)),
            flow=edge.flow,
            logger=log,
            access_logger=log,
            access_log=False,
            default_headers=edge.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=head.expects_continue,
            keep_alive=True,
            on_response=lambda: turn.conclude(keep_alive=self.keep_alive),
        )
        self._turn = turn

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._turn.answering(message["status"], message["headers"])}
        elif message["type"] == "http.response.body":
            self._turn.bytes_out += len(message.get("body", b""))
        await super().send(message)
