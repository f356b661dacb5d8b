"""The routes of working calendars."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response

from procedures.calendars.operations import calendar_of, declare_calendar
from procedures.calendars.schemas import CALENDAR, CalendarView
from procedures.dependencies import agency_of
from procedures.domain.agency import AnotherAgency
from procedures.domain.calendar import WorkingCalendar
from shared.auth import Principal, public, requires
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.web import Db, IfMatch, Now, Tx, conditional, etag_of_body, problems, require_match

router = APIRouter(prefix="/procedures/v1/agencies/{agency}/calendar", tags=["calendars"])

Editor = Annotated[Principal, requires("procedures:calendars:write", kinds=["official", "client"])]
Agency = Annotated[str, Path(max_length=50, examples=["H99.01"])]


@router.get("", response_model=CalendarView, dependencies=[public()])
async def get_calendar(request: Request, agency: Agency, db: Db) -> Response:
    """The calendar by which the agency's terms run: its own, or the country's."""
    async with db.reading() as tx:
        calendar = await calendar_of(tx, agency)
    return conditional(request, CalendarView(agency=agency, calendar=calendar.to_json()))


@router.put(
    "",
    response_model=CalendarView,
    responses=problems(AnotherAgency, PreconditionFailed, PreconditionRequired),
)
async def put_calendar(
    calendar: Annotated[dict[str, Any], Body(examples=[CALENDAR])],
    agency: Agency,
    who: Editor,
    tx: Tx,
    now: Now,
    if_match: IfMatch = None,
) -> CalendarView:
    """Declare your agency's calendar. It counts for what is dated from now on."""
    if agency_of(who) != agency:
        raise AnotherAgency
    present = CalendarView(agency=agency, calendar=(await calendar_of(tx, agency)).to_json())
    require_match(if_match, etag_of_body(present))
    declared = WorkingCalendar.from_json(calendar)
    await declare_calendar(tx, now, agency=agency, calendar=declared)
    return CalendarView(agency=agency, calendar=declared.to_json())
