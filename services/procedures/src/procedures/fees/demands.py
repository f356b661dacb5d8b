"""The fee of a case is asked for by itself, in the transaction of the act after which the procedure says so."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.record import record
from procedures.cases.store import Stored, form_of
from procedures.domain.acts import SYSTEM
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition
from procedures.domain.fee_rules import demand, falls_due
from procedures.domain.rule_inputs import inputs_of


async def demand_fee(
    tx: AsyncConnection, stored: Stored, definition: Definition, calendar: WorkingCalendar, now: datetime
) -> Stored:
    """Ask for the fee if it falls due now; the case, of which the row lock is held, as it then stands."""
    case = stored.case
    if not falls_due(case, definition):
        return stored
    form = await form_of(tx, stored)
    inputs = inputs_of(
        form.content if form else None,
        (paper.document for paper in case.attachments),
        calendar.local_date(case.submitted_at),
    )
    act = demand(case, definition, calendar, now, inputs)
    (after,) = await record(tx, SYSTEM, now, [(stored, [act])])
    return after
