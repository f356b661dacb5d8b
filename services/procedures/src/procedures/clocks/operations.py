"""What can be asked of the legal clock of a case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.calendars.operations import calendar_of
from procedures.cases.operations import get_case
from procedures.cases.store import Stored
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case_clock import Explanation, explain


async def explain_clock(
    tx: AsyncConnection, now: datetime, case_id: UUID, look: Look
) -> tuple[Stored, Explanation, WorkingCalendar]:
    """The case, its clock with every interval up to `now`, and the calendar by which it is measured.

    Raises:
        CaseNotFound: there is none that the viewer may see.
    """
    stored = await get_case(tx, case_id, look)
    calendar = await calendar_of(tx, stored.case.agency)
    return stored, explain(stored.case, calendar, now), calendar
