"""Processes that count at the same time wait for each other in no ring."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from procedures.consumers import HANDLERS
from procedures.statistics.operations import count_rating
from procedures.tables import statistics_cells, statistics_numbered_ratings, stay_cells
from shared.db import Database
from shared.events import Envelope
from shared.events.registry import event_class
from shared.ids import new_id

JANUARY = date(2026, 1, 1)


async def heard(tx: Any, rows: Sequence[Any]) -> None:
    for row in rows:
        kind, topic = event_class(row.type), row.aggregatetype
        assert kind is not None
        told = (row.id, row.type, topic, row.aggregateid, row.sequence, row.occurred_at, row.payload)
        await HANDLERS[kind](tx, Envelope(*told), kind.model_validate(row.payload))


async def test_batches_that_count_the_same_in_another_order_are_both_counted(
    world: Any, other_process: Any
) -> None:
    agency = f"H99.{new_id().hex[-6:].upper()}"
    one, two = [await world.publish(agency=agency) for _ in range(2)]
    told = []
    for procedure in (one, two, two, one):
        case = await world.submit(procedure)
        accepted = await world.act(case["id"], "acceptance", world.official("desk", agency))
        assert accepted.status_code == 201
        told.append(await world.told("procedures.case.v1", "code", case["code"]))
    in_between = asyncio.Barrier(2)

    async def batch(
        database: Database, first: Sequence[Any], second: Sequence[Any], numbers: list[int]
    ) -> None:
        async with database.transaction() as tx:
            for rows, number in zip((first, second), numbers, strict=True):
                await heard(tx, rows)
                await count_rating(tx, agency=agency, month=JANUARY, number=number, score=5)
                await in_between.wait()

    await asyncio.gather(
        batch(other_process(), told[0], told[1], [1, 4]), batch(other_process(), told[2], told[3], [3, 2])
    )
    async with world.database.reading() as tx:
        counted = {
            table.name: await tx.scalar(select(func.sum(table.c.number)).where(table.c.agency == agency))
            for table in (statistics_cells, stay_cells)
        }
        of_agency = statistics_numbered_ratings.c.agency == agency
        rated = await tx.scalar(
            select(func.count()).select_from(statistics_numbered_ratings).where(of_agency)
        )
    assert rated == 4
    assert (counted["stay_cells"], counted["statistics_cells"] >= 8) == (4, True)
