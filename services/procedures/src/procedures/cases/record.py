"""What is done to cases is recorded: log, state, open tasks and events, in the transaction at hand."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.announcements import announcement
from procedures.cases.store import Done, Stored
from procedures.domain.acts import Actor, Entry
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
    return after
