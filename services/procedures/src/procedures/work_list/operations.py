"""What can be asked of a work list, and done with the tasks on it: claim one, claim the next, release one."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.domain.acts import Actor
from procedures.domain.claim import NothingToClaim, TaskNotClaimed, claimed_by_another
from procedures.domain.external_task import TaskLeased
from procedures.domain.handling import NotThisUnit, Official, TaskNotOpen
from procedures.external_tasks.holding import require_not_at_system
from procedures.work_list import store
from procedures.work_list.claims import give_back, make_claim
from procedures.work_list.store import Wanted
from shared.db import AnyRow


async def work_list(
    tx: AsyncConnection,
    official: Official,
    actor: Actor,
    look: Look,
    wanted: Wanted,
    *,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """The open tasks that wait at the official's units, the one due next first.

    The last of `limit` tells only that there are more; it is not shown.
    """
    units = {unit for unit, _ in official.posts}
    rows = await store.work_list(tx, official.agency, units, wanted, actor, look.at, after=after, limit=limit)
    seen = {row.case_id: _seen(row) for row in rows[: limit - 1]}
    await record_look(tx, look, *seen.values())
    return rows


async def claim_task(
    tx: AsyncConnection, official: Official, actor: Actor, look: Look, case_id: UUID, step: str
) -> AnyRow:
    """Take an open task; whoever has it already keeps it.

    Raises:
        TaskNotOpen, NotThisUnit.
        TaskClaimed: a colleague has it.
        TaskLeased: a system is at work on it.
    """
    task = await store.lock_task(tx, case_id, step, official.agency)
    if task is None:
        raise TaskNotOpen(step=step)
    if not official.holds(task.agency, task.unit, task.role):
        raise NotThisUnit(unit=task.unit, role=task.role)
    await require_not_at_system(tx, case_id, step, look.at)
    row = await make_claim(tx, task, actor, look.at)
    if row is None:
        claims = (await store.claims_of(tx, [case_id], look.at))[case_id]
        (found,) = [claim for claim in claims if claim.step == step]
        if not found.is_of(actor):
            raise claimed_by_another(found)
        row = await store.item(tx, case_id, step, look.at)
    await record_look(tx, look, _seen(row))
    return row


async def claim_next(
    tx: AsyncConnection, official: Official, actor: Actor, look: Look, wanted: Wanted
) -> AnyRow:
    """Take the task that is due next of those that nobody has, as far as the official's posts go.

    Raises:
        NothingToClaim
    """
    # Each turn sees what others have taken meanwhile, so it ends with a task or with none left.
    while free := await store.free_tasks(tx, official, wanted, actor, look.at):
        task = await store.lock_first_free(tx, free, look.at)
        if task is None:
            continue
        with suppress(TaskLeased):  # a system was quicker
            await require_not_at_system(tx, task.case_id, task.step, look.at)
            row = await make_claim(tx, task, actor, look.at)
            if row is not None:
                await record_look(tx, look, _seen(row))
                return row
    raise NothingToClaim


async def release_task(
    tx: AsyncConnection, agency: str, actor: Actor, now: datetime, case_id: UUID, step: str, *, manages: bool
) -> None:
    """Give a claimed task back to its unit.

    Raises:
        TaskNotOpen, TaskNotClaimed.
        TaskClaimed: a colleague has it, and the caller does not manage the agency's work.
    """
    if await store.lock_task(tx, case_id, step, agency) is None:
        raise TaskNotOpen(step=step)
    claims = (await store.claims_of(tx, [case_id], now)).get(case_id, [])
    found = next((claim for claim in claims if claim.step == step), None)
    if found is None:
        raise TaskNotClaimed(step=step)
    if not (manages or found.is_of(actor)):
        raise claimed_by_another(found)
    await give_back(tx, [(case_id, step)], now, "given_back")


def _seen(row: AnyRow) -> Seen:
    return Seen(row.case_id, row.code, row.procedure, row.applicant)
