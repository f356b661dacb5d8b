"""Apologising for being late."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.operations import Order, handle_case
from procedures.cases.store import Stored
from procedures.domain import lateness
from procedures.domain.handling import Official


async def apologise(
    tx: AsyncConnection, order: Order, official: Official, *, reason: str, promised: date
) -> Stored:
    """Say why the case is late, and promise one new date."""
    return await handle_case(
        tx,
        order,
        lambda case, _, calendar: lateness.apologise(
            case, calendar, official, order.now, reason=reason, promised=promised
        ),
    )
