"""Every SQL statement about agencies and their units."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.agency import Agency, Unit
from identity.tables import agencies, posts, units
from shared.errors import Text

_AGENCY = (
    agencies.c.id,
    agencies.c.code,
    agencies.c.parent,
    agencies.c.name_vi,
    agencies.c.name_en,
    agencies.c.version,
)
_TREE_LOCK = 0x74726565  # "tree"; advisory locks are per database


async def lock_tree(tx: AsyncConnection) -> None:
    """Let one transaction at a time move agencies, so that two moves cannot close a circle together."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _TREE_LOCK})


async def add_agency(tx: AsyncConnection, agency: Agency, now: datetime) -> bool:
    """Write a new agency with its units; False when the code is taken."""
    written = await tx.execute(
        postgresql.insert(agencies)
        .values(
            id=agency.id,
            code=agency.code,
            parent=agency.parent,
            name_vi=agency.name.vi,
            name_en=agency.name.en,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=["code"])
        .returning(agencies.c.id)
    )
    if written.one_or_none() is None:
        return False
    await _put_units(tx, agency)
    return True


async def save_agency(tx: AsyncConnection, agency: Agency) -> None:
    """Write an agency whose row is locked, with its units."""
    await tx.execute(
        update(agencies)
        .where(agencies.c.code == agency.code)
        .values(parent=agency.parent, name_vi=agency.name.vi, name_en=agency.name.en, version=agency.version)
    )
    await _put_units(tx, agency)


async def agency_by_code(tx: AsyncConnection, code: str, *, lock: bool = False) -> Agency | None:
    """An agency with its units."""
    statement = select(*_AGENCY).where(agencies.c.code == code)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return (await _with_units(tx, [row]))[0] if row else None


async def list_agencies(
    tx: AsyncConnection, *, parent: str | None, after: str | None, limit: int
) -> list[Agency]:
    """Agencies by code, after a code; those below one parent when it is given."""
    statement = select(*_AGENCY).order_by(agencies.c.code).limit(limit)
    if parent is not None:
        statement = statement.where(agencies.c.parent == parent)
    if after is not None:
        statement = statement.where(agencies.c.code > after)
    return await _with_units(tx, (await tx.execute(statement)).all())


async def is_within(tx: AsyncConnection, agency: str, top: str) -> bool:
    """Whether `agency` is `top` or somewhere below it."""
    above = select(agencies.c.code, agencies.c.parent).where(agencies.c.code == agency).cte(recursive=True)
    above = above.union(
        select(agencies.c.code, agencies.c.parent).join(above, agencies.c.code == above.c.parent)
    )
    return bool(await tx.scalar(select(exists().where(above.c.code == top))))


async def units_in_use(tx: AsyncConnection, agency: str, among: frozenset[str]) -> bool:
    """Whether anyone holds a post in one of these units."""
    held = exists().where(posts.c.agency == agency, posts.c.unit.in_(among))
    return bool(await tx.scalar(select(held)))


async def _put_units(tx: AsyncConnection, agency: Agency) -> None:
    kept = [unit.code for unit in agency.units]
    await tx.execute(delete(units).where(units.c.agency == agency.code, units.c.code.not_in(kept)))
    for position, unit in enumerate(agency.units):
        values = {"position": position, "name_vi": unit.name.vi, "name_en": unit.name.en}
        await tx.execute(
            postgresql.insert(units)
            .values(agency=agency.code, code=unit.code, **values)
            .on_conflict_do_update(index_elements=["agency", "code"], set_=values)
        )


async def _with_units(tx: AsyncConnection, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Agency]:
    found = await tx.execute(
        select(units).where(units.c.agency.in_([row.code for row in rows])).order_by(units.c.position)
    )
    by_agency: dict[str, list[Unit]] = {}
    for unit in found:
        name = Text(vi=unit.name_vi, en=unit.name_en)
        by_agency.setdefault(unit.agency, []).append(Unit(unit.code, name))
    return [
        Agency(
            id=row.id,
            code=row.code,
            parent=row.parent,
            name=Text(vi=row.name_vi, en=row.name_en),
            units=tuple(by_agency.get(row.code, ())),
            version=row.version,
        )
        for row in rows
    ]
