"""Every SQL statement about migrations of cases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import case_migration_cases as planned
from procedures.tables import case_migrations as migrations
from shared.db import AnyRow


async def add_migration(tx: AsyncConnection, **row: Any) -> None:
    """Keep a plan."""
    await tx.execute(insert(migrations).values(status="planned", **row))


async def add_report(tx: AsyncConnection, migration: UUID, report: dict[str, Any]) -> None:
    """Keep what was found of all cases."""
    await tx.execute(update(migrations).where(migrations.c.id == migration).values(report=report))


async def add_cases(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Remember the cases of a plan as they stand."""
    if rows:
        await tx.execute(insert(planned), rows)


async def migration_of(
    tx: AsyncConnection, migration: UUID, agency: str, *, for_update: bool = False
) -> AnyRow | None:
    """A migration of this agency."""
    query = select(migrations).where(migrations.c.id == migration, migrations.c.agency == agency)
    return (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()


async def list_migrations(
    tx: AsyncConnection, agency: str, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's migrations, newest first."""
    query = select(migrations).where(migrations.c.agency == agency)
    if after is not None:
        query = query.where(migrations.c.id < after)
    return (await tx.execute(query.order_by(migrations.c.id.desc()).limit(limit))).all()


async def cases_in_the_way(
    tx: AsyncConnection, migration: UUID, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The cases that could not move when it was planned, by id."""
    query = select(planned).where(planned.c.migration == migration, planned.c.obstacles.is_not(None))
    if after is not None:
        query = query.where(planned.c.case_id > after)
    return (await tx.execute(query.order_by(planned.c.case_id).limit(limit))).all()


async def planned_sequences(tx: AsyncConnection, migration: UUID) -> dict[UUID, tuple[str, int]]:
    """Each case of the plan: its code, and the number of its newest act when it was planned."""
    query = select(planned.c.case_id, planned.c.code, planned.c.sequence).where(
        planned.c.migration == migration
    )
    return {row.case_id: (row.code, row.sequence) for row in await tx.execute(query)}


async def set_executed(tx: AsyncConnection, migration: UUID, now: datetime, report: dict[str, Any]) -> None:
    """It was executed; what became of each case stands in the case's own log."""
    await tx.execute(
        update(migrations)
        .where(migrations.c.id == migration)
        .values(status="executed", executed_at=now, report=report)
    )
    await tx.execute(delete(planned).where(planned.c.migration == migration))


async def forget_plans(tx: AsyncConnection, *, before: datetime) -> int:
    """Drop the plans that were made before an instant and not executed; returns how many."""
    dropped = delete(migrations).where(migrations.c.status == "planned", migrations.c.planned_at < before)
    return (await tx.execute(dropped)).rowcount
