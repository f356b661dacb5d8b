"""Which steps are open for systems follows from the cases: kept up whenever something is done to a case.

Who holds a task and how often it was tried does not follow; it stays as it is while the same task is open.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.case import Case, Task
from procedures.external_tasks import store
from procedures.external_tasks.bell import ring_once_committed
from procedures.external_tasks.store import Opening, tasks_for_systems
from shared import outbox
from shared.events.procedures_tasks import TaskClosed, TaskOpened
from shared.ids import new_id

Change = tuple[str, Case, Case]
"""The code of a case, and the case before and after what was done to it."""


async def follow(tx: AsyncConnection, now: datetime, changes: Sequence[Change]) -> None:
    """Open and close tasks for systems as the cases have it now. The row locks of the cases are held."""
    gone = [
        (code, old, task)
        for code, old, new in changes
        for task in tasks_for_systems(old)
        if not _is_in(task, new)
    ]
    come = [
        (code, new, task)
        for code, old, new in changes
        for task in tasks_for_systems(new)
        if not _is_in(task, old)
    ]
    other = [(new, task) for _, old, new in changes for task in _changed(old, new)]
    closed = await store.close_tasks(tx, [(case.id, task.step) for _, case, task in gone])
    opening = [Opening(new_id(), case, task) for _, case, task in come]
    await store.open_tasks(tx, now, opening)
    await store.change_tasks(tx, [(case.id, task, case.lets_complete(task)) for case, task in other])
    ended = [
        TaskClosed(**_told(code, case, task)).envelope(subject=row.id, sequence=row.events + 1, at=now)
        for code, case, task in gone
        if (row := closed.get((case.id, task.step))) is not None
    ]
    opened = [
        TaskOpened(**_told(code, case, task), due_at=task.due_at).envelope(subject=one.id, sequence=1, at=now)
        for one, (code, case, task) in zip(opening, come, strict=True)
    ]
    await outbox.add(tx, *ended, *opened)
    may_be_free = [(case, task) for _, case, task in come] + other
    for agency in {task.agency for case, task in may_be_free if case.lets_complete(task)}:
        ring_once_committed(tx, agency)


def _is_in(task: Task, case: Case) -> bool:
    """Whether the case has the same task, open since the same instant for the same unit."""
    return any(_identity(task) == _identity(other) for other in case.tasks)


def _identity(task: Task) -> tuple[object, ...]:
    return (task.step, task.opened_at, task.agency, task.unit, task.role, task.attempts)


def _changed(old: Case, new: Case) -> Iterator[Task]:
    """The tasks that stay open and are due at another instant, or whose case has another status, which may let them be done."""
    for task in tasks_for_systems(new):
        if _is_in(task, old) and (task not in old.tasks or old.status is not new.status):
            yield task


def _told(code: str, case: Case, task: Task) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "code": code,
        "procedure": case.procedure,
        "version": case.version,
        "case_agency": case.agency,
        "agency": task.agency,
        "unit": task.unit,
        "step": task.step,
    }
