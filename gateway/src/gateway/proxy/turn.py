"""What a client's connection works on: one request after the other, each until it is answered."""

from typing import TYPE_CHECKING

from gateway.proxy.request import RequestHead
from gateway.proxy.response import own_answer
from gateway.proxy.trace import trace_id_of, traceparent_of
from gateway.refusals import QuotaExceeded, refusal_of
from shared.auth import Principal
from shared.errors import MotcuaError

if TYPE_CHECKING:
    from gateway.proxy.edge import Edge

Headers = list[tuple[bytes, bytes]]


class Turn:
    """One request and its answer.

    `status` is 0 until the head of the answer is written. `received` tells whether the client has sent all
    of the request, `over` whether nothing more will be done for it. `refused` is the slug of the problem the
    gateway answered with, if it did.
    """

    service = "gateway"
    principal: Principal | None = None
    over = False
    status = 0
    bytes_out = 0
    refused = ""

    def __init__(self, edge: "Edge", head: RequestHead) -> None:
        self.edge = edge
        self.head = head
        self.caller = edge.caller_of(head)
        self.traceparent = traceparent_of(head.headers.read.get(b"traceparent"))
        self.received = not head.headers.has_body
        self.started_at = self.moved_at = edge.loop.time()

    def start(self) -> None:
        """It is this request's turn."""
        raise NotImplementedError

    def body(self, data: bytes) -> None:
        """The client has sent a piece of the body. Pieces for what is over are dropped."""

    def body_ended(self) -> None:
        """The client has sent all of the request."""
        self.received = True

    def abandoned(self) -> None:
        """The client has left."""

    def client_stalled(self) -> None:
        """The client takes no more of the answer for now."""

    def client_drained(self) -> None:
        """The client takes more of the answer."""

    def sweep(self, now: float) -> None:
        """Look after the deadlines of this request."""

    def refuse(self, error: MotcuaError) -> None:
        """Answer with a problem; when an answer has begun, all that can be done is to break off."""
        if self.over:
            return
        self.refused = error.slug
        if self.status:
            self.edge.transport.abort()
            self.conclude(keep_alive=False)
            return
        refusal = refusal_of(
            error,
            path=self.head.path,
            language=self.head.headers.read.get(b"accept-language", b"").decode("latin-1"),
            trace=trace_id_of(self.traceparent),
            token_sent=b"authorization" in self.head.headers.read,
        )
        limit_lines = error.limit_lines if isinstance(error, QuotaExceeded) else b""
        self.reply(refusal.status, refusal.headers, refusal.body, limit_lines)

    def reply(self, status: int, headers: Headers, body: bytes = b"", more_lines: bytes = b"") -> None:
        """Write a whole answer of the gateway's own."""
        self.status = status
        content = b"" if self.head.method == "HEAD" else body
        self.bytes_out = len(content)
        keep_alive = self.may_keep_alive()
        lines = self.edge.date_line() + more_lines + self.common_lines(keep_alive=keep_alive)
        self.edge.write(own_answer(status, headers, lines, content))
        self.conclude(keep_alive=keep_alive)

    def common_lines(self, *, keep_alive: bool) -> bytes:
        """The last header lines of every answer: who may read it, its trace, what becomes of the connection."""
        origin = self.head.headers.read.get(b"origin")
        return b"%btraceparent: %b\r\n%b\r\n" % (
            b"" if origin is None else self.edge.plane.cors.lines(origin),
            self.traceparent,
            b"" if keep_alive else b"connection: close\r\n",
        )

    def may_keep_alive(self) -> bool:
        """Whether the connection can take another request: not while the rest of this one is outstanding."""
        return self.head.keep_alive and self.received and not self.edge.draining

    def conclude(self, *, keep_alive: bool) -> None:
        """This request is done with."""
        self.over = True
        self.edge.turn_over(self, keep_alive=keep_alive)


class Reply(Turn):
    """A request that the gateway answers by itself: one that it refuses for its head, or a preflight."""

    def __init__(self, edge: "Edge", head: RequestHead, answer: MotcuaError | Headers) -> None:
        super().__init__(edge, head)
        self._answer = answer

    def start(self) -> None:
        if isinstance(self._answer, MotcuaError):
            self.refuse(self._answer)
        else:
            self.reply(204, self._answer)
