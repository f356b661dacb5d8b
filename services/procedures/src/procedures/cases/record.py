"""What is done to cases is recorded: log, state, open tasks and events, in the transaction at hand."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.announcements import announcement
from procedures.cases.store import Done, Stored
from procedures.domain.acts import Actor, Entry
from procedures.domain.case import Case
from procedures.retention import store as retention
from shared import outbox


async def record(tx: AsyncConnection, actor: Actor, now: datetime, done: Sequence[Done]) -> list[Stored]:
    """Record what one actor did to cases, of which the row locks are held; each as it then stands."""
    after = await store.append(tx, actor, now, done)
    events = []
    for stored, acts in done:
        case = stored.case
        for act in acts:
            case = case.after(Entry(case.sequence + 1, now, actor, act))
            events.append(announcement(case, stored.code, act, now))
    await outbox.add(tx, *events)
    await retention.follow(
        tx, [new.case for (old, _), new in zip(done, after, strict=True) if _kept_anew(old.case, new.case)]
    )
    return after


def _kept_anew(before: Case, after: Case) -> bool:
    """Whether something was done that has to do with how long the case is kept."""
    kept = (after.ended_at, after.hold, after.transferred, after.erased)
    return kept != (before.ended_at, before.hold, before.transferred, before.erased)
