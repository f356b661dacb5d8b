"""Every SQL statement about statistics."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Text, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.quality import RATINGS_TOGETHER, Measure
from procedures.domain.reports import Counters, ProcedureReport
from procedures.domain.statistics import Fact, Figure, Month, month_after
from procedures.tables import (
    procedure_versions,
    procedures,
    statistics_cases,
    statistics_cells,
    statistics_months,
    statistics_numbered_ratings,
)
from shared.db import AnyRow

_HISTORY = TypeAdapter(dict[int, Fact])
_ROWS = TypeAdapter(list[ProcedureReport])
_MEASURES = TypeAdapter(tuple[Measure, ...])
_NEW_CASE = insert(statistics_cases)
_MERGE = _NEW_CASE.on_conflict_do_update(
    index_elements=[statistics_cases.c.case_id],
    set_={"history": statistics_cases.c.history.concat(_NEW_CASE.excluded.history)},
    where=~statistics_cases.c.history.has_key(bindparam("number", type_=Text)),
).returning(statistics_cases.c.history)
_NEW_CELL = insert(statistics_cells)
_ADD = _NEW_CELL.on_conflict_do_update(
    index_elements=[statistics_cells.c[name] for name in ("agency", "procedure", "month", "figure")],
    set_={"number": statistics_cells.c.number + _NEW_CELL.excluded.number},
)
_RATE = insert(statistics_numbered_ratings).on_conflict_do_nothing()

Cell = tuple[str, str, Month, Figure]
"""Agency, procedure, month, figure."""


async def merge_fact(
    tx: AsyncConnection, case_id: UUID, agency: str, procedure: str, sequence: int, fact: Fact
) -> dict[int, Fact] | None:
    """Add a fact to its case; all facts that are known then, and None when it was known already.

    Holds the case's row.
    """
    row = {
        "case_id": case_id,
        "agency": agency,
        "procedure": procedure,
        "history": _HISTORY.dump_python({sequence: fact}, mode="json", exclude_none=True),
    }
    merged = await tx.scalar(_MERGE, {**row, "number": str(sequence)})
    return None if merged is None else _HISTORY.validate_python(merged)


async def add(tx: AsyncConnection, changes: Mapping[Cell, int]) -> None:
    """Add to the cells, in one order for all, so that two who do it do not wait for each other in a ring."""
    rows = [
        {"agency": agency, "procedure": procedure, "month": month, "figure": figure.value, "number": number}
        for (agency, procedure, month, figure), number in sorted(changes.items())
        if number
    ]
    if rows:
        await tx.execute(_ADD, rows)


async def add_rating(tx: AsyncConnection, agency: str, month: Month, number: int, score: int) -> None:
    """Add a rating, where it may be already."""
    await tx.execute(_RATE, {"agency": agency, "month": month, "number": number, "score": score})


async def procedures_of(tx: AsyncConnection, agency: str) -> list[str]:
    """The procedures of an agency of which anything was counted."""
    query = select(statistics_cells.c.procedure).where(statistics_cells.c.agency == agency).distinct()
    return list((await tx.execute(query)).scalars())


async def counters_of(tx: AsyncConnection, agency: str, procedure: str) -> Counters:
    query = select(statistics_cells).where(
        statistics_cells.c.agency == agency, statistics_cells.c.procedure == procedure
    )
    return {(row.month, Figure(row.figure)): row.number for row in await tx.execute(query)}


async def cells(tx: AsyncConnection) -> list[tuple[Cell, int]]:
    """All cells that are not nought, in order."""
    query = select(statistics_cells).where(statistics_cells.c.number != 0)
    rows = (await tx.execute(query)).all()
    return sorted(((row.agency, row.procedure, row.month, Figure(row.figure)), row.number) for row in rows)


async def agencies(tx: AsyncConnection) -> list[str]:
    """The agencies of which anything was counted."""
    return list((await tx.execute(select(statistics_cells.c.agency).distinct())).scalars())


async def month_to_report(tx: AsyncConnection, agency: str) -> Month | None:
    """The month after the last that was reported, else the first of which anything was counted."""
    reported = select(func.max(statistics_months.c.month)).where(statistics_months.c.agency == agency)
    last: Month | None = await tx.scalar(reported)
    if last is not None:
        return month_after(last)
    counted = select(func.min(statistics_cells.c.month)).where(statistics_cells.c.agency == agency)
    first: Month | None = await tx.scalar(counted)
    return first


async def frozen(tx: AsyncConnection, agency: str) -> defaultdict[str, list[tuple[Month, ProcedureReport]]]:
    """The reports of an agency by procedure, with their months, oldest first."""
    query = select(statistics_months.c.month, statistics_months.c.rows)
    query = query.where(statistics_months.c.agency == agency).order_by(statistics_months.c.month)
    found: defaultdict[str, list[tuple[Month, ProcedureReport]]] = defaultdict(list)
    # A month of many procedures takes milliseconds to read: others are served between two.
    async for month in await tx.stream(query, execution_options={"yield_per": 1}):
        for row in _ROWS.validate_python(month.rows):
            found[row.procedure].append((month.month, row))
    return found


async def frozen_measures(
    tx: AsyncConnection, agency: str, first: Month, last: Month
) -> dict[Month, tuple[datetime, tuple[Measure, ...]]]:
    """The quality of the months that were reported with it: when, and what was measured."""
    months = statistics_months.c
    query = select(months.month, months.frozen_at, months.quality).where(
        months.agency == agency, months.month.between(first, last), months.quality.is_not(None)
    )
    rows = await tx.execute(query)
    return {row.month: (row.frozen_at, _MEASURES.validate_python(row.quality)) for row in rows}


async def freeze(
    tx: AsyncConnection,
    agency: str,
    month: Month,
    key: UUID,
    now: datetime,
    rows: Sequence[ProcedureReport],
    measured: tuple[Measure, ...],
) -> bool:
    """Keep a report; whether it was not there yet."""
    values = {"agency": agency, "month": month, "id": key, "frozen_at": now}
    statement = insert(statistics_months).values(
        **values,
        rows=_ROWS.dump_python(list(rows), mode="json"),
        quality=_MEASURES.dump_python(measured, mode="json"),
    )
    kept = await tx.execute(statement.on_conflict_do_nothing().returning(statistics_months.c.id))
    return kept.one_or_none() is not None


async def reports(
    tx: AsyncConnection, agency: str, *, after: tuple[Month] | None, limit: int
) -> Sequence[AnyRow]:
    """The reports of an agency, newest first."""
    query = select(statistics_months).where(statistics_months.c.agency == agency)
    if after is not None:
        query = query.where(statistics_months.c.month < after[0])
    return (await tx.execute(query.order_by(statistics_months.c.month.desc()).limit(limit))).all()


async def totals(
    tx: AsyncConnection,
    agency: str,
    first: Month,
    last: Month,
    procedure: str | None = None,
    without: Collection[Month] = (),
) -> dict[Figure, int]:
    """The figures of an agency over months but for some, of one procedure or of all."""
    months = statistics_cells.c.month
    query = (
        select(statistics_cells.c.figure, func.sum(statistics_cells.c.number).label("number"))
        .where(statistics_cells.c.agency == agency, months.between(first, last), months.not_in(without))
        .group_by(statistics_cells.c.figure)
    )
    if procedure is not None:
        query = query.where(statistics_cells.c.procedure == procedure)
    return {Figure(row.figure): int(row.number) for row in await tx.execute(query)}


async def ratings(
    tx: AsyncConnection, agency: str, first: Month, last: Month, without: Collection[Month] = ()
) -> dict[int, int]:
    """How often each score was given in the whole groups of these months but for some."""
    rated = statistics_numbered_ratings.c
    group = [rated.month, (rated.number - 1) // RATINGS_TOGETHER]
    known = (
        select(rated.score, func.count().over(partition_by=group).label("together"))
        .where(rated.agency == agency, rated.month.between(first, last), rated.month.not_in(without))
        .subquery()
    )
    query = select(known.c.score, func.count().label("number")).group_by(known.c.score)
    rows = await tx.execute(query.where(known.c.together == RATINGS_TOGETHER))
    return {row.score: row.number for row in rows}


async def procedures_in_force(tx: AsyncConnection, agency: str) -> tuple[int, int]:
    """How many of the agency's procedures that take cases are complete, and how many there are."""
    query = (
        select(func.count().filter(procedure_versions.c.complete), func.count())
        .join(procedures, procedures.c.code == procedure_versions.c.procedure)
        .where(procedures.c.agency == agency, procedure_versions.c.status == "published")
    )
    complete, number = (await tx.execute(query)).one()
    return complete, number


async def keep_histories(tx: AsyncConnection, rows: Sequence[tuple[UUID, str, str, dict[int, Fact]]]) -> None:
    """Keep what is counted of cases that are not kept yet: id, agency, procedure, facts."""
    if rows:
        await tx.execute(
            insert(statistics_cases),
            [
                {
                    "case_id": case_id,
                    "agency": agency,
                    "procedure": procedure,
                    "history": _HISTORY.dump_python(history, mode="json", exclude_none=True),
                }
                for case_id, agency, procedure, history in rows
            ],
        )


async def clear(tx: AsyncConnection) -> None:
    """Forget all that was counted of cases; reports stay. Nobody counts until the transaction ends."""
    await tx.execute(text("LOCK TABLE statistics_cases IN EXCLUSIVE MODE"))
    await tx.execute(delete(statistics_cells))
    await tx.execute(delete(statistics_cases))
