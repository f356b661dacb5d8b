import asyncio
from contextlib import suppress
from io import BytesIO
from typing import Any, cast

from gateway.journal import Journal
from gateway.plane import DataPlane
from gateway.proxy.settings import ProxySettings
from shared.auth import Verifier
from shared.clock import SystemClock
from shared.testing import AUDIENCE, ISSUER


class Swept:
    """Stands in for a connection; one whose `sweep` may fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.done = asyncio.Event()

    def sweep(self, _: float) -> None:
        self.done.set()
        if self.error:
            raise self.error


class FullDisk(BytesIO):
    full = True

    def write(self, data: Any) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(data)


async def test_a_connection_whose_deadline_fails_takes_no_deadline_from_the_others() -> None:
    clock = SystemClock()
    verifier = Verifier(clock, issuer=ISSUER, audience=AUDIENCE)
    plane = DataPlane(ProxySettings(), verifier, Journal(clock, BytesIO()))
    edges = [Swept(), Swept(KeyError("a defect")), Swept()]
    plane.edges = cast("Any", set(edges))
    task = asyncio.create_task(plane.keep_deadlines())
    async with asyncio.timeout(20):
        for _ in range(2):
            for edge in edges:
                await edge.done.wait()
                edge.done.clear()
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_log_that_takes_nothing_costs_its_lines_alone() -> None:
    out = FullDisk()
    journal = Journal(SystemClock(), out)
    journal._write(bytearray(b"one\ntwo\n"))
    assert journal.dropped == 2
    out.full = False
    journal._write(bytearray(b"three\n"))
    assert (out.getvalue(), journal.dropped) == (b"three\n", 2)
