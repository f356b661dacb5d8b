"""What is done to cases is recorded: log, state, open tasks, timers and events, in the transaction at hand."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases import store
from procedures.cases.announcements import announcement
from procedures.cases.by_rule import led_on
from procedures.cases.store import Done, Stored
from procedures.cases.writing import Written, tasks_changed, write
from procedures.consultations import store as consultations
from procedures.domain.acts import SYSTEM, Act, Actor, Entry
from procedures.domain.case import Case
from procedures.external_tasks import following as external_tasks
from procedures.links.following import Change, answered_late, opened_beside, recalled_below, told_above
from procedures.retention import store as retention
from procedures.timers.store import timers_changed
from shared import outbox


async def record(
    tx: AsyncConnection,
    actor: Actor,
    now: datetime,
    done: Sequence[Done] = (),
    filed: Sequence[Stored] = (),
) -> list[Stored]:
    """Record what one actor did to cases, and all that follows; those cases as they then stand, and the filed.

    What was done, or the filing of a case just now, is told to the cases that it is a part of, recalls its own
    parts, and is led on by rules; what that does leads further. When nothing follows any more, the cases are
    filed that new steps wait for, in which again something may follow.

    The row locks are held, of the cases above them too.
    """
    stands = {stored.case.id: stored for stored in filed}

    async def written(who: Actor, done: Sequence[Done]) -> list[Change]:
        after = await _record(tx, who, now, done)
        stands.update((stored.case.id, stored) for stored in after)
        return [(stored.case, new.case) for (stored, _), new in zip(done, after, strict=True)]

    news = [*await written(actor, done), *map(_unchanged, filed)]
    changes: list[Change] = []
    while news:
        changes += news
        following = await written(SYSTEM, await told_above(tx, SYSTEM, now, news))
        following += await written(SYSTEM, await recalled_below(tx, news))
        following += await written(SYSTEM, await answered_late(tx, SYSTEM, now, news, stands))
        following += await written(SYSTEM, await led_on(tx, now, _latest(news, stands)))
        if not following:
            told, opened = await opened_beside(tx, actor, now, changes, stands)
            stands.update((stored.case.id, stored) for stored in opened)
            following, changes = [*await written(SYSTEM, told), *map(_unchanged, opened)], []
        news = following
    return [stands[stored.case.id] for stored in (*(stored for stored, _ in done), *filed)]


def _unchanged(stored: Stored) -> Change:
    return stored.case, stored.case


def _latest(changes: Sequence[Change], stands: Mapping[UUID, Stored]) -> list[Stored]:
    """Each changed case once, as it stands."""
    return [stands[case_id] for case_id in dict.fromkeys(after.id for _, after in changes)]


async def _record(tx: AsyncConnection, actor: Actor, now: datetime, done: Sequence[Done]) -> list[Stored]:
    if not done:
        return []
    after, links, states = store.appended(actor, now, done)
    changes = [(stored.case, new.case) for (stored, _), new in zip(done, after, strict=True)]
    events = [
        announcement(case, stored.code, act, now)
        for (stored, acts), new in zip(done, after, strict=True)
        for case, act in _steps(stored.case, new.case, acts, actor, now)
    ]
    closed, opened = tasks_changed(changes)
    unset, timers = timers_changed(changes)
    await write(tx, Written(links, states, closed, opened, unset, timers, [*map(outbox.row_of, events)]))
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
