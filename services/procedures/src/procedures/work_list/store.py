"""Every SQL statement about work lists and claims."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.acts import Actor
from procedures.domain.claim import Claim, names_of
from procedures.domain.handling import Official
from procedures.tables import cases, claims, delegations, external_tasks, tasks
from shared.db import AnyRow

_CANDIDATES = 100
"""Free tasks that are looked at together; of those who claim at the same time each finds another free one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks of a work list."""

    unit: str | None = None
    procedure: str | None = None
    step: str | None = None
    status: str | None = None
    overdue: bool = False
    claim: Literal["mine", "unclaimed"] | None = None


_NOW: ColumnElement[datetime] = bindparam("now", type_=DateTime(timezone=True))


def live(now: datetime | ColumnElement[datetime], task: FromClause = tasks) -> ColumnElement[bool]:
    """Whether a claim counts: it is of the task as it stands, and so does the delegation that it was made by."""
    in_force = select(delegations.c.id).where(
        delegations.c.id == claims.c.delegation,
        delegations.c.revoked_at.is_(None),
        delegations.c.ends_at > now,
    )
    return and_(
        *(claims.c[name] == task.c[name] for name in ("case_id", "step", "opened_at", "unit", "agency")),
        or_(claims.c.delegation.is_(None), in_force.exists()),
    )


def _items(chosen: FromClause, now: datetime | ColumnElement[datetime]) -> Select[Any]:
    """Tasks with their cases and claims, as a work list shows them."""
    return (
        select(
            chosen,
            cases.c.code,
            cases.c.applicant,
            claims.c.official.label("claimed_by"),
            claims.c.acting_for,
            claims.c.claimed_at,
        )
        .select_from(chosen)
        .join(cases, cases.c.id == chosen.c.case_id)
        .outerjoin(claims, live(now, chosen))
    )


_VALUES = ("step", "procedure", "status")


def _without_values(wanted: Wanted) -> Wanted:
    """The same filters, each value replaced by the name of its parameter."""
    step, procedure, status = (None if getattr(wanted, name) is None else name for name in _VALUES)
    return replace(wanted, unit=None, step=step, procedure=procedure, status=status)


def _values(agency: str, units: Sequence[str], wanted: Wanted, actor: Actor, now: datetime) -> dict[str, Any]:
    """What the parameters of a statement of `_wanted` are."""
    given = {name: getattr(wanted, name) for name in _VALUES}
    of_units = {_unit(number): unit for number, unit in enumerate(units)}
    return {**given, **of_units, "agency": agency, "names": list(names_of(actor)), "now": now}


def _unit(number: int) -> str:
    return f"unit_{number}"


def _wanted(number: int, filters: Wanted) -> Select[Any]:
    """The open tasks that are wanted of one of the units, by its number."""
    query = select(tasks).where(
        tasks.c.agency == bindparam("agency"), tasks.c.unit == bindparam(_unit(number))
    )
    for name in _VALUES:
        if getattr(filters, name) is not None:
            query = query.where(tasks.c[name] == bindparam(name))
    if filters.overdue:
        query = query.where(tasks.c.sort_at < _NOW)
    if filters.claim == "mine":
        query = query.select_from(tasks.join(claims, live(_NOW)))
        query = query.where(claims.c.official.in_(bindparam("names", expanding=True)))
    if filters.claim == "unclaimed":
        # Asked of each task on the way along the index; a join would be made of all tasks of the unit.
        query = query.where(select(claims.c.official).where(live(_NOW)).scalar_subquery().is_(None))
    return query


def _first(queries: Sequence[Select[Any]]) -> Select[Any]:
    """The first rows of several lists, each read along its own index no further than the limit."""
    limit: ColumnElement[int] = bindparam("limit", type_=Integer)
    ordered = [query.order_by(*_in_order(tasks)).limit(limit) for query in queries]
    whole = union_all(*(select(query.subquery()) for query in ordered)).subquery()
    return select(whole).order_by(*_in_order(whole)).limit(limit)


def _in_order(task: FromClause) -> list[ColumnElement[Any]]:
    """The one due next first."""
    return [task.c.sort_at, task.c.case_id, task.c.step]


# Statements are made once for each choice of filters: making one takes longer than all else that a list costs.
@cache
def _work_list(units: int, filters: Wanted, *, continued: bool) -> Select[Any]:
    of_unit = [_wanted(number, filters) for number in range(units)]
    if continued:
        after = [bindparam(f"after_{column.name}", type_=column.type) for column in _in_order(tasks)]
        of_unit = [query.where(tuple_(*_in_order(tasks)) > tuple_(*after)) for query in of_unit]
    chosen = _first(of_unit).subquery()
    return _items(chosen, _NOW).order_by(*_in_order(chosen))


async def work_list(
    tx: AsyncConnection,
    agency: str,
    units: Collection[str],
    wanted: Wanted,
    actor: Actor,
    now: datetime,
    *,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Open tasks of these units, the one due next first, those without a due instant last."""
    asked = [unit for unit in sorted(units) if wanted.unit in (None, unit)]
    if not asked:
        return []
    values = {**_values(agency, asked, wanted, actor, now), "limit": limit}
    for column, value in zip(_in_order(tasks), after or (), strict=False):
        values[f"after_{column.name}"] = value
    statement = _work_list(len(asked), _without_values(wanted), continued=after is not None)
    rows: Sequence[AnyRow] = (await tx.execute(statement, values)).all()
    return rows


@cache
def _free_tasks(units: int, filters: Wanted) -> Select[Any]:
    at_system = select(external_tasks.c.case_id).where(
        external_tasks.c.case_id == tasks.c.case_id,
        external_tasks.c.step == tasks.c.step,
        external_tasks.c.lease.is_not(None),
        external_tasks.c.free_at > _NOW,
    )
    of_unit = [
        _wanted(number, filters).where(
            or_(tasks.c.role.is_(None), tasks.c.role.in_(bindparam(f"roles_{number}", expanding=True))),
            ~at_system.exists(),
        )
        for number in range(units)
    ]
    return _first(of_unit)


async def free_tasks(
    tx: AsyncConnection, official: Official, wanted: Wanted, actor: Actor, now: datetime
) -> list[tuple[UUID, str]]:
    """The next tasks of the official's posts that nobody has claimed, the one due next first."""
    roles: dict[str, set[str]] = {}
    for unit, role in official.posts:
        if wanted.unit in (None, unit):
            roles.setdefault(unit, set()).add(role)
    if not roles:
        return []
    values = {**_values(official.agency, list(roles), wanted, actor, now), "limit": _CANDIDATES}
    held = {f"roles_{number}": list(those) for number, those in enumerate(roles.values())}
    rows = await tx.execute(_free_tasks(len(roles), _without_values(wanted)), {**values, **held})
    return [(row.case_id, row.step) for row in rows]


async def lock_first_free(
    tx: AsyncConnection, places: Sequence[tuple[UUID, str]], now: datetime
) -> AnyRow | None:
    """The first of these tasks that is still open and free, under its row lock; those that others hold are passed over."""
    claimed = select(claims.c.case_id).where(live(now))
    query = (
        select(tasks)
        .where(tuple_(tasks.c.case_id, tasks.c.step).in_(places), ~claimed.exists())
        .order_by(*_in_order(tasks))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(query)).one_or_none()


async def lock_task(tx: AsyncConnection, case_id: UUID, step: str, agency: str) -> AnyRow | None:
    """An open task of the agency under its row lock."""
    query = select(tasks).where(tasks.c.case_id == case_id, tasks.c.step == step, tasks.c.agency == agency)
    return (await tx.execute(query.with_for_update())).one_or_none()


async def lock_tasks(tx: AsyncConnection, ids: Collection[UUID]) -> None:
    """Let nobody claim tasks of these cases before this transaction ends."""
    order = (tasks.c.case_id, tasks.c.step)
    await tx.execute(select(*order).where(tasks.c.case_id.in_(ids)).order_by(*order).with_for_update())


async def claim(tx: AsyncConnection, claim: UUID, task: AnyRow, actor: Actor, now: datetime) -> bool:
    """Take a task of which the row lock is held; False when somebody has it."""
    acting_for = actor.acting_for
    row = {
        "id": claim,
        "agency": task.agency,
        "unit": task.unit,
        "opened_at": task.opened_at,
        "official": actor.subject,
        "acting_for": acting_for and acting_for.official,
        "delegation": acting_for and acting_for.delegation,
        "claimed_at": now,
    }
    counts = select(tasks.c.step).where(live(now))
    of_task = and_(claims.c.case_id == task.case_id, claims.c.step == task.step)
    await tx.execute(delete(claims).where(of_task, ~counts.exists()))
    taken = (
        insert(claims)
        .values(case_id=task.case_id, step=task.step, **row)
        .on_conflict_do_nothing()
        .returning(claims.c.step)
    )
    return (await tx.execute(taken)).one_or_none() is not None


_CLAIMS = (
    select(claims.c.case_id, claims.c.step, claims.c.official, claims.c.claimed_at, claims.c.acting_for)
    .join(tasks, live(_NOW))
    .where(claims.c.case_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)


async def claims_of(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> dict[UUID, list[Claim]]:
    """The claims that count, by case."""
    found: dict[UUID, list[Claim]] = {}
    for row in await tx.execute(_CLAIMS, {"ids": list(ids), "now": now}):
        one = Claim(row.step, row.official, row.claimed_at, row.acting_for)
        found.setdefault(row.case_id, []).append(one)
    return found


def claimed_tasks(now: datetime, *, official: str | None) -> Select[Any]:
    """Open tasks with who has claimed each; those alone that an official has, when one is named."""
    query = select(tasks, claims.c.official, claims.c.claimed_at)
    if official is None:
        return query.select_from(tasks.outerjoin(claims, live(now)))
    return query.select_from(tasks.join(claims, live(now))).where(claims.c.official == official)


async def release_at(tx: AsyncConnection, places: Collection[tuple[UUID, str]]) -> Sequence[AnyRow]:
    """Let the claims of these tasks be gone; those there were, with code and procedure of their cases."""
    return await _release(tx, tuple_(claims.c.case_id, claims.c.step).in_(places)) if places else ()


async def release_beyond(tx: AsyncConnection, subject: str, official: Official) -> Sequence[AnyRow]:
    """Let what an official, or whoever acts for them, has claimed beyond the posts they hold be gone, likewise."""
    own = claims.c.official == subject
    if official.posts:  # whoever has none left acts for nobody else any more
        own = and_(own, claims.c.acting_for.is_(None))
    theirs = or_(own, claims.c.acting_for == subject)
    same = and_(tasks.c.case_id == claims.c.case_id, tasks.c.step == claims.c.step)
    rows = await tx.execute(select(tasks, claims.c.id).join(claims, same).where(theirs))
    gone = [row.id for row in rows if not official.holds(row.agency, row.unit, row.role)]
    return await _release(tx, claims.c.id.in_(gone)) if gone else ()


async def _release(tx: AsyncConnection, which: ColumnElement[bool]) -> Sequence[AnyRow]:
    gone = delete(claims).where(which, cases.c.id == claims.c.case_id)
    return (await tx.execute(gone.returning(claims, cases.c.code, cases.c.procedure))).all()


async def put(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write claims of tasks that nobody has claimed."""
    if rows:
        await tx.execute(insert(claims), rows)


async def item(tx: AsyncConnection, case_id: UUID, step: str, now: datetime) -> AnyRow:
    """An open task as a work list shows it."""
    query = _items(tasks, now).where(tasks.c.case_id == case_id, tasks.c.step == step)
    row: AnyRow = (await tx.execute(query)).one()
    return row
