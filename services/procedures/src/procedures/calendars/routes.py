"""The routes of working calendars."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from procedures.calendars.operations import calendar_of, calendar_to_edit, declare_calendar, list_redatings
from procedures.calendars.schemas import CalendarDeclaration, CalendarDeclared, CalendarView, RedatingView
from procedures.dependencies import agency_of
from procedures.domain.agency import AnotherAgency
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.calendar_bounds import out_of_bounds
from procedures.pages import key_after, page_of
from shared.auth import Principal, public, requires
from shared.db import AnyRow
from shared.errors import Invalid, PreconditionFailed, PreconditionRequired
from shared.pagination import Cursor, Limit, Page
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
    response_model=CalendarDeclared,
    responses=problems(AnotherAgency, PreconditionFailed, PreconditionRequired),
)
async def put_calendar(
    body: CalendarDeclaration,
    agency: Agency,
    who: Editor,
    tx: Tx,
    now: Now,
    if_match: IfMatch = None,
) -> CalendarDeclared:
    """Declare your agency's calendar. The open cases that the edit touches are dated anew, with the reason."""
    if agency_of(who) != agency:
        raise AnotherAgency
    present = await calendar_to_edit(tx, agency)
    require_match(if_match, etag_of_body(CalendarView(agency=agency, calendar=present.to_json())))
    declared = WorkingCalendar.from_json(body.calendar, "/calendar")
    if faults := list(out_of_bounds(declared, "/calendar")):
        raise Invalid(faults=faults)
    job = await declare_calendar(
        tx, now, agency=agency, before=present, calendar=declared, reason=body.reason, by=who.subject
    )
    return CalendarDeclared(
        agency=agency, calendar=declared.to_json(), redating=None if job is None else _redating(job)
    )


@router.get("/redatings", response_model=Page[RedatingView], responses=problems(AnotherAgency))
async def list_calendar_redatings(
    request: Request, agency: Agency, who: Editor, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Your agency's edits of its calendar, the newest first, and how far the open cases are dated by each."""
    if agency_of(who) != agency:
        raise AnotherAgency
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        jobs = await list_redatings(tx, agency, after=after, limit=limit + 1)
    return page_of(request, jobs, limit, key=lambda job: [job.id], view=_redating)


def _redating(job: AnyRow) -> RedatingView:
    return RedatingView(
        id=job.id,
        reason=job.reason,
        ordered_at=job.ordered_at,
        changed_from_at=job.changed_from,
        looked_at_cases=job.looked_at,
        redated_cases=job.redated,
        finished_at=job.finished_at,
    )
