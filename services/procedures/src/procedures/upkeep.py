"""What runs beside the routes: what is kept for a day is dropped, what is due for report is reported, each day of
the case log is anchored, and cases that have ended are scheduled for what becomes of them.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from procedures.anchors.operations import anchor_days
from procedures.backlogs.operations import count_backlogs
from procedures.case_migrations.operations import PLANS_KEPT
from procedures.case_migrations.store import forget_plans
from procedures.dependencies import Desk
from procedures.documents.operations import sweep_documents
from procedures.forecasts.operations import make_forecasts
from procedures.reassignments.store import forget_planned
from procedures.retention.operations import drop_contents, schedule_retentions
from procedures.statistics.operations import freeze_months
from shared.db import Database
from shared.web.idempotency import forget_answers

ANSWERS_KEPT = timedelta(hours=24)
"""How long the answer to an idempotency key is remembered."""

_EVERY_SECONDS = 3600.0
_VIEWED_EVERY_SECONDS = 60.0

log = structlog.get_logger()


async def sweep(desk: Desk) -> None:
    """Forget old answers and plans, drop documents that no case has taken or that were erased, report past months,
    find out how long ended cases are kept. What fails keeps nothing else from being done."""
    database, now = desk.database, desk.clock.now()
    parts: Sequence[partial[Any]] = (
        partial(_forget, database, now),
        partial(sweep_documents, database, desk.contents, now),
        partial(drop_contents, database, desk.contents, now),
        partial(freeze_months, database, now),
        partial(schedule_retentions, database, desk.versions, desk.calendars),
    )
    for part in parts:
        try:
            await part()
        except Exception as error:  # one part that fails keeps no other from its turn
            log.warning("sweep.interrupted", part=part.func.__name__, reason=repr(error))


async def _forget(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await forget_answers(tx, before=now - ANSWERS_KEPT)
        await forget_plans(tx, before=now - PLANS_KEPT)
        await forget_planned(tx, before=now - PLANS_KEPT)


async def keep_tidy(desk: Desk) -> None:
    """Sweep for as long as the application runs; several processes may do it side by side."""
    while True:
        await sweep(desk)
        await asyncio.sleep(_EVERY_SECONDS)


async def keep_anchored(desk: Desk) -> None:
    """Anchor each day once it is over; several processes may do it side by side."""
    while True:
        try:
            await anchor_days(desk.database, desk.clock.now())
        except (SQLAlchemyError, OSError) as error:
            log.warning("anchoring.interrupted", reason=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def keep_in_view(desk: Desk) -> None:
    """Count what waits where, and say which cases are likely to be late; one of several processes does it."""
    while True:
        try:
            if await count_backlogs(desk.database, desk.clock.now()):
                await make_forecasts(desk.database, desk.clock.now())
        except (SQLAlchemyError, OSError) as error:
            log.warning("overview.interrupted", reason=repr(error))
        await asyncio.sleep(_VIEWED_EVERY_SECONDS)
