"""Every SQL statement about organisations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.organisation import Organisation
from identity.tables import organisations
from shared.errors import Text


async def add_organisation(tx: AsyncConnection, organisation: Organisation, now: datetime) -> bool:
    """Write a new organisation; False when the tax code is taken."""
    written = await tx.execute(
        postgresql.insert(organisations)
        .values(
            id=organisation.id,
            tax_code=organisation.tax_code,
            name_vi=organisation.name.vi,
            name_en=organisation.name.en,
            representative_id=organisation.representative_id,
            registered_at=now,
        )
        .on_conflict_do_nothing(index_elements=["tax_code"])
        .returning(organisations.c.id)
    )
    return written.one_or_none() is not None


async def represented_by(
    tx: AsyncConnection, person_id: UUID, *, after: UUID | None, limit: int
) -> list[Organisation]:
    """The organisations that a person represents, in the order in which they were entered."""
    statement = select(organisations).where(organisations.c.representative_id == person_id)
    if after is not None:
        statement = statement.where(organisations.c.id > after)
    rows = await tx.execute(statement.order_by(organisations.c.id).limit(limit))
    return [
        Organisation(row.id, row.tax_code, Text(vi=row.name_vi, en=row.name_en), row.representative_id)
        for row in rows
    ]
