"""Every SQL statement about stays."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.forecast import Ways
from procedures.domain.statistics import Month
from procedures.tables import stay_cells, stay_marks, way_cells
from shared.db import AnyRow


class StayCell(NamedTuple):
    """The key of a number of stays."""

    agency: str
    month: Month
    procedure: str
    step: str
    unit_agency: str
    unit: str
    bucket: int


class WayCell(NamedTuple):
    """The key of a number of ways to the decision."""

    agency: str
    procedure: str
    month: Month
    step: str
    pace: int
    stayed: int
    bucket: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which stays, or which cases that wait; all of the agency where nothing is said."""

    procedure: str | None = None
    step: str | None = None
    unit: str | None = None

    def of(self, columns: Any) -> list[Any]:
        """The conditions on columns of these names."""
        said = {"procedure": self.procedure, "step": self.step, "unit": self.unit}
        return [columns[name] == value for name, value in said.items() if value is not None]


_NEW_MARK = insert(stay_marks)
_MARK = _NEW_MARK.on_conflict_do_update(
    index_elements=[stay_marks.c.case_id], set_={"sequence": stay_marks.c.sequence}
).returning(stay_marks.c.sequence)
_NEW_STAY = insert(stay_cells)
_ADD_STAY = _NEW_STAY.on_conflict_do_update(
    index_elements=[stay_cells.c[name] for name in StayCell._fields],
    set_={name: stay_cells.c[name] + _NEW_STAY.excluded[name] for name in ("number", "minutes")},
)
_NEW_WAY = insert(way_cells)
_ADD_WAY = _NEW_WAY.on_conflict_do_update(
    index_elements=[way_cells.c[name] for name in WayCell._fields],
    set_={"number": way_cells.c.number + _NEW_WAY.excluded.number},
)


async def counted_to(tx: AsyncConnection, case_id: UUID) -> int:
    """The last entry of the case that is counted, 0 when none is. Holds the case's mark until the end."""
    sequence: int = (await tx.execute(_MARK, {"case_id": case_id, "sequence": 0})).scalar_one()
    return sequence


async def mark(tx: AsyncConnection, case_id: UUID, sequence: int) -> None:
    """The entries of the case are counted up to this one."""
    await tx.execute(update(stay_marks).where(stay_marks.c.case_id == case_id).values(sequence=sequence))


async def keep_marks(tx: AsyncConnection, marks: Mapping[UUID, int]) -> None:
    """Marks of cases that have none."""
    rows = [{"case_id": case_id, "sequence": sequence} for case_id, sequence in marks.items()]
    if rows:
        await tx.execute(insert(stay_marks), rows)


async def add_stays(tx: AsyncConnection, cells: Mapping[StayCell, tuple[int, int]]) -> None:
    """Add numbers and minutes, in one order for all, so that two who do it do not wait in a ring."""
    rows = [
        {**cell._asdict(), "number": number, "minutes": minutes}
        for cell, (number, minutes) in sorted(cells.items())
    ]
    if rows:
        await tx.execute(_ADD_STAY, rows)


async def add_ways(tx: AsyncConnection, cells: Mapping[WayCell, int]) -> None:
    """Add numbers, in one order for all."""
    rows = [{**cell._asdict(), "number": number} for cell, number in sorted(cells.items())]
    if rows:
        await tx.execute(_ADD_WAY, rows)


async def clear(tx: AsyncConnection) -> None:
    """Forget all that was counted. Nobody counts nor edits a calendar until the transaction ends."""
    await tx.execute(text("LOCK TABLE stay_marks IN EXCLUSIVE MODE"))
    await tx.execute(text("LOCK TABLE calendar_versions IN SHARE MODE"))
    for table in (stay_cells, way_cells, stay_marks):
        await tx.execute(delete(table))


async def ways_of(tx: AsyncConnection, agency: str, procedure: str, first: Month, last: Month) -> Ways:
    """The ways to the decision from each step of a procedure, over these months."""
    columns = way_cells.c
    place = (columns.step, columns.pace, columns.stayed, columns.bucket)
    query = (
        select(*place, func.sum(columns.number).label("number"))
        .where(columns.agency == agency, columns.procedure == procedure, columns.month.between(first, last))
        .group_by(*place)
    )
    numbers: defaultdict[tuple[str, int], dict[tuple[int, int], int]] = defaultdict(dict)
    for row in await tx.execute(query):
        numbers[row.step, row.pace][row.stayed, row.bucket] = int(row.number)
    return Ways(numbers)


async def stays_of(
    tx: AsyncConnection, agency: str, first: Month, last: Month, wanted: Filter
) -> Sequence[AnyRow]:
    """Numbers and minutes of stays over these months, by procedure, step, unit and bucket, in this order."""
    columns = stay_cells.c
    place = (columns.procedure, columns.step, columns.unit_agency, columns.unit, columns.bucket)
    query = (
        select(
            *place,
            func.sum(columns.number).label("number"),
            func.sum(columns.minutes).label("minutes"),
        )
        .where(columns.agency == agency, columns.month.between(first, last), *wanted.of(columns))
        .group_by(*place)
        .order_by(*place)
    )
    return (await tx.execute(query)).all()
