"""Every SQL statement about results."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import agencies, procedure_versions, result_series, results
from shared.db import AnyRow

Titles = Mapping[tuple[str, int, str], Mapping[str, str]]
"""The titles of types of results, as columns, by procedure, version and type."""


async def next_number(tx: AsyncConnection, agency: str, year: int, symbol: str) -> int:
    """The next number of the series, which nobody else takes until the transaction ends."""
    statement = upsert(result_series).values(agency=agency, year=year, symbol=symbol, last=1)
    taken = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[result_series.c.agency, result_series.c.year, result_series.c.symbol],
            set_={"last": result_series.c.last + 1},
        ).returning(result_series.c.last)
    )
    return int(taken.scalar_one())


async def add(tx: AsyncConnection, **row: Any) -> None:
    await tx.execute(insert(results).values(**row))


async def end(tx: AsyncConnection, result: UUID, state: str, now: datetime, **values: Any) -> None:
    """The result does not count any more; of one that did not already, it stays told since when."""
    since = func.coalesce(results.c.ended_at, now)
    await tx.execute(
        update(results).where(results.c.id == result).values(state=state, ended_at=since, **values)
    )


async def by_token(tx: AsyncConnection, token: str) -> AnyRow | None:
    return (await tx.execute(select(results).where(results.c.token == token))).one_or_none()


async def by_id(tx: AsyncConnection, result: UUID) -> AnyRow:
    return (await tx.execute(select(results).where(results.c.id == result))).one()


async def of_cases(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """The results of these cases."""
    return (await tx.execute(select(results).where(results.c.case_id.in_(ids)))).all()


async def titles_of(tx: AsyncConnection, procedures: Collection[str]) -> Titles:
    """How these procedures, in each version that was published, call their results."""
    version = (procedure_versions.c.procedure, procedure_versions.c.version)
    query = select(*version, procedure_versions.c.definition["results"].label("types"))
    published = procedure_versions.c.status != "draft"
    rows = await tx.execute(query.where(procedure_versions.c.procedure.in_(procedures), published))
    return {
        (row.procedure, row.version, kind["code"]): {f"title_{at}": kind["title"][at] for at in ("vi", "en")}
        for row in rows
        for kind in row.types or ()
    }


async def superseded_by(tx: AsyncConnection, result: UUID) -> AnyRow | None:
    """The result that this one took the place of."""
    return (await tx.execute(select(results).where(results.c.superseded_by == result))).one_or_none()


async def agency_name(tx: AsyncConnection, agency: str) -> tuple[str, str]:
    """How an agency is called in both languages; its code, until identity told its name."""
    row = (await tx.execute(select(agencies).where(agencies.c.code == agency))).one_or_none()
    return (agency, agency) if row is None else (row.name_vi, row.name_en)
