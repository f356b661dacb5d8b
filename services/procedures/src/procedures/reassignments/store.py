"""Every SQL statement about reassignments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, bindparam, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.store import SEEN, Stored, page
from procedures.domain.reassignment import Plan, ToUnit
from procedures.tables import cases, reassignment_cases, reassignments, tasks
from procedures.work_list.store import claimed_tasks
from shared.db import AnyRow


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of the tasks; all, when nothing is said."""

    procedure: str | None = None
    step: str | None = None


async def open_tasks(
    tx: AsyncConnection, plan: Plan, chosen: Chosen, now: datetime, limit: int
) -> Sequence[AnyRow]:
    """The open tasks that the plan is about, by case, each with who has claimed it."""
    way = plan.way
    query = claimed_tasks(now, official=None if isinstance(way, ToUnit) else way.from_official)
    query = query.where(tasks.c.agency == plan.agency)
    if isinstance(way, ToUnit):
        query = query.where(tasks.c.unit == way.from_unit)
    if chosen.step is not None:
        query = query.where(tasks.c.step == chosen.step)
    if chosen.procedure is not None:
        query = query.where(tasks.c.procedure == chosen.procedure)
    ordered = query.order_by(tasks.c.case_id, tasks.c.step).limit(limit)
    rows: Sequence[AnyRow] = (await tx.execute(ordered)).all()
    return rows


async def add(
    tx: AsyncConnection, row: Mapping[str, Any], cases_of_plan: Sequence[Mapping[str, Any]]
) -> None:
    """Keep a plan with its cases."""
    await tx.execute(insert(reassignments).values(**row))
    if cases_of_plan:
        await tx.execute(insert(reassignment_cases), cases_of_plan)


async def reassignment_of(
    tx: AsyncConnection, reassignment: UUID, agency: str, *, for_update: bool = False
) -> AnyRow | None:
    """A reassignment of this agency."""
    query = select(reassignments).where(reassignments.c.id == reassignment, reassignments.c.agency == agency)
    return (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()


async def reassignments_of(
    tx: AsyncConnection, agency: str, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's reassignments, the newest first."""
    query = select(reassignments).where(reassignments.c.agency == agency)
    if after is not None:
        query = query.where(reassignments.c.id < after)
    return (await tx.execute(query.order_by(reassignments.c.id.desc()).limit(limit))).all()


async def lock_next(tx: AsyncConnection) -> AnyRow | None:
    """The oldest reassignment that is ordered and that no other process is at."""
    query = select(reassignments).where(reassignments.c.status == "ordered").order_by(reassignments.c.id)
    return (await tx.execute(query.limit(1).with_for_update(skip_locked=True))).one_or_none()


async def note(tx: AsyncConnection, reassignment: UUID, **changes: Any) -> None:
    """Write down how a reassignment stands."""
    await tx.execute(update(reassignments).where(reassignments.c.id == reassignment).values(**changes))


async def lock_batch(
    tx: AsyncConnection, reassignment: UUID, size: int
) -> tuple[list[tuple[Stored, Sequence[str]]], list[UUID]]:
    """The next cases of the plan under their row locks, each with the steps that are to go over; and those of them
    that cannot be read.
    """
    planned = reassignment_cases
    query = (
        select(planned.c.case_id, planned.c.steps)
        .where(planned.c.reassignment == reassignment, planned.c.state == "planned")
        .order_by(planned.c.case_id)
        .limit(size)
    )
    steps = {row.case_id: row.steps for row in await tx.execute(query)}
    locked = select(*SEEN).where(cases.c.id.in_(steps)).order_by(cases.c.id).with_for_update()
    batch = [(stored, steps.pop(stored.case.id)) for stored in await page(tx, locked)]
    return batch, list(steps)


_NOTE_OUTCOMES = text("""
UPDATE reassignment_cases AS c SET state = row.state, obstacles = row.obstacles::jsonb
FROM unnest(:cases, :states, :obstacles) AS row (case_id, state, obstacles)
WHERE c.reassignment = :reassignment AND c.case_id = row.case_id
""").bindparams(
    bindparam("cases", type_=ARRAY(Uuid)),
    bindparam("states", type_=ARRAY(Text)),
    bindparam("obstacles", type_=ARRAY(Text)),
    bindparam("reassignment", type_=Uuid),
)


async def note_outcomes(
    tx: AsyncConnection, reassignment: UUID, outcomes: Sequence[tuple[UUID, str, str]]
) -> None:
    """What became of cases: `moved` or `stayed`, and the obstacles as JSON."""
    ids, states, obstacles = zip(*outcomes, strict=True)
    columns = {"cases": list(ids), "states": list(states), "obstacles": list(obstacles)}
    await tx.execute(_NOTE_OUTCOMES, {"reassignment": reassignment, **columns})


_REASONS = text("""
SELECT o->>'code' AS code, min(o->'text'->>'vi') AS vi, min(o->'text'->>'en') AS en, count(*) AS tasks
FROM reassignment_cases, jsonb_array_elements(obstacles) AS o
WHERE reassignment = :reassignment
GROUP BY 1
ORDER BY 1
""").bindparams(bindparam("reassignment", type_=Uuid))


async def reasons(tx: AsyncConnection, reassignment: UUID) -> Sequence[AnyRow]:
    """Why how many tasks stay where they are."""
    return (await tx.execute(_REASONS, {"reassignment": reassignment})).all()


async def cases_of(
    tx: AsyncConnection, reassignment: UUID, state: str | None, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The cases of a reassignment by id, each with what became of it."""
    planned = reassignment_cases
    query: Select[Any] = (
        select(planned, cases.c.code, cases.c.procedure, cases.c.applicant)
        .join(cases, cases.c.id == planned.c.case_id)
        .where(planned.c.reassignment == reassignment)
    )
    if state is not None:
        query = query.where(planned.c.state == state)
    if after is not None:
        query = query.where(planned.c.case_id > after)
    rows: Sequence[AnyRow] = (await tx.execute(query.order_by(planned.c.case_id).limit(limit))).all()
    return rows


async def forget_planned(tx: AsyncConnection, *, before: datetime) -> int:
    """Drop the plans that were made before an instant and not ordered; returns how many."""
    dropped = delete(reassignments).where(
        reassignments.c.status == "planned", reassignments.c.planned_at < before
    )
    return (await tx.execute(dropped)).rowcount
