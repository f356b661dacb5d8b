"""The route of the legal clock."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.operations import CaseNotFound
from procedures.cases.routes import CaseId, Reader
from procedures.cases.views import words
from procedures.clocks.operations import ClockReport, explain_clock
from procedures.clocks.schemas import (
    CaseClockView,
    CaseHolder,
    ClockInterval,
    ExtensionOfClock,
    HeldInterval,
    HolderShare,
    StageDeadline,
    Standstill,
    StepDeadline,
)
from procedures.dependencies import AtDesk, look_of
from procedures.domain.attribution import Holding, Share
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, GrantedTime
from procedures.domain.clock import STOP_TEXT, Interval
from procedures.domain.clock_words import (
    clock_in_words,
    extension_in_words,
    holding_in_words,
    interval_in_words,
    share_in_words,
)
from procedures.domain.phases import Phase
from shared.web import Db, Now, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["cases"])


@router.get("/cases/{case_id}/clock", response_model=CaseClockView, responses=problems(CaseNotFound))
async def get_case_clock(
    request: Request, case_id: CaseId, who: Reader, db: Db, now: Now, desk: AtDesk
) -> Response:
    """Why the case is due when it is: every stretch of time since its submission, whether it counts, who
    held it, and whose delay it is."""
    look = look_of(who, now, Purpose.CLOCK)
    async with looking(db, look) as tx:
        report = await explain_clock(tx, desk.versions, now, case_id, look)
    return conditional(request, _view(report, now))


def _view(report: ClockReport, now: datetime) -> CaseClockView:
    explained, calendar = report.explained, report.calendar
    clock = explained.case.clock
    return CaseClockView(
        code=report.code,
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
        extensions=[_extension(given, calendar) for given in report.extensions],
        steps=_steps(explained.case, now),
        stages=[_stage(phase) for phase in report.phases],
        held=[_held(holding, calendar) for holding in report.holdings],
        shares=[_share(share) for share in report.shares],
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


def _extension(given: GrantedTime, calendar: WorkingCalendar) -> ExtensionOfClock:
    text = words(extension_in_words(given, calendar))
    return ExtensionOfClock(at=given.at, by=given.by.to_json(), reason=given.reason, text=text)


def _steps(case: Case, now: datetime) -> list[StepDeadline]:
    answered = case.decided_at or now
    return [
        StepDeadline(
            step=task.step,
            unit=task.unit,
            agency=task.agency,
            due_at=task.due_at,
            overdue=task.due_at is not None
            and task.due_at < (answered if task.counted_from is None else now),
        )
        for task in case.tasks
    ]


def _stage(phase: Phase) -> StageDeadline:
    return StageDeadline(
        stage=phase.stage.code,
        title=words(phase.stage.title),
        allowance=phase.stage.allowance.to_json(),
        began_at=phase.since,
        ended_at=phase.until,
        due_at=phase.due_at,
        overdue=phase.overdue,
    )


def _held(holding: Holding, calendar: WorkingCalendar) -> HeldInterval:
    return HeldInterval(
        begins_at=holding.begins_at,
        ends_at=holding.ends_at,
        holders=[CaseHolder.model_validate(holder) for holder in holding.holders],
        counts=holding.counts,
        working_time=holding.working_time,
        late=holding.late,
        text=words(holding_in_words(holding, calendar)),
    )


def _share(share: Share) -> HolderShare:
    return HolderShare(
        holder=CaseHolder.model_validate(share.holder),
        held=share.held,
        late=share.late,
        overran=share.overran,
        text=words(share_in_words(share)),
    )
