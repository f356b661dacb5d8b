"""What can be asked of the legal clock of a case."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.calendars.operations import calendar_of
from procedures.cases.operations import get_case
from procedures.cases.store import entry_of, log_of
from procedures.catalogue.operations import Versions
from procedures.domain.attribution import Holding, Share, holdings, shares, states
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import GrantedTime
from procedures.domain.case_clock import Explanation, explain
from procedures.domain.phases import Phase, phases


@dataclass(frozen=True, slots=True)
class ClockReport:
    """The clock of a case explained, who held it, and its stages; by the calendar that it is measured by."""

    code: str
    explained: Explanation
    holdings: tuple[Holding, ...]
    shares: tuple[Share, ...]
    phases: tuple[Phase, ...]
    extensions: tuple[GrantedTime, ...]
    calendar: WorkingCalendar


async def explain_clock(
    tx: AsyncConnection, versions: Versions, now: datetime, case_id: UUID, look: Look
) -> ClockReport:
    """The clock of a case with every interval up to `now`, all of it as the log tells it.

    Raises:
        CaseNotFound: there is none that the viewer may see.
    """
    stored = await get_case(tx, case_id, look)
    calendar = await calendar_of(tx, stored.case.agency)
    history = states(stored.case, [entry_of(link) for link in await log_of(tx, case_id)])
    by = {
        version: (await versions.of(tx, stored.case.procedure, version)).definition
        for version in dict.fromkeys(state.case.version for state in history)
    }
    return ClockReport(
        code=stored.code,
        explained=explain(history[-1].case, calendar, now),
        holdings=holdings(history, calendar, now),
        shares=shares(history, calendar, now),
        phases=phases(history, by, calendar, now),
        extensions=stored.case.extensions,  # the reasons in the log are sealed
        calendar=calendar,
    )
