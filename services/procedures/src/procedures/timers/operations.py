"""The timers of cases fire: each as an act of nobody, with its event, many in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import DatedCalendar, dated_calendar
from procedures.cases.dating import dated_anew
from procedures.cases.record import record
from procedures.cases.sight import ANY_CASE
from procedures.cases.store import Done, Stored, lock_due, readable
from procedures.catalogue.operations import Versions
from procedures.domain.acts import SYSTEM, Act
from procedures.domain.case import Case
from procedures.domain.definition import Definition
from procedures.domain.firing import fire
from procedures.domain.timer import delay_after
from procedures.domain.timers import has_run_out
from procedures.links.following import are_free
from procedures.links.store import lock_case
from procedures.timers import store
from shared.clock import Clock
from shared.db import Database, is_transient

AT_ONCE = 500
"""Cases that are written at once: terms in days all end at midnight, and none may wait for a minute."""


Witness = Callable[[AsyncConnection], Awaitable[datetime]]
"""What another clock says; a timer fires only when both have passed its instant."""

database_clock: Witness = store.database_now

log = structlog.get_logger()


async def fire_timers(
    database: Database, versions: Versions, now: datetime, witness: Witness, at_once: int = AT_ONCE
) -> int:
    """Fire timers that have run out by both clocks; of how many cases. There may be more.

    Cases that another process holds, or a case that they are linked to, are left to the next round. A timer that cannot fire is put off and does not keep
    others from firing.
    """
    async with database.transaction() as tx:
        agreed = min(now, await witness(tx))
        due = await lock_due(tx, agreed, at_once)
        legible = {one.case.id: one for one in readable(tx, due)}
        lost = [row for row in due if row.id not in legible]
        for row in lost:
            await _put_off(tx, row.id, row.code, agreed, "its state cannot be read")
        found = [one for one in legible.values() if await are_free(tx, one.case)]
        try:
            async with tx.begin_nested():
                await _fire(tx, versions, found, agreed)
        except Exception as error:  # whatever is wrong with one case, the others fire
            if is_transient(error):
                raise
            for stored in found:
                await _fire_alone(tx, versions, stored, agreed)
        return len(found) + len(lost)


async def fire_case(
    tx: AsyncConnection, versions: Versions, case_id: UUID, now: datetime, witness: Witness
) -> None:
    """Fire what of one case has run out by both clocks, once nobody else holds it."""
    agreed = min(now, await witness(tx))
    stored = await lock_case(tx, case_id, ANY_CASE)
    if stored is not None and has_run_out(stored.case, agreed):
        await _fire_alone(tx, versions, stored, agreed)


async def _fire(tx: AsyncConnection, versions: Versions, found: Sequence[Stored], now: datetime) -> None:
    calendars = {agency: await dated_calendar(tx, agency) for agency in {one.case.agency for one in found}}
    done: list[Done] = []
    for stored in found:
        case = stored.case
        definition = (await versions.of(tx, case.procedure, case.version)).definition
        if acts := _acts(case, definition, calendars[case.agency], now):
            done.append((stored, acts))
        else:  # its rows are not those that follow from the state
            await store.put_right(tx, case)
    await record(tx, SYSTEM, now, done)


def _acts(case: Case, definition: Definition, by: DatedCalendar, now: datetime) -> tuple[Act, ...]:
    """What has run out by the calendar as it is now."""
    act = dated_anew(case, by, now)
    if act is None:
        return fire(case, definition, by.calendar, now)
    return act, *fire(act.change(case, now), definition, by.calendar, now)


async def _fire_alone(tx: AsyncConnection, versions: Versions, stored: Stored, now: datetime) -> None:
    try:
        async with tx.begin_nested():
            await _fire(tx, versions, [stored], now)
    except Exception as error:  # likewise
        if is_transient(error):
            raise
        await _put_off(tx, stored.case.id, stored.code, now, repr(error))


async def _put_off(tx: AsyncConnection, case_id: UUID, code: str, now: datetime, reason: str) -> None:
    delay = delay_after(await store.failures_of(tx, case_id))
    log.error("timer.failed", case=code, reason=reason, again_at=(now + delay).isoformat())
    await store.put_off(tx, case_id, now, now + delay)


def told_by(clock: Clock) -> Witness:
    """A clock that is its own witness: of simulated time there is no other."""

    async def witness(_: AsyncConnection) -> datetime:
        return clock.now()

    return witness
