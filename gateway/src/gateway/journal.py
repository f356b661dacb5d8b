"""What is remembered of each request: a line of the access log, a count, a duration.

Lines are gathered and written by a thread, a batch at a time, so a slow log never holds up a request. They
bear the time of the last batch, a quarter of a second ago at most. Queries are not logged: they may name
people.
"""

import asyncio
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

import orjson

from gateway.proxy.trace import trace_id_of
from shared.clock import Clock

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


class Journal:
    """The access log and the figures of one process."""

    def __init__(self, clock: Clock, out: BinaryIO) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.durations: dict[str, Durations] = {}
        self.dropped = 0
        self._clock = clock
        self._out = out
        self._now = _iso(clock)
        self._lines = bytearray()
        self._waiting = 0

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
        if self._waiting >= _BACKLOG:
            self.dropped += 1
            return
        self._waiting += 1
        self._lines += orjson.dumps(
            {
                "timestamp": self._now,
                "event": "request",
                "service": service,
                "method": turn.head.method,
                "path": turn.head.path,
                "status": turn.status,
                "ms": round(seconds * 1000, 2),
                "sent": turn.bytes_out,
                "refused": turn.refused,
                "address": turn.caller.address,
                "client": principal.client_id if principal else None,
                "trace": trace_id_of(turn.traceparent),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )

    async def keep_writing(self) -> None:
        """Write what was noted, again and again, until cancelled; then write the rest."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._now = _iso(self._clock)
                await asyncio.sleep(_FLUSH_SECONDS)
                if self._waiting:
                    await loop.run_in_executor(None, self._write, self._taken())
        finally:
            self._write(self._taken())

    def _taken(self) -> bytearray:
        lines, self._lines, self._waiting = self._lines, bytearray(), 0
        return lines

    def _write(self, lines: bytearray) -> None:
        try:
            self._out.write(lines)
            self._out.flush()
        except OSError:  # a full disk or a closed pipe: requests go on, and what is lost is counted
            self.dropped += lines.count(b"\n")


def _iso(clock: Clock) -> str:
    return clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
