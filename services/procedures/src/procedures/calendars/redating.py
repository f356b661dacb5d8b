"""After an edit of a calendar the open cases that it touches are dated anew: a job, in batches.

The job goes through the cases by id and makes batches of them; each batch is one transaction. A process that
dies loses the batch at hand, which another takes up; several processes, and several tasks of one process, work
on different batches side by side. Of an agency's jobs the oldest is finished first.

No case is missed. Whoever acts on a case locks it first and reads the calendar then, so the calendar as it
was can only have been read by transactions that had begun when the edit became visible. The job notes the
number of the next transaction (`horizon`) and looks at no case before all earlier ones have ended.

Whoever acts on a case before the job comes to it dates it anew first (`cases/dating.py`).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars import store
from procedures.calendars.operations import DatedCalendar, dated_calendar
from procedures.cases.record import record
from procedures.cases.store import Done, Stored, last_of_batch, lock_dated_after
from procedures.domain.acts import SYSTEM
from procedures.domain.dating import redated
from shared.clock import Clock
from shared.db import AnyRow, Database

AT_ONCE = 500
"""Cases of a batch: their row locks are held for a fraction of a second."""

SIDE_BY_SIDE = 2
"""Batches of one process at a time: while the database writes one, the next is reckoned."""

_EVERY_SECONDS = 1.0

log = structlog.get_logger()


async def date_next(database: Database, now: datetime, at_once: int = AT_ONCE) -> bool:
    """Go a step on with a job. False when there is none to go on with at present."""
    async with database.transaction() as tx:
        for job in await store.open_redatings(tx):
            batch = await store.lock_batch(tx, job.id)
            if batch is not None:
                await _date_batch(tx, job, batch, now)
                return True
            locked = await store.lock_redating(tx, job.id)
            if locked is not None and await _plan(tx, locked, now, at_once):
                return True
    return False


async def _plan(tx: AsyncConnection, job: AnyRow, now: datetime, at_once: int) -> bool:
    """Make the next batch of a job, or finish it; False while that has to wait for others."""
    if job.horizon is None:
        await store.note_progress(tx, job.id, horizon=await store.next_transaction(tx))
        return True
    if not await store.all_ended_before(tx, job.horizon):
        return False
    last = await last_of_batch(tx, job.agency, job.changed_from, after=job.cursor, size=at_once)
    if last is not None:
        await store.add_batch(tx, job, last)
        return True
    if await store.has_open_batch(tx, job.id):
        return False
    await store.note_progress(tx, job.id, finished_at=now)
    return True


async def _date_batch(tx: AsyncConnection, job: AnyRow, batch: AnyRow, now: datetime) -> None:
    found = await lock_dated_after(tx, job.agency, job.changed_from, after=batch.after, last=batch.last)
    dated = await dated_calendar(tx, job.agency)
    done = _done(found, dated, now)
    await record(tx, SYSTEM, now, done)
    await store.finish_batch(tx, batch, looked_at=len(found), redated=len(done), finished_at=now)


def _done(found: Sequence[Stored], dated: DatedCalendar, now: datetime) -> list[Done]:
    assert dated.redating is not None  # the job is not finished
    acts = ((stored, redated(stored.case, dated.calendar, now, dated.redating)) for stored in found)
    return [(stored, (act,)) for stored, act in acts if act is not None]


async def keep_dated(database: Database, clock: Clock) -> None:
    """Work on the jobs for as long as the application runs; several processes may do it side by side."""
    while True:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(SIDE_BY_SIDE):
                    group.create_task(date_all(database, clock))
        except* (SQLAlchemyError, OSError) as errors:
            log.warning("redating.interrupted", reason=repr(errors.exceptions))
        await asyncio.sleep(_EVERY_SECONDS)


async def date_all(database: Database, clock: Clock) -> None:
    """Go on with the jobs until there is none to go on with."""
    while await date_next(database, clock.now()):
        pass
