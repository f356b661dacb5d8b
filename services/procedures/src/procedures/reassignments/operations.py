"""What can be done with reassignments: plan one, look at it, order it; and the job that does it.

A plan changes nothing: it is the dry run, and says of every case what would go over and what would stay. Once
ordered it is done in batches, each one transaction. A process that dies loses the batch at hand and another goes
on; what was planned and is not there any more when its turn comes stays, and the report says so.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.agencies.operations import known_units
from procedures.cases.record import record
from procedures.cases.store import Done, Stored
from procedures.domain.acts import Actor
from procedures.domain.case import Task
from procedures.domain.claim import Claim
from procedures.domain.reassignment import (
    Obstacle,
    Plan,
    ToOfficial,
    ToUnit,
    obstacle_to,
    plan_faults,
    reassigned,
)
from procedures.officials.operations import known_officials
from procedures.reassignments import store
from procedures.reassignments.store import Chosen
from procedures.work_list.claims import give_back, hand_over
from procedures.work_list.store import claims_of, lock_tasks
from shared.clock import Clock
from shared.db import AnyRow, Database
from shared.errors import Conflict, Invalid, NotFound, Text
from shared.ids import new_id
from shared.web.conditional import require_match

MOST_TASKS = 50_000
"""Of one reassignment."""

AT_ONCE = 500
"""Cases of a batch: their row locks are held for a fraction of a second."""

_EVERY_SECONDS = 1.0

log = structlog.get_logger()


class ReassignmentNotFound(NotFound):
    """The agency has no such reassignment."""

    slug = "reassignment-not-found"
    title = Text(
        vi="Không có đợt chuyển việc này trong phạm vi của bạn.",
        en="There is no such reassignment among those you may see.",
    )


class AlreadyOrdered(Conflict):
    """The reassignment was ordered before."""

    slug = "reassignment-ordered"
    title = Text(vi="Đợt chuyển việc này đã được thực hiện.", en="This reassignment was ordered already.")


class TooManyTasks(Conflict):
    """More tasks than one reassignment takes."""

    slug = "too-many-tasks"
    title = Text(
        vi=f"Có hơn {MOST_TASKS} việc; hãy chọn theo thủ tục hoặc bước.",
        en=f"There are more than {MOST_TASKS} tasks; choose by procedure or step.",
    )


@dataclass(frozen=True, slots=True)
class Report:
    """A reassignment as it stands."""

    row: AnyRow
    staying: Sequence[AnyRow]
    """`(code, vi, en, tasks)`: why how many tasks stay where they are; as planned until it is done."""

    @property
    def etag(self) -> str:
        """Names this state of it."""
        return f'"{self.row.status}-{self.row.cases}-{self.row.moved + self.row.stayed}"'


async def plan_reassignment(
    tx: AsyncConnection,
    now: datetime,
    *,
    by: Actor,
    agency: str,
    way: ToUnit | ToOfficial,
    chosen: Chosen,
    reason: str,
) -> Report:
    """Find out which open tasks would go over, and what keeps others where they are.

    Raises:
        Invalid: it goes nowhere, or to nobody who is known.
        TooManyTasks
    """
    plan = await _plan(tx, new_id(), agency, _terms(way))
    units, officials = await known_units(tx, agency), await _colleagues(tx, agency, way)
    faults = list(plan_faults(plan, units, officials))
    if faults:
        raise Invalid(faults=faults)
    rows = await store.open_tasks(tx, plan, chosen, now, MOST_TASKS + 1)
    if len(rows) > MOST_TASKS:
        raise TooManyTasks
    planned = [
        _planned(plan, case_id, list(found)) for case_id, found in groupby(rows, lambda row: row.case_id)
    ]
    terms = {**_terms(way), "procedure": chosen.procedure, "step": chosen.step}
    row = {
        "id": plan.id,
        "agency": agency,
        "terms": terms,
        "reason": reason,
        "status": "planned",
        "cases": len(planned),
        "planned_by": by.subject,
        "planned_at": now,
    }
    await store.add(tx, row, planned)
    return await get_reassignment(tx, plan.id, agency=agency)


async def order_reassignment(
    tx: AsyncConnection, now: datetime, *, by: Actor, agency: str, reassignment: UUID, if_match: str | None
) -> Report:
    """Have it done.

    Raises:
        ReassignmentNotFound, AlreadyOrdered, PreconditionRequired, PreconditionFailed.
    """
    present = await get_reassignment(tx, reassignment, agency=agency, for_update=True)
    require_match(if_match, present.etag)
    if present.row.status != "planned":
        raise AlreadyOrdered
    await store.note(tx, reassignment, status="ordered", ordered_by=by.subject, ordered_at=now)
    return await get_reassignment(tx, reassignment, agency=agency)


async def get_reassignment(
    tx: AsyncConnection, reassignment: UUID, *, agency: str, for_update: bool = False
) -> Report:
    """A reassignment of the agency.

    Raises:
        ReassignmentNotFound
    """
    row = await store.reassignment_of(tx, reassignment, agency, for_update=for_update)
    if row is None:
        raise ReassignmentNotFound
    return Report(row, await store.reasons(tx, reassignment))


async def list_reassignments(
    tx: AsyncConnection, agency: str, *, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's reassignments, newest first."""
    return await store.reassignments_of(tx, agency, after, limit)


async def list_cases(
    tx: AsyncConnection,
    look: Look,
    reassignment: UUID,
    *,
    agency: str,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The cases of a reassignment, each with what became of it.

    The last of `limit` tells only that there are more; it is not shown.

    Raises:
        ReassignmentNotFound
    """
    await get_reassignment(tx, reassignment, agency=agency)
    rows = await store.cases_of(tx, reassignment, state, after, limit)
    shown = [Seen(row.case_id, row.code, row.procedure, row.applicant) for row in rows[: limit - 1]]
    await record_look(tx, look, *shown)
    return rows


async def reassign_next(database: Database, now: datetime, at_once: int = AT_ONCE) -> bool:
    """Go a batch on with a reassignment that was ordered. False when there is none to go on with at present."""
    async with database.transaction() as tx:
        job = await store.lock_next(tx)
        if job is None:
            return False
        batch, lost = await store.lock_batch(tx, job.id, at_once)
        if batch or lost:
            await _reassign(tx, job, batch, lost, now)
        else:
            await store.note(tx, job.id, status="finished", finished_at=now)
        return True


async def _reassign(
    tx: AsyncConnection,
    job: AnyRow,
    batch: Sequence[tuple[Stored, Sequence[str]]],
    lost: Sequence[UUID],
    now: datetime,
) -> None:
    plan = await _plan(tx, job.id, job.agency, job.terms)
    ids = [stored.case.id for stored, _ in batch]
    await lock_tasks(tx, ids)
    claims = await claims_of(tx, ids, now)
    done: list[Done] = []
    places: list[tuple[UUID, str]] = []
    outcomes = [(case_id, "stayed", _text(())) for case_id in lost]
    for stored, steps in batch:
        act, stay = reassigned(plan, stored.case, steps, claims.get(stored.case.id, ()))
        outcomes.append((stored.case.id, "moved" if act else "stayed", _text(stay)))
        if act is not None:
            done.append((stored, (act,)))
            places += [(stored.case.id, move.step) for move in act.moves]
    await record(tx, Actor(job.ordered_by, "official", job.agency), now, done)
    await _settle_claims(tx, plan, places, now)
    await store.note_outcomes(tx, job.id, outcomes)
    stayed = job.stayed + len(outcomes) - len(done)
    await store.note(tx, job.id, moved=job.moved + len(done), stayed=stayed)


async def _settle_claims(
    tx: AsyncConnection, plan: Plan, places: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Claims of what went over go back, or are the other official's."""
    if isinstance(plan.way, ToUnit):
        await give_back(tx, places, now, "reassigned")
    else:
        await hand_over(tx, places, plan.way.official, now)


async def keep_reassigned(database: Database, clock: Clock) -> None:
    """Work on what is ordered for as long as the application runs; several processes may do it side by side."""
    while True:
        try:
            while await reassign_next(database, clock.now()):
                pass
        except (SQLAlchemyError, OSError) as error:
            log.warning("reassigning.interrupted", reason=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def _plan(tx: AsyncConnection, reassignment: UUID, agency: str, terms: dict[str, Any]) -> Plan:
    """The plan with the posts that the other official holds now."""
    if "to_unit" in terms:
        way = ToUnit(terms["from_unit"], terms["to_unit"], terms["claimed_too"])
        return Plan(reassignment, agency, way)
    other = (await known_officials(tx, {terms["to_official"]})).get(terms["to_official"])
    posts = other.posts if other is not None and other.agency == agency else frozenset()
    return Plan(reassignment, agency, ToOfficial(terms["from_official"], terms["to_official"], posts))


def _terms(way: ToUnit | ToOfficial) -> dict[str, Any]:
    if isinstance(way, ToUnit):
        return {"from_unit": way.from_unit, "to_unit": way.unit, "claimed_too": way.claimed_too}
    return {"from_official": way.from_official, "to_official": way.official}


async def _colleagues(tx: AsyncConnection, agency: str, way: ToUnit | ToOfficial) -> set[str]:
    """Those of the officials named who work at the agency."""
    if isinstance(way, ToUnit):
        return set()
    known = await known_officials(tx, {way.from_official, way.official})
    return {subject for subject, official in known.items() if official.agency == agency}


def _planned(plan: Plan, case_id: UUID, rows: Sequence[AnyRow]) -> dict[str, Any]:
    """What is remembered of a case of the plan."""
    found = [
        obstacle_to(
            plan,
            row.step,
            Task(row.step, row.unit, row.role, row.agency, row.opened_at),
            Claim(row.step, row.official, row.claimed_at) if row.official else None,
        )
        for row in rows
    ]
    return {
        "reassignment": plan.id,
        "case_id": case_id,
        "steps": [row.step for row in rows],
        "state": "planned",
        "obstacles": _as_json([obstacle for obstacle in found if obstacle]),
    }


def _as_json(found: Sequence[Obstacle]) -> list[dict[str, Any]]:
    return [
        {"step": one.step, "code": one.code, "text": {"vi": one.text.vi, "en": one.text.en}} for one in found
    ]


def _text(found: Sequence[Obstacle]) -> str:
    return orjson.dumps(_as_json(found)).decode()
