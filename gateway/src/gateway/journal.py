"""What is remembered of each request: a line of the access log, a count, a duration.

Noting is one append and a few additions; lines are formatted and written by a thread, a batch at a time, so
a slow log never holds up a request. Queries are not logged: they may name people.
"""

import asyncio
from bisect import bisect_left
from collections import Counter, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import orjson
from shared.clock import Clock

from gateway.proxy.trace import trace_id_of

if TYPE_CHECKING:
    from gateway.proxy.turn import Turn

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds of the histogram's buckets; one more bucket holds what took longer."""

_BACKLOG = 50_000
_FLUSH_SECONDS = 0.25


class Durations:
    """A histogram: how many requests ended in each bucket, and the seconds of all together."""

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class _Entry(NamedTuple):
    ended_at: float
    seconds: float
    service: str
    method: str
    path: str
    status: int
    refused: str
    sent: int
    address: str
    client: str | None
    traceparent: bytes

    def line(self, behind: float) -> bytes:
        """The entry as JSON; the event loop's clock is `behind` the wall clock by so many seconds."""
        return orjson.dumps(
            {
                "timestamp": datetime.fromtimestamp(self.ended_at + behind, UTC),
                "event": "request",
                "service": self.service,
                "method": self.method,
                "path": self.path,
                "status": self.status,
                "ms": round(self.seconds * 1000, 2),
                "sent": self.sent,
                "refused": self.refused,
                "address": self.address,
                "client": self.client,
                "trace": trace_id_of(self.traceparent),
            },
            option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z,
        )


class Journal:
    """The access log and the figures of one process."""

    def __init__(self, clock: Clock, out: BinaryIO) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.durations: dict[str, Durations] = {}
        self.dropped = 0
        self._clock = clock
        self._out = out
        self._entries: deque[_Entry] = deque()

    def note(self, turn: "Turn", now: float) -> None:
        """A request is done with, at `now` of the event loop's clock."""
        seconds = now - turn.started_at
        service, principal = turn.service, turn.principal
        self.answers[service, turn.status] += 1
        durations = self.durations.get(service)
        if durations is None:
            durations = self.durations[service] = Durations()
        durations.add(seconds)
        if turn.refused:
            self.refusals[turn.refused] += 1
        if len(self._entries) >= _BACKLOG:
            self.dropped += 1
            return
        self._entries.append(
            _Entry(
                now,
                seconds,
                service,
                turn.head.method,
                turn.head.path,
                turn.status,
                turn.refused,
                turn.bytes_out,
                turn.caller.address,
                principal.client_id if principal else None,
                turn.traceparent,
            )
        )

    async def keep_writing(self) -> None:
        """Write what was noted, again and again, until cancelled; then write the rest."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(_FLUSH_SECONDS)
                await loop.run_in_executor(None, self._write, loop.time())
        finally:
            self._write(loop.time())

    def _write(self, now: float) -> None:
        behind = self._clock.now().timestamp() - now
        lines = bytearray()
        while self._entries:
            lines += self._entries.popleft().line(behind)
        if lines:
            self._out.write(lines)
            self._out.flush()
