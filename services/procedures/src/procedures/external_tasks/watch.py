"""What watches over leases for as long as the application runs."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from procedures.external_tasks.operations import raise_incidents
from shared.clock import Clock
from shared.db import Database

_EVERY_SECONDS = 5.0

log = structlog.get_logger()


async def watch_leases(database: Database, clock: Clock) -> None:
    """Raise an incident where a last lease expired; several processes may do it side by side.

    Leases that are not the last need nobody: when one expires, the task can be claimed.
    """
    while True:
        try:
            while await raise_incidents(database, clock.now()):
                pass
        except (SQLAlchemyError, OSError) as error:
            log.warning("leases.interrupted", reason=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)
