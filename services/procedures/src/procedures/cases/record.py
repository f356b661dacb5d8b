"""What is done to cases is recorded: log, state, open tasks, timers and events, in the transaction at hand."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.announcements import announcement
from procedures.cases.store import Done, Stored
from procedures.consultations import store as consultations
from procedures.domain.acts import Act, Actor, Entry
from procedures.domain.case import Case
from procedures.retention import store as retention
from procedures.timers.store import set_timers
from shared import outbox


async def record(tx: AsyncConnection, actor: Actor, now: datetime, done: Sequence[Done]) -> list[Stored]:
    """Record what one actor did to cases, of which the row locks are held; each as it then stands."""
    after = await store.append(tx, actor, now, done)
    events = [
        announcement(case, stored.code, act, now)
        for (stored, acts), new in zip(done, after, strict=True)
        for case, act in _steps(stored.case, new.case, acts, actor, now)
    ]
    await outbox.add(tx, *events)
    changes = [(stored.case, new.case) for (stored, _), new in zip(done, after, strict=True)]
    await set_timers(tx, changes)
    await consultations.follow(tx, changes)
    await retention.follow(tx, [new for old, new in changes if _kept_anew(old, new)])
    return after


def _steps(
    before: Case, after: Case, acts: Sequence[Act], actor: Actor, now: datetime
) -> Iterator[tuple[Case, Act]]:
    """Each act with the case as it stood then; the last one is there already."""
    case = before
    for act in acts[:-1]:
        case = case.after(Entry(case.sequence + 1, now, actor, act))
        yield case, act
    yield from ((after, act) for act in acts[-1:])


def _kept_anew(before: Case, after: Case) -> bool:
    """Whether something was done that has to do with how long the case is kept."""
    kept = (after.ended_at, after.hold, after.transferred, after.erased)
    return kept != (before.ended_at, before.hold, before.transferred, before.erased)
