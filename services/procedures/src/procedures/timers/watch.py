"""What watches over the timers for as long as the application runs."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from procedures.dependencies import Desk
from procedures.timers.operations import fire_timers

_EVERY_SECONDS = 5.0

log = structlog.get_logger()


async def watch_timers(desk: Desk) -> None:
    """Fire what has run out every few seconds; several processes may do it side by side.

    The pause is measured by a clock that no correction of the time moves.
    """
    while True:
        try:
            while await fire_timers(desk.database, desk.versions, desk.clock.now(), desk.witness):
                pass
        except (SQLAlchemyError, OSError) as error:
            log.warning("timers.interrupted", reason=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)
