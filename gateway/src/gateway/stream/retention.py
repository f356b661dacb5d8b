"""Forgetting what is old: events with their deliveries, and answers to idempotent requests."""

import asyncio
from datetime import timedelta

import structlog

from gateway.interruptions import DATABASE_AWAY
from gateway.stream import store
from gateway.stream.settings import StreamSettings
from shared.clock import Clock
from shared.db import Database
from shared.web.idempotency import forget_answers

_EVERY_SECONDS = 600.0
_ANSWERS_KEPT = timedelta(hours=24)

log = structlog.get_logger()


async def keep_tidy(database: Database, clock: Clock, settings: StreamSettings) -> None:
    """Forget every ten minutes what is over its time, until cancelled."""
    kept = timedelta(days=settings.retention_days)
    while True:
        try:
            now = clock.now()
            async with database.transaction() as tx:
                await forget_answers(tx, before=now - _ANSWERS_KEPT)
            forgotten = 1
            while forgotten:
                async with database.transaction() as tx:
                    forgotten = await store.forget(tx, before=now - kept)
        except DATABASE_AWAY as error:
            log.warning("retention.interrupted", reason=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)
