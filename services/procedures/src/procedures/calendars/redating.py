"""After an edit of a calendar the open cases that it touches are dated anew: a job, in batches.

A batch is one transaction with the place up to which the job has come, so a process that dies loses the
batch at hand and another goes on from there. One process at a time works for an agency, on its oldest job.

No case is missed. Whoever acts on a case locks it first and reads the calendar then, so the calendar as it
was can only have been read by transactions that had begun when the edit became visible. The job notes the
number of the next transaction (`horizon`) and looks at no case before all earlier ones have ended.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars import store
from procedures.calendars.operations import calendar_of
from procedures.cases.record import record
from procedures.cases.store import Done, Stored, lock_dated_after
from procedures.domain.acts import SYSTEM
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.dating import redated
from shared.clock import Clock
from shared.db import AnyRow, Database

AT_ONCE = 500
"""Cases of a batch: their row locks are held for a fraction of a second."""

_EVERY_SECONDS = 1.0

log = structlog.get_logger()


async def date_next(database: Database, now: datetime, at_once: int = AT_ONCE) -> bool:
    """Go on with a job by one batch. False when there is none to go on with at present."""
    async with database.transaction() as tx:
        job = await store.lock_redating(tx)
        if job is None:
            return False
        if job.horizon is None:
            await store.note_progress(tx, job.id, horizon=await store.next_transaction(tx))
            return True
        if not await store.all_ended_before(tx, job.horizon):
            return False
        await _date_batch(tx, job, now, at_once)
        return True


async def _date_batch(tx: AsyncConnection, job: AnyRow, now: datetime, at_once: int) -> None:
    found = await lock_dated_after(tx, job.agency, job.changed_from, after=job.cursor, limit=at_once)
    calendar = await calendar_of(tx, job.agency)
    reason = "; ".join(dict.fromkeys(await store.reasons_of_open_redatings(tx, job.agency)))
    done = _done(found, calendar, reason)
    await record(tx, SYSTEM, now, done)
    await store.note_progress(
        tx,
        job.id,
        cursor=found[-1].case.id if found else job.cursor,
        looked_at=job.looked_at + len(found),
        redated=job.redated + len(done),
        finished_at=now if len(found) < at_once else None,
    )


def _done(found: Sequence[Stored], calendar: WorkingCalendar, reason: str) -> list[Done]:
    acts = ((stored, redated(stored.case, calendar, reason)) for stored in found)
    return [(stored, (act,)) for stored, act in acts if act is not None]


async def keep_dated(database: Database, clock: Clock) -> None:
    """Work on the jobs for as long as the application runs; several processes may do it side by side."""
    while True:
        try:
            while await date_next(database, clock.now()):
                pass
        except (SQLAlchemyError, OSError) as error:
            log.warning("redating.interrupted", reason=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)
