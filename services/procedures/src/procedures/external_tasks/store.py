"""Every SQL statement about steps that systems do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.sealing import FiledForm, filed_form
from procedures.cases.store import FAR, SEEN, Stored, readable
from procedures.domain.case import Case, Task
from procedures.domain.external_task import Cause, ExternalTask, Incident, Lease
from procedures.tables import cases, claims, external_tasks, task_systems
from procedures.work_list.store import live
from shared.db import AnyRow

_TASKS = external_tasks.c

_CLOSE = text("""
DELETE FROM external_tasks t USING unnest(:cases, :steps) AS gone (case_id, step)
WHERE (t.case_id, t.step) = (gone.case_id, gone.step)
RETURNING t.case_id, t.step, t.id, t.events
""").bindparams(bindparam("cases", type_=ARRAY(Uuid)), bindparam("steps", type_=ARRAY(Text)))
_CHANGE = (
    update(external_tasks)
    .where(_TASKS.case_id == bindparam("of"), _TASKS.step == bindparam("at"))
    .values(due_at=bindparam("due"), sort_at=bindparam("sort"), ready=bindparam("can_be_done"))
)


@dataclass(frozen=True, slots=True)
class Opening:
    """A task that opens for systems."""

    id: UUID
    case: Case
    task: Task


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks a system of an agency takes: those of a procedure, or of a step of a unit."""

    agency: str
    procedure: str | None
    unit: str | None
    step: str | None

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """Claimable now or later, and not in the hands of an official."""
        parts = {_TASKS.procedure: self.procedure, _TASKS.unit: self.unit, _TASKS.step: self.step}
        asked = [column == value for column, value in parts.items() if value is not None]
        by_hand = select(claims.c.case_id).where(live(now, external_tasks))
        free = [_TASKS.ready, _TASKS.attempts_left > 0, ~by_hand.exists()]
        return [_TASKS.agency == self.agency, *free, *asked]


@dataclass(frozen=True, slots=True)
class Kept:
    """A task as it is stored, with what of its case stands beside it."""

    task: ExternalTask
    row: AnyRow


def tasks_for_systems(case: Case) -> list[Task]:
    """The open tasks of a case that are left to systems."""
    return [task for task in case.tasks if task.attempts is not None]


def task_row(case: Case, task: Task) -> dict[str, Any]:
    """What of the row of a task follows from its case."""
    return {
        "case_id": case.id,
        "step": task.step,
        "procedure": case.procedure,
        "agency": task.agency,
        "unit": task.unit,
        "role": task.role,
        "opened_at": task.opened_at,
        "due_at": task.due_at,
        "sort_at": task.due_at or FAR,
        "ready": case.lets_complete(task),
        "attempts": task.attempts,
    }


async def of_cases(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """The tasks of these cases."""
    return (await tx.execute(select(external_tasks).where(_TASKS.case_id.in_(ids)))).all()


async def open_tasks(tx: AsyncConnection, now: datetime, opening: Sequence[Opening]) -> None:
    """Tasks that systems may claim from now on, once they are ready."""
    if not opening:
        return
    rows = [
        {
            **task_row(one.case, one.task),
            "id": one.id,
            "attempts_left": one.task.attempts,
            "free_at": now,
            "events": 1,
        }
        for one in opening
    ]
    await tx.execute(insert(external_tasks), rows)


async def change_tasks(tx: AsyncConnection, changed: Sequence[tuple[UUID, Task, bool]]) -> None:
    """Tasks of these cases that are due at another instant, or can be done only now, or not now."""
    if changed:
        rows = [
            {
                "of": case_id,
                "at": task.step,
                "due": task.due_at,
                "sort": task.due_at or FAR,
                "can_be_done": ready,
            }
            for case_id, task, ready in changed
        ]
        await tx.execute(_CHANGE, rows)


async def close_tasks(
    tx: AsyncConnection, places: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], AnyRow]:
    """Tasks that are not open any more: `id` and `events` of each that was there, by case and step."""
    if not places:
        return {}
    given = {"cases": [case_id for case_id, _ in places], "steps": [step for _, step in places]}
    return {(row.case_id, row.step): row for row in await tx.execute(_CLOSE, given)}


async def claim(
    tx: AsyncConnection, wanted: Wanted, lease: Lease, now: datetime, until: datetime, limit: int
) -> list[Kept]:
    """Lease free tasks, the one due next first. Those that another claim has in hand are passed over."""
    free = (
        select(_TASKS.case_id, _TASKS.step)
        .where(*wanted.conditions(now), _TASKS.free_at <= now)
        .order_by(_TASKS.sort_at, _TASKS.case_id, _TASKS.step)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    taken = (
        update(external_tasks)
        .where(_TASKS.case_id == free.c.case_id, _TASKS.step == free.c.step)
        .values(lease=lease.id, holder=lease.holder, free_at=until, attempts_left=_TASKS.attempts_left - 1)
        .returning(external_tasks)
    )
    rows = sorted(await tx.execute(taken), key=lambda row: (row.sort_at, row.case_id, row.step))
    return [_kept(row) for row in rows]


async def next_free(tx: AsyncConnection, wanted: Wanted, now: datetime) -> datetime | None:
    """When, without anybody doing anything, the next such task becomes free."""
    query = select(func.min(_TASKS.free_at)).where(*wanted.conditions(now), _TASKS.free_at > now)
    found: datetime | None = (await tx.execute(query)).scalar_one()
    return found


async def cases_of(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, tuple[Stored, FiledForm | None]]:
    """These cases, but for those that cannot be read, each with what was filled in."""
    rows = (await tx.execute(select(*SEEN, cases.c.form).where(cases.c.id.in_(ids)))).all()
    forms = {row.id: row.form for row in rows}
    return {one.case.id: (one, filed_form(one.key, forms[one.case.id])) for one in readable(tx, rows)}


def _with_case() -> Select[Any]:
    told = (cases.c.code, cases.c.version, cases.c.applicant, cases.c.agency, cases.c.data_key)
    named = (column.label(f"case_{column.name}") for column in told)
    return select(external_tasks, *named).join(cases, cases.c.id == _TASKS.case_id)


async def task_of(tx: AsyncConnection, case_id: UUID, step: str, agency: str | None = None) -> Kept | None:
    """The task, of this agency if one is named, locked; with its case, which is not."""
    query = _with_case().where(_TASKS.case_id == case_id, _TASKS.step == step)
    if agency is not None:
        query = query.where(_TASKS.agency == agency)
    row = (await tx.execute(query.with_for_update(of=external_tasks))).one_or_none()
    return None if row is None else _kept(row)


async def lock_expired(tx: AsyncConnection, now: datetime, limit: int) -> list[Kept]:
    """Tasks whose last attempt ran out of time by `now`, locked; not those that are in hand elsewhere."""
    query = (
        _with_case()
        .where(_TASKS.attempts_left == 0, _TASKS.incident.is_(None), _TASKS.free_at <= now)
        .order_by(_TASKS.free_at)
        .limit(limit)
        .with_for_update(of=external_tasks, skip_locked=True)
    )
    return [_kept(row) for row in await tx.execute(query)]


async def incidents(
    tx: AsyncConnection, agency: str, units: Sequence[str], after: UUID | None, limit: int
) -> list[Kept]:
    """Incidents of these units, the oldest first: their ids are in the order in which they were raised."""
    query = _with_case().where(_TASKS.agency == agency, _TASKS.unit.in_(units), _TASKS.incident.is_not(None))
    if after is not None:
        query = query.where(_TASKS.incident > after)
    return [_kept(row) for row in await tx.execute(query.order_by(_TASKS.incident).limit(limit))]


async def put(tx: AsyncConnection, task: ExternalTask, *, events: int = 0) -> None:
    """The task as it is now, and how many more events tell of it."""
    incident = task.incident
    await tx.execute(
        update(external_tasks)
        .where(_TASKS.case_id == task.case_id, _TASKS.step == task.step)
        .values(
            attempts_left=task.attempts_left,
            free_at=task.free_at,
            lease=task.lease and task.lease.id,
            holder=task.lease and task.lease.holder,
            incident=incident and incident.id,
            incident_at=incident and incident.at,
            cause=incident and incident.cause.value,
            message=task.message,
            events=_TASKS.events + events,
        )
    )


async def put_system(tx: AsyncConnection, **row: Any) -> None:
    """Keep what is known of a client, unless something newer is."""
    statement = upsert(task_systems).values(**row)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[task_systems.c.client],
            set_=row,
            where=task_systems.c.sequence < row["sequence"],
        )
    )


async def systems_of(tx: AsyncConnection, agencies: Collection[str]) -> dict[str, frozenset[str]] | None:
    """The clients of these agencies that may take steps, by agency; None when no client was heard of at all."""
    if (await tx.execute(select(task_systems.c.client).limit(1))).first() is None:
        return None
    query = select(task_systems.c.agency, func.array_agg(task_systems.c.client).label("clients"))
    working = query.where(task_systems.c.agency.in_(agencies), task_systems.c.works)
    rows = await tx.execute(working.group_by(task_systems.c.agency))
    return {row.agency: frozenset(row.clients) for row in rows}


def _kept(row: AnyRow) -> Kept:
    incident = row.incident and Incident(row.incident, row.incident_at, Cause(row.cause))
    task = ExternalTask(
        id=row.id,
        case_id=row.case_id,
        step=row.step,
        agency=row.agency,
        unit=row.unit,
        role=row.role,
        attempts=row.attempts,
        attempts_left=row.attempts_left,
        free_at=row.free_at,
        lease=row.lease and Lease(row.lease, row.holder),
        incident=incident,
        message=row.message,
    )
    return Kept(task, row)
