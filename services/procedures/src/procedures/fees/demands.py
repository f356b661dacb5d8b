"""The fee of a case is asked for by itself, in the transaction of the act after which the procedure says so."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.record import record
from procedures.cases.store import Stored
from procedures.domain.acts import SYSTEM
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition
from procedures.domain.fee_rules import Assessed, demand, falls_due


async def demand_fee(
    tx: AsyncConnection, stored: Stored, definition: Definition, calendar: WorkingCalendar, now: datetime
) -> Stored:
    """Ask for the fee if it falls due now; the case, of which the row lock is held, as it then stands."""
    asks = definition.fee_demand
    if asks is None or definition.fee is None or not falls_due(stored.case, definition):
        return stored
    act = demand(stored.case, calendar, now, Assessed(definition.fee), stops_clock=asks.stops_clock)
    (after,) = await record(tx, SYSTEM, now, [(stored, [act])])
    return after
