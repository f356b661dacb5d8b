"""Giving a case more time."""

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.operations import Order, handle_case
from procedures.cases.store import Stored
from procedures.domain import lateness
from procedures.domain.handling import Official
from procedures.domain.terms import Term


async def extend_case(
    tx: AsyncConnection, order: Order, official: Official, *, by: Term, reason: str
) -> Stored:
    """Extend the term within what the procedure allows."""
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: lateness.extend(
            case, definition, calendar, official, order.now, by=by, reason=reason
        ),
    )
