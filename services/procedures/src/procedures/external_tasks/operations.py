"""What systems can do with the steps that are left to them, and officials about it: one function each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look, seen_of
from procedures.cases.operations import CaseNotFound, Order, handle_case, locked_case
from procedures.cases.sealing import FiledForm, key_of
from procedures.cases.store import Stored
from procedures.documents.operations import Enclosure, Shown, attach, document_for, owned_faults
from procedures.domain import external_task as rules
from procedures.domain.document import DocumentNotFound
from procedures.domain.external_task import ExternalTask, ExternalTaskNotFound, Lease, LeaseLost, require_held
from procedures.domain.handling import NotThisUnit, Official
from procedures.external_tasks import store
from procedures.external_tasks.bell import Bell, heard_within, ring_once_committed
from procedures.external_tasks.store import Kept, Wanted
from procedures.keys.keyring import shown
from shared import outbox
from shared.db import Database
from shared.errors import Invalid
from shared.events.procedures_tasks import TaskEvent, TaskIncidentRaised, TaskIncidentResolved
from shared.ids import new_id

T = TypeVar("T")

AT_ONCE = 200
"""Tasks of which the last lease expired that are taken back in one transaction."""


class NothingFreeError(Exception):
    """Nothing can be claimed now; `until` is when, by itself, something can be."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True, slots=True)
class Hold:
    """What a system says that it holds."""

    case_id: UUID
    step: str
    agency: str
    lease: Lease


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task that a system holds from now on, and the case that it is of."""

    kept: Kept
    stored: Stored
    form: FiledForm | None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident with what is told of it."""

    kept: Kept
    message: str | None


async def when_free(
    bell: Bell, agency: str, wait: timedelta, look: Callable[[], Awaitable[T]], now: Callable[[], datetime]
) -> T | None:
    """What `look` finds: at once, or as soon as something becomes free for the agency; None when the time is up.

    `look` raises NothingFreeError. No connection is held while nothing is there.
    """
    loop = asyncio.get_running_loop()
    over = loop.time() + wait.total_seconds()
    with bell.heard(agency) as rung:
        while True:
            rung.clear()
            try:
                return await look()
            except NothingFreeError as nothing:
                left = over - loop.time()
                if left <= 0:
                    return None
                rest = (nothing.until - now()).total_seconds() if nothing.until else left
                await heard_within(rung, min(left, max(rest, 0)))


async def claim_tasks(
    tx: AsyncConnection,
    wanted: Wanted,
    look: Look,
    *,
    holder: str,
    lasts: timedelta,
    limit: int,
) -> list[Claimed]:
    """Lease free tasks, the one due next first. The case of each is shown, and that is recorded.

    A task of a case that cannot be read is leased to nobody's use, and so becomes an incident in the end.

    Raises:
        NothingFreeError
    """
    lease = Lease(new_id(), holder)
    claimed = await store.claim(tx, wanted, lease, look.at, look.at + lasts, limit)
    if not claimed:
        raise NothingFreeError(await store.next_free(tx, wanted, look.at))
    cases = await store.cases_of(tx, list({kept.task.case_id for kept in claimed}))
    look = replace(look, units=tuple(sorted({kept.task.unit for kept in claimed})))
    await record_look(tx, look, *chain.from_iterable(seen_of(stored) for stored, _ in cases.values()))
    return [Claimed(kept, *cases[kept.task.case_id]) for kept in claimed if kept.task.case_id in cases]


async def held_case(tx: AsyncConnection, hold: Hold, look: Look) -> Claimed:
    """The case of a task, for the system that holds it.

    Raises:
        LeaseLost
    """
    kept = await _held(tx, hold, look.at)
    stored, form = (await store.cases_of(tx, [hold.case_id]))[hold.case_id]
    await record_look(tx, replace(look, units=(kept.task.unit,)), *seen_of(stored))
    return Claimed(kept, stored, form)


async def held_document(tx: AsyncConnection, hold: Hold, look: Look, document: UUID) -> Shown:
    """A document of the case of a task, for the system that holds it.

    Raises:
        LeaseLost, DocumentNotFound.
    """
    kept = await _held(tx, hold, look.at)
    shown = await document_for(tx, document, replace(look, units=(kept.task.unit,)))
    if shown.row.case_id != hold.case_id:
        raise DocumentNotFound
    return shown


async def extend_lease(tx: AsyncConnection, hold: Hold, now: datetime, lasts: timedelta) -> ExternalTask:
    """Hold the task longer: so long from now on.

    Raises:
        LeaseLost
    """
    kept = await _held(tx, hold, now)
    return await _put(tx, rules.extended(kept.task, now + lasts))


async def release_task(tx: AsyncConnection, hold: Hold, now: datetime) -> ExternalTask:
    """Give the task back untouched.

    Raises:
        LeaseLost
    """
    kept = await _held(tx, hold, now)
    ring_once_committed(tx, kept.task.agency)
    return await _put(tx, rules.released(kept.task, now))


async def complete_task(
    tx: AsyncConnection,
    order: Order,
    hold: Hold,
    look: Look,
    *,
    outcome: str | None,
    note: str | None,
    enclosures: Sequence[Enclosure],
) -> Stored:
    """Finish a step that the system still holds, with what it adds to the case.

    Raises:
        LeaseLost: also when there is no such case, or none that the caller may see.
        ActionNotAllowed, UnknownOutcome, DecisionMissing, FeeUnpaid, ChildStillRunning, Invalid.
    """
    try:
        await locked_case(tx, order)
    except CaseNotFound as absent:
        raise LeaseLost from absent
    kept = await _held(tx, hold, order.now)
    faults = await owned_faults(tx, order.actor.subject, enclosures)
    if faults:
        raise Invalid(faults=faults)
    brought = await attach(tx, order.case_id, order.actor.subject, enclosures)
    await _put(tx, rules.released(kept.task, order.now))  # a step that leads back to itself opens anew
    done = await handle_case(
        tx,
        order,
        lambda case, definition, calendar: rules.complete(
            case,
            definition,
            calendar,
            order.now,
            step=hold.step,
            outcome=outcome,
            note=note,
            attachments=brought,
        ),
    )
    await record_look(tx, replace(look, units=(kept.task.unit,)), *seen_of(done))
    return done


async def fail_task(
    tx: AsyncConnection,
    hold: Hold,
    now: datetime,
    *,
    message: str,
    again_after: timedelta | None,
    final: bool,
) -> ExternalTask:
    """An attempt failed: the task rests and is free again, or after the last attempt becomes an incident.

    Raises:
        LeaseLost
    """
    kept = await _held(tx, hold, now)
    key = key_of(tx, hold.case_id, kept.row.case_data_key)
    assert key is not None  # a case is erased long after it has ended
    sealed = key.seal_text(0, f"external/{hold.step}", message)
    after = rules.failed(
        kept.task, now, message=sealed, incident=new_id(), again_after=again_after, final=final
    )
    if after.incident is not None:
        return await _raise_incident(tx, kept, after, now)
    ring_once_committed(tx, after.agency)
    return await _put(tx, after)


async def recall_task(
    tx: AsyncConnection, case_id: UUID, step: str, official: Official, look: Look
) -> Incident:
    """Take a task back from the systems, for officials to do it or to look into it.

    Raises:
        ExternalTaskNotFound, NotThisUnit, NotWithSystems.
    """
    kept = await _of_official(tx, case_id, step, official)
    after = rules.recalled(kept.task, look.at, new_id())
    await _raise_incident(tx, kept, after, look.at)
    return await _shown(tx, Kept(after, kept.row), look)


async def resolve_incident(
    tx: AsyncConnection, case_id: UUID, step: str, official: Official, look: Look, incident: UUID
) -> Incident:
    """Let systems try a task again, with all its attempts.

    Raises:
        ExternalTaskNotFound, NotThisUnit, IncidentSettled.
    """
    kept = await _of_official(tx, case_id, step, official)
    after = rules.resolved(kept.task, look.at, incident)
    await store.put(tx, after, events=1)
    await _tell(tx, kept, TaskIncidentResolved(**_told(kept)), look.at)
    ring_once_committed(tx, after.agency)
    return await _shown(tx, Kept(after, kept.row), look)


async def list_incidents(
    tx: AsyncConnection, official: Official, look: Look, *, after: UUID | None, limit: int
) -> list[Incident]:
    """What systems could not do at the official's units, the oldest first.

    The last of `limit` tells only that there are more; it is not shown.
    """
    units = sorted({unit for unit, _ in official.posts})
    found = await store.incidents(tx, official.agency, units, after, limit)
    seen = {kept.task.case_id: _seen(kept) for kept in found[: limit - 1]}
    await record_look(tx, look, *seen.values())
    return [_incident(tx, kept) for kept in found]


async def raise_incidents(database: Database, now: datetime) -> int:
    """Make incidents of tasks whose last lease expired; of how many. There may be more."""
    async with database.transaction() as tx:
        found = await store.lock_expired(tx, now, AT_ONCE)
        for kept in found:
            await _raise_incident(tx, kept, rules.expired(kept.task, now, new_id()), now)
        return len(found)


async def _held(tx: AsyncConnection, hold: Hold, now: datetime) -> Kept:
    kept = await store.task_of(tx, hold.case_id, hold.step, hold.agency)
    if kept is None:
        raise LeaseLost
    require_held(kept.task, hold.lease, now)
    return kept


async def _of_official(tx: AsyncConnection, case_id: UUID, step: str, official: Official) -> Kept:
    kept = await store.task_of(tx, case_id, step, official.agency)
    if kept is None:
        raise ExternalTaskNotFound
    if not official.holds(kept.task.agency, kept.task.unit, kept.task.role):
        raise NotThisUnit(unit=kept.task.unit, role=kept.task.role)
    return kept


async def _put(tx: AsyncConnection, task: ExternalTask) -> ExternalTask:
    await store.put(tx, task)
    return task


async def _raise_incident(
    tx: AsyncConnection, before: Kept, after: ExternalTask, now: datetime
) -> ExternalTask:
    assert after.incident is not None
    await store.put(tx, after, events=1)
    await _tell(tx, before, TaskIncidentRaised(**_told(before), cause=after.incident.cause.value), now)
    return after


async def _tell(tx: AsyncConnection, kept: Kept, event: TaskEvent, now: datetime) -> None:
    await outbox.add(tx, event.envelope(subject=kept.task.id, sequence=kept.row.events + 1, at=now))


def _told(kept: Kept) -> dict[str, Any]:
    task, row = kept.task, kept.row
    return {
        "case_id": task.case_id,
        "code": row.case_code,
        "procedure": row.procedure,
        "version": row.case_version,
        "case_agency": row.case_agency,
        "agency": task.agency,
        "unit": task.unit,
        "step": task.step,
    }


def _seen(kept: Kept) -> Seen:
    return Seen(kept.task.case_id, kept.row.case_code, kept.row.procedure, kept.row.case_applicant)


async def _shown(tx: AsyncConnection, kept: Kept, look: Look) -> Incident:
    await record_look(tx, look, _seen(kept))
    return _incident(tx, kept)


def _incident(tx: AsyncConnection, kept: Kept) -> Incident:
    sealed = kept.task.message
    key = key_of(tx, kept.task.case_id, kept.row.case_data_key)
    return Incident(kept, None if sealed is None else shown(key, sealed))
