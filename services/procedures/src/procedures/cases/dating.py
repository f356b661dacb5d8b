"""A case that is acted on between an edit of its agency's calendar and the job that comes to it is dated anew first."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.calendars.operations import DatedCalendar, dated_calendar
from procedures.cases.record import record
from procedures.cases.store import Stored
from procedures.domain.acts import SYSTEM, Redated
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.dating import redated


def dated_anew(case: Case, by: DatedCalendar, now: datetime) -> Redated | None:
    """What the calendar makes of a case that the job has yet to come to; None when it makes nothing of it."""
    return None if by.redating is None else redated(case, by.calendar, now, by.redating)


async def dated_by_now(tx: AsyncConnection, stored: Stored, now: datetime) -> tuple[Stored, WorkingCalendar]:
    """The locked case with what is due as its agency's calendar has it now, and that calendar."""
    by = await dated_calendar(tx, stored.case.agency)
    act = dated_anew(stored.case, by, now)
    if act is not None:
        (stored,) = await record(tx, SYSTEM, now, [(stored, (act,))])
    return stored, by.calendar
