"""What can be asked of the legal clock of a case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import calendar_of
from procedures.cases.operations import log_of_case
from procedures.cases.store import Stored, Viewer, entry_of
from procedures.catalogue.operations import Versions
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case_clock import Explanation, explain


async def explain_clock(
    tx: AsyncConnection, versions: Versions, now: datetime, case_id: UUID, viewer: Viewer
) -> tuple[Stored, Explanation, WorkingCalendar]:
    """The case, its clock with every interval up to `now`, and the calendar by which it was measured.

    First in its transaction.

    Raises:
        CaseNotFound: there is none that the viewer may see.
    """
    stored, _, links = await log_of_case(tx, case_id, viewer)
    case = stored.case
    term = (await versions.of(tx, case.procedure, case.version)).definition.term
    calendar = await calendar_of(tx, case.agency)
    return stored, explain(case, map(entry_of, links), term, calendar, now), calendar
