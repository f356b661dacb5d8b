"""The route of the legal clock."""

from fastapi import APIRouter, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.operations import CaseNotFound
from procedures.cases.routes import CaseId, Reader
from procedures.cases.views import words
from procedures.clocks.operations import explain_clock
from procedures.clocks.schemas import CaseClockView, ClockInterval, Standstill
from procedures.dependencies import look_of
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case_clock import Explanation
from procedures.domain.clock import STOP_TEXT, Interval
from procedures.domain.clock_words import clock_in_words, interval_in_words
from shared.web import Db, Now, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["cases"])


@router.get("/cases/{case_id}/clock", response_model=CaseClockView, responses=problems(CaseNotFound))
async def get_case_clock(request: Request, case_id: CaseId, who: Reader, db: Db, now: Now) -> Response:
    """Why the case is due when it is: every stretch of time since its submission, and whether it counts."""
    look = look_of(who, now, Purpose.CLOCK)
    async with looking(db, look) as tx:
        stored, explained, calendar = await explain_clock(tx, now, case_id, look)
    return conditional(request, _view(stored.code, explained, calendar))


def _view(code: str, explained: Explanation, calendar: WorkingCalendar) -> CaseClockView:
    clock = explained.case.clock
    return CaseClockView(
        code=code,
        term=clock.term.to_json() if clock else None,
        started_at=clock.started_at if clock else None,
        ended_at=clock.ended_at if clock else None,
        due_at=explained.case.due_when_decided or explained.case.due_at,
        stands_still_for=[
            Standstill(reason=stop, text=words(STOP_TEXT[stop])) for stop in (clock.stops if clock else ())
        ],
        elapsed=explained.elapsed,
        remaining=explained.remaining,
        overdue=explained.overdue,
        text=words(clock_in_words(explained, calendar)),
        intervals=[_interval(interval, calendar) for interval in explained.intervals],
    )


def _interval(interval: Interval, calendar: WorkingCalendar) -> ClockInterval:
    return ClockInterval(
        begins_at=interval.begins_at,
        ends_at=interval.ends_at,
        counts=interval.counts,
        reason=words(interval.reason),
        working_time=interval.working_time,
        text=words(interval_in_words(interval, calendar)),
    )
