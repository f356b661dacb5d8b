"""What is done to cases is recorded: log, state, open tasks, timers and events, in the transaction at hand."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.announcements import announcement
from procedures.cases.store import Done, Stored
from procedures.consultations import store as consultations
from procedures.domain.acts import SYSTEM, Act, Actor, Entry
from procedures.domain.case import Case
from procedures.external_tasks import following as external_tasks
from procedures.links.following import opened_beside, recalled_below, told_above
from procedures.retention import store as retention
from procedures.timers.store import set_timers
from shared import outbox


async def record(tx: AsyncConnection, actor: Actor, now: datetime, done: Sequence[Done]) -> list[Stored]:
    """Record what one actor did to cases, and what that makes of those linked to them; each as it then stands.

    The row locks are held, of the cases above them too.
    """
    after = await _record(tx, actor, now, done)
    changes = news = _changes(done, after)
    stands: dict[UUID, Stored] = {stored.case.id: stored for stored in after}
    while news:
        following = [*await told_above(tx, SYSTEM, now, news), *await recalled_below(tx, news)]
        told = await _record(tx, SYSTEM, now, following)
        news = _changes(following, told)
        changes = [*changes, *news]
        stands.update((stored.case.id, stored) for stored in told)
    parents = await opened_beside(tx, actor, now, changes, stands)
    stands.update((stored.case.id, stored) for stored in await _record(tx, SYSTEM, now, parents))
    return [stands[stored.case.id] for stored in after]


def _changes(done: Sequence[Done], after: Sequence[Stored]) -> list[tuple[Case, Case]]:
    return [(stored.case, new.case) for (stored, _), new in zip(done, after, strict=True)]


async def _record(tx: AsyncConnection, actor: Actor, now: datetime, done: Sequence[Done]) -> list[Stored]:
    if not done:
        return []
    after = await store.append(tx, actor, now, done)
    events = [
        announcement(case, stored.code, act, now)
        for (stored, acts), new in zip(done, after, strict=True)
        for case, act in _steps(stored.case, new.case, acts, actor, now)
    ]
    await outbox.add(tx, *events)
    changes = _changes(done, after)
    await set_timers(tx, changes)
    await consultations.follow(tx, changes)
    codes = (stored.code for stored, _ in done)
    await external_tasks.follow(
        tx, now, [(code, *change) for code, change in zip(codes, changes, strict=True)]
    )
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
    kept = (after.ended_at, after.is_needed, after.transferred, after.erased)
    return kept != (before.ended_at, before.is_needed, before.transferred, before.erased)
