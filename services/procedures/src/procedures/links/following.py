"""What an act on one case makes of those that it is linked to.

Locks: whoever acts on a case holds its family (those above it, and all parts of these), locked in one statement in
the order of the ids, since what is done to one may end any other. Who holds many cases at once (timers) takes their
families only where they are free. So nobody waits for a case while holding a later one.
Numbers of cases are taken by whoever needs several of them in one transaction when no other does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.store import Done, Stored
from procedures.catalogue.operations import NotInForce, Published, versions_of
from procedures.domain.acts import Act, Actor, Entry, Withdrawn
from procedures.domain.case import Case, Task
from procedures.domain.link_acts import ChildNotOpened
from procedures.domain.linked_cases import LinkKind
from procedures.domain.linking import answered, no_longer_awaited, progressed, settled
from procedures.domain.status import ALLOWED, Action, Status
from procedures.links import store
from procedures.links.filing import file_child, take_turn
from shared.errors import MotcuaError

Change = tuple[Case, Case]
"""A case as it stood, and as it stands."""

_RECALLED = "Hồ sơ chính đã kết thúc, hoặc không còn chờ, nên phần việc này không còn cần giải quyết."


async def told_above(
    tx: AsyncConnection, actor: Actor, now: datetime, changes: Sequence[Change]
) -> list[Done]:
    """What the cases are told to which the changed ones belong, and what follows there."""
    news: dict[UUID, list[tuple[Act, Case]]] = {}
    for before, after in changes:
        if after.link is None:
            continue
        tell = progressed if after.link.kind is LinkKind.CHILD else settled
        if (act := tell(before, after)) is not None:
            news.setdefault(after.link.case, []).append((act, after))
    if not news:
        return []
    return [
        (stored, await _heard(tx, actor, now, stored.case, news[stored.case.id]))
        for stored in await store.locked(tx, list(news))
    ]


async def _heard(
    tx: AsyncConnection, actor: Actor, now: datetime, case: Case, news: Sequence[tuple[Act, Case]]
) -> list[Act]:
    acts: list[Act] = []
    for piece, about in news:
        case = _after(case, piece, actor, now)
        acts.append(piece)
        for act in await _answers(tx, case, about.id, now):
            case = _after(case, act, actor, now)
            acts.append(act)
    return acts


async def answered_late(
    tx: AsyncConnection,
    actor: Actor,
    now: datetime,
    changes: Sequence[Change],
    stands: Mapping[UUID, Stored],
) -> list[Done]:
    """What follows from children that ended while the applicant of a case was asked for something, now that it goes on."""
    done: list[Done] = []
    for before, after in changes:
        if before.status is not Status.SUPPLEMENT_REQUESTED or after.status is not Status.ACCEPTED:
            continue
        stored, acts = stands[after.id], list[Act]()
        case = stored.case
        for child in after.children:
            for act in await _answers(tx, case, child.case, now):
                case = _after(case, act, actor, now)
                acts.append(act)
        if acts:
            done.append((stored, acts))
    return done


def _after(case: Case, act: Act, actor: Actor, now: datetime) -> Case:
    return case.after(Entry(case.sequence + 1, now, actor, act))


async def _answers(tx: AsyncConnection, case: Case, about: UUID, now: datetime) -> tuple[Act, ...]:
    child = next((child for child in case.children if child.case == about), None)
    if child is None or not child.status.ended:
        return ()
    definition = (await versions_of(tx).of(tx, case.procedure, case.version)).definition
    return answered(case, definition, await calendar_of(tx, case.agency), now, child)


async def recalled_below(tx: AsyncConnection, changes: Sequence[Change]) -> list[Done]:
    """The children that nobody waits for any more are withdrawn, with all that is below them, unless decided."""
    forsaken = [child.case for before, after in changes for child in no_longer_awaited(before, after)]
    if not forsaken:
        return []
    found = await store.locked(tx, [*forsaken, *await store.below(tx, forsaken)])
    return [
        (stored, [Withdrawn(reason=_RECALLED)])
        for stored in found
        if Action.WITHDRAW in ALLOWED[stored.case.status]
    ]


async def opened_beside(
    tx: AsyncConnection,
    actor: Actor,
    now: datetime,
    changes: Sequence[Change],
    stands: Mapping[UUID, Stored],
) -> tuple[list[Done], list[Stored]]:
    """The cases that newly opened steps wait for are filed: what their parents, as they stand, are to be told, and
    those cases."""
    wanted = [
        (stands[after.id], task)
        for before, after in changes
        for task in after.tasks
        if task.opens_case is not None
        and before.version == after.version  # a step that was moved has been open before
        and not _was_open(before, task)
        and _is_open(stands[after.id], task)
    ]
    found = [(parent, task, await _in_force(tx, task)) for parent, task in wanted]
    await take_turn(tx, [published.definition for _, _, published in found if published])
    told: dict[UUID, tuple[Stored, list[Act]]] = {}
    filed: list[Stored] = []
    for parent, task, published in found:
        act, children = await _opened(tx, actor, now, parent, task, published)
        told.setdefault(parent.case.id, (parent, []))[1].append(act)
        filed += children
    return list(told.values()), filed


def _was_open(before: Case, task: Task) -> bool:
    was = before.task(task.step)
    return was is not None and was.opened_at == task.opened_at


def _is_open(stands: Stored, task: Task) -> bool:
    return stands.case.task(task.step) is not None and stands.case.child_at(task.step) is None


async def _in_force(tx: AsyncConnection, task: Task) -> Published | None:
    assert task.opens_case is not None
    try:
        return await versions_of(tx).in_force(tx, task.opens_case.procedure, fresh=True)
    except NotInForce:
        return None


async def _opened(
    tx: AsyncConnection, actor: Actor, now: datetime, parent: Stored, task: Task, published: Published | None
) -> tuple[Act, tuple[Stored, ...]]:
    """What the parent is told: also that the case could not be opened, for the unit to see to it."""
    plan = task.opens_case
    assert plan is not None
    try:
        if published is None:
            raise NotInForce
        act, child = await file_child(
            tx, now, by=actor, parent=parent, published=published, form={}, step=task.step
        )
    except MotcuaError as problem:
        return ChildNotOpened(task.step, plan.procedure, problem.slug), ()
    return act, (child,)


async def are_free(tx: AsyncConnection, case: Case) -> bool:
    """Take the family of a case, unless somebody holds one of it."""
    return (case.link is None and not case.children) or await store.lock_free_family(tx, case.id)
