"""Every SQL statement about links between cases."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, bindparam, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.sight import Sight
from procedures.cases.store import SEEN, Stored, page, stored_case
from procedures.domain.case import Case
from procedures.tables import case_links, cases


async def add(tx: AsyncConnection, case: Case) -> None:
    """Link a new case to the one that it belongs to, of which the row lock is held."""
    await tx.execute(insert(case_links).values(link_row(case)))


def link_row(case: Case) -> dict[str, Any]:
    """The row of a linked case; it follows from its state."""
    assert case.link is not None
    return {
        "case_id": case.id,
        "kind": case.link.kind.value,
        "agency": case.agency,
        "to_case": case.link.case,
        "to_agency": case.link.agency,
        "above": list(case.link.above),
    }


async def link_rows_of(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The rows of those of these cases that are linked to another."""
    query = select(case_links).where(case_links.c.case_id.in_(ids))
    return {row.case_id: row._asdict() for row in await tx.execute(query)}


async def below(tx: AsyncConnection, ids: Sequence[UUID]) -> list[UUID]:
    """The children of these cases, and theirs, in order; appeals are no part of what they are against."""
    found: set[UUID] = set()
    level = list(ids)
    while level:
        query = select(case_links.c.case_id).where(
            case_links.c.to_case.in_(level), case_links.c.kind == "child"
        )
        level = [one for one in (await tx.execute(query)).scalars() if one not in found]
        found.update(level)
    return sorted(found)


async def locked(tx: AsyncConnection, ids: Sequence[UUID]) -> list[Stored]:
    """These cases under their row locks, taken in the order of the ids."""
    query = select(*SEEN).where(cases.c.id.in_(ids)).order_by(cases.c.id).with_for_update()
    return await page(tx, query)


async def lock_numbers(tx: AsyncConnection) -> None:
    """Let one transaction at a time, until its end, take numbers of several agencies."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtext("numbers of several agencies"))))


@cache
def _locking(condition: ColumnElement[bool]) -> Select[Any]:
    case_id: ColumnElement[UUID] = bindparam("case", type_=Uuid())
    return (
        select(*SEEN)
        .where(
            cases.c.id == func.any(func.array(_family(case_id).scalar_subquery())),
            or_(cases.c.id != case_id, condition),
        )
        .order_by(cases.c.id)
        .with_for_update()
    )


async def lock_case(tx: AsyncConnection, case_id: UUID, sight: Sight) -> Stored | None:
    """The case under its row lock, when the caller sees it; its family is locked with it."""
    rows = await tx.execute(_locking(sight.condition), {**sight.values, "case": case_id})
    found = {row.id: row for row in rows}
    return stored_case(tx, found[case_id]) if case_id in found else None


async def lock_free_family(tx: AsyncConnection, case_id: UUID) -> bool:
    """Lock the case and its family, without waiting for anybody; False when somebody else holds one of them."""
    family = set((await tx.execute(_family(case_id))).scalars())
    query = select(cases.c.id).where(cases.c.id.in_(family)).with_for_update(skip_locked=True)
    return set((await tx.execute(query)).scalars()) == family


def _family(case_id: UUID | ColumnElement[UUID]) -> Select[tuple[UUID]]:
    """The case, those above it, and all parts of any of these."""
    chain = select(case_links.c.above).where(case_links.c.case_id == case_id).scalar_subquery()
    above = func.unnest(func.array_append(chain, case_id, type_=ARRAY(Uuid)), type_=Uuid)
    family = select(above.label("id")).cte("family", recursive=True)
    parts = select(case_links.c.case_id).where(
        case_links.c.to_case == family.c.id, case_links.c.kind == "child"
    )
    return select(family.union(parts).c.id)
