"""Every SQL statement about links between cases."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.store import SEEN, Stored, page
from procedures.domain.case import Case
from procedures.domain.linked_cases import CaseLink
from procedures.tables import case_links, cases


async def add(tx: AsyncConnection, case: Case, link: CaseLink, to_agency: str) -> None:
    """Link a new case to one whose row lock is held."""
    await tx.execute(
        insert(case_links).values(
            case_id=case.id,
            kind=link.kind.value,
            agency=case.agency,
            to_case=link.case,
            to_agency=to_agency,
            above=[link.case, *await above(tx, link.case)],
        )
    )


async def above(tx: AsyncConnection, case_id: UUID) -> list[UUID]:
    """The cases that one belongs to, the nearest first."""
    found = await tx.scalar(select(case_links.c.above).where(case_links.c.case_id == case_id))
    return list(found or ())


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


async def lock_free(tx: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Lock those of these cases that nobody else holds, without waiting for the others."""
    query = select(cases.c.id).where(cases.c.id.in_(ids)).with_for_update(skip_locked=True)
    return set((await tx.execute(query)).scalars())


async def lock_case(tx: AsyncConnection, case_id: UUID, visible: ColumnElement[bool]) -> Stored | None:
    """The case under its row lock, when the caller may see it; those that it belongs to are locked before it."""
    chain = select(case_links.c.above).where(case_links.c.case_id == case_id).scalar_subquery()
    query = (
        select(*SEEN)
        .where(
            cases.c.id == func.any(func.array_append(chain, case_id, type_=ARRAY(Uuid))),
            or_(cases.c.id != case_id, visible),
        )
        .order_by(cases.c.id)
        .with_for_update()
    )
    found = await page(tx, query)
    return next((stored for stored in found if stored.case.id == case_id), None)
