"""The routes of backlogs, for those who lead an agency: where its cases wait, and which are late."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.backlogs import operations
from procedures.backlogs.operations import LateCase
from procedures.backlogs.schemas import (
    Backlog,
    Backlogs,
    DailyBacklog,
    DailyBacklogs,
    LateCaseView,
    Whereabouts,
)
from procedures.calendars.operations import calendar_of
from procedures.dependencies import agency_of, look_of
from procedures.domain.claim import Claim
from procedures.domain.terms import MINUTE
from procedures.pages import instant_of, key_after, page_of
from procedures.stays.routes import Leader, Procedure, Unit, Wanted
from shared.errors import Fault, Invalid, Text
from shared.pagination import Cursor, Limit, Page
from shared.web import Db, Now, conditional

router = APIRouter(prefix="/procedures/v1", tags=["oversight"])

_MOST_DAYS = 800


@router.get("/backlogs", response_model=Backlogs)
async def get_backlogs(request: Request, who: Leader, db: Db, wanted: Wanted) -> Response:
    """Where the cases of your agency wait now: by procedure, step and unit, the longest queue first."""
    async with db.reading() as tx:
        counted = await operations.backlogs_now(tx, agency_of(who), wanted)
    items = [Backlog.model_validate(row, from_attributes=True) for row in counted.rows]
    body = Backlogs(
        counted_at=counted.at,
        waiting=sum(item.waiting for item in items),
        for_applicant=sum(item.for_applicant for item in items),
        overdue=sum(item.overdue for item in items),
        items=items,
    )
    return conditional(request, body)


@router.get("/daily-backlogs", response_model=DailyBacklogs)
async def get_daily_backlogs(
    request: Request,
    who: Leader,
    db: Db,
    wanted: Wanted,
    first: Annotated[date, Query(alias="firstDay", description="The first day, in Viet Nam's time")],
    last: Annotated[date, Query(alias="lastDay", description="The last day, included; up to 800 days")],
) -> Response:
    """How many cases of your agency waited at the end of each day."""
    if not 0 <= (last - first).days < _MOST_DAYS:
        words = Text(
            vi="Ngày cuối phải từ ngày đầu trở đi và trong vòng 800 ngày.",
            en="The last day must not be before the first, and within 800 days of it.",
        )
        raise Invalid(faults=[Fault("/query/lastDay", "wrong_days", words)])
    async with db.reading() as tx:
        rows = await operations.backlogs_by_day(tx, agency_of(who), first, last, wanted)
    items = [DailyBacklog.model_validate(row, from_attributes=True) for row in rows]
    return conditional(request, DailyBacklogs(items=items))


@router.get("/late-cases", response_model=Page[LateCaseView])
async def list_late_cases(
    request: Request,
    who: Leader,
    db: Db,
    now: Now,
    procedure: Procedure = None,
    unit: Unit = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The cases of your agency that are late, the longest overdue first, and who has them now."""
    after = key_after(cursor, instant_of, UUID)
    look = look_of(who, now, Purpose.CASE_LIST)
    async with looking(db, look) as tx:
        found = await operations.late_cases(
            tx, look, procedure=procedure, unit=unit, after=after, limit=limit + 1
        )
        calendar = await calendar_of(tx, agency_of(who))

    def view(late: LateCase) -> LateCaseView:
        row, claims = late.row, {claim.step: claim for claim in late.claims}
        return LateCaseView(
            case_id=row.id,
            code=row.code,
            procedure=row.procedure,
            due_at=row.due_at,
            overdue_for=calendar.working_time_between(row.due_at, now) // MINUTE * MINUTE,
            held_by=[_whereabouts(task, claims.get(task["step"])) for task in late.tasks],
        )

    return page_of(request, found, limit, key=lambda late: [late.row.due_at, late.row.id], view=view)


def _whereabouts(task: Mapping[str, Any], claim: Claim | None) -> Whereabouts:
    return Whereabouts(
        step=task["step"],
        unit_agency=task["agency"],
        unit=task["unit"],
        role=task["role"],
        opened_at=task["opened_at"],
        due_at=task["due_at"],
        claimed_by=claim and claim.official,
        acting_for=claim and claim.acting_for,
        claimed_at=claim and claim.claimed_at,
    )
