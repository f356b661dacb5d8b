"""Every SQL statement about payments."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.fees import CasePayment
from procedures.tables import cases, payments, receipt_series
from shared.db import AnyRow


async def take(tx: AsyncConnection, **row: Any) -> bool:
    """Keep what a provider told, unless it told it before.

    Whoever tells the same at the same time waits until this transaction ends.
    """
    taken = await tx.execute(
        insert(payments)
        .values(**row)
        .on_conflict_do_nothing(index_elements=[payments.c.provider, payments.c.kind, payments.c.reference])
        .returning(payments.c.id)
    )
    return taken.one_or_none() is not None


async def told(tx: AsyncConnection, provider: str, kind: str, reference: str) -> AnyRow:
    """What a provider told under its reference."""
    query = select(payments).where(
        payments.c.provider == provider, payments.c.kind == kind, payments.c.reference == reference
    )
    return (await tx.execute(query)).one()


async def settle(tx: AsyncConnection, payment: UUID, **values: Any) -> None:
    """What has become of it."""
    await tx.execute(update(payments).where(payments.c.id == payment).values(**values))


def refunds_row(paid: CasePayment) -> dict[str, Any]:
    """What the row of a payment says of its refunds."""
    return {"refund_state": paid.refund_state and paid.refund_state.value, "refunded": paid.refunded}


async def next_receipt(tx: AsyncConnection, agency: str, year: int) -> int:
    """The next number of the series, which nobody else takes until the transaction ends."""
    statement = insert(receipt_series).values(agency=agency, year=year, last=1)
    taken = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[receipt_series.c.agency, receipt_series.c.year],
            set_={"last": receipt_series.c.last + 1},
        ).returning(receipt_series.c.last)
    )
    return int(taken.scalar_one())


async def page(
    tx: AsyncConnection, agency: str, *, verdict: str | None, after: Sequence[Any] | None, limit: int
) -> Sequence[AnyRow]:
    """What was told of an agency's fees, the newest first, with the case."""
    query = (
        select(payments, cases.c.code, cases.c.procedure, cases.c.applicant)
        .join(cases, cases.c.id == payments.c.case_id, isouter=True)
        .where(payments.c.agency == agency)
    )
    if verdict is not None:
        query = query.where(payments.c.verdict == verdict)
    if after is not None:
        query = query.where(payments.c.id < after[0])
    return (await tx.execute(query.order_by(payments.c.id.desc()).limit(limit))).all()


async def payments_of(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[AnyRow]]:
    """What was told of these cases."""
    found: dict[UUID, list[AnyRow]] = {}
    for row in await tx.execute(select(payments).where(payments.c.case_id.in_(ids))):
        found.setdefault(row.case_id, []).append(row)
    return found
