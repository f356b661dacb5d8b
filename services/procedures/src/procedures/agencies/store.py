"""Every SQL statement about agencies."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import agencies


async def put_agency(tx: AsyncConnection, **row: Any) -> None:
    """Keep the copy, unless a newer one is kept."""
    statement = insert(agencies).values(**row)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[agencies.c.code], set_=row, where=agencies.c.sequence < row["sequence"]
        )
    )


async def unit_codes(tx: AsyncConnection, agency: str) -> frozenset[str] | None:
    """Codes of the agency's units; None for an agency not heard of."""
    units = (await tx.execute(select(agencies.c.units).where(agencies.c.code == agency))).scalar_one_or_none()
    return None if units is None else frozenset(unit["code"] for unit in units)


async def units_by_agency(tx: AsyncConnection, codes: Collection[str]) -> dict[str, frozenset[str]]:
    """Codes of the units of these agencies, of each that was heard of."""
    rows = await tx.execute(select(agencies.c.code, agencies.c.units).where(agencies.c.code.in_(codes)))
    return {row.code: frozenset(unit["code"] for unit in row.units) for row in rows}
