"""Who holds a step: asked before anybody does something to it. The case is locked first, then its task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.store import Stored
from procedures.domain.external_task import require_not_leased
from procedures.external_tasks import store


async def require_no_system_at_work(tx: AsyncConnection, stored: Stored, step: str, now: datetime) -> None:
    """Refuse an official a step that a system holds. From here on no system can claim it. The case is locked.

    Raises:
        TaskLeased
    """
    task = stored.case.task(step)
    if task is not None and task.attempts is not None:
        await require_not_at_system(tx, stored.case.id, step, now)


async def require_not_at_system(tx: AsyncConnection, case_id: UUID, step: str, now: datetime) -> None:
    """Refuse what a system holds; from here on no system can claim it.

    Raises:
        TaskLeased
    """
    kept = await store.task_of(tx, case_id, step)
    if kept is not None:
        require_not_leased(kept.task, now)
