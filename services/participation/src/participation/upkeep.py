"""What runs beside the routes: others are told what the calendar brought, old answers are forgotten."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from participation.consultations.announcements import tell_all_due
from shared.web import Parts
from shared.web.idempotency import forget_answers

_SWEEP_EVERY_SECONDS = 3600.0
_ANSWERS_KEPT = timedelta(hours=24)

Work = Callable[[AsyncConnection, datetime], Coroutine[Any, Any, int]]

log = structlog.get_logger()


class Upkeep:
    """The upkeep of one process; several processes may do it side by side."""

    def __init__(self, parts: Parts, *, announce_every_seconds: float) -> None:
        self._parts = parts
        self._announce_every = announce_every_seconds

    async def announce(self) -> None:
        """Tell of openings and closings for as long as the application runs."""
        await self._repeat(tell_all_due, self._announce_every)

    async def sweep(self) -> None:
        """Forget answers to repeated commands for as long as the application runs."""

        async def forget(tx: AsyncConnection, now: datetime) -> int:
            return await forget_answers(tx, before=now - _ANSWERS_KEPT)

        await self._repeat(forget, _SWEEP_EVERY_SECONDS)

    async def _repeat(self, work: Work, every: float) -> None:
        while True:
            try:
                async with self._parts.database.transaction() as tx:
                    await work(tx, self._parts.clock.now())
            except Exception as error:
                log.warning("upkeep.interrupted", work=work.__name__, reason=repr(error))
            await asyncio.sleep(every)
