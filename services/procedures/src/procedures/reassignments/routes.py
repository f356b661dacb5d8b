"""The routes of reassignments, for those who share out the work of their agency."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.dependencies import MANAGING_WORK, actor_of, agency_of, look_of
from procedures.domain.reassignment import ToOfficial, ToUnit
from procedures.pages import key_after, page_of
from procedures.reassignments import operations
from procedures.reassignments.operations import (
    AlreadyOrdered,
    ReassignmentNotFound,
    Report,
    TooManyTasks,
)
from procedures.reassignments.schemas import (
    NewReassignment,
    ReassignedCase,
    ReassignmentReport,
    ReassignmentView,
    StayingTasks,
)
from procedures.reassignments.store import Chosen
from shared.auth import Principal, requires
from shared.db import AnyRow
from shared.errors import Fault, Invalid, PreconditionFailed, PreconditionRequired, Text, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.schema import Words
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1/reassignments", tags=["reassignments"])

Manager = Annotated[Principal, requires(MANAGING_WORK, kinds=["official"])]
ReassignmentId = Annotated[UUID, Path(description="Id of the reassignment")]

_WAY = Text(
    vi="Hãy nêu fromUnit và toUnit, hoặc fromOfficial và toOfficial.",
    en="Name fromUnit and toUnit, or fromOfficial and toOfficial.",
)


def _way(body: NewReassignment) -> ToUnit | ToOfficial:
    match (body.from_unit, body.to_unit, body.from_official, body.to_official):
        case (str(before), str(after), None, None):
            return ToUnit(before, after, body.claimed_too)
        case (None, None, str(before), str(after)):
            return ToOfficial(before, after)
    raise Invalid(faults=[Fault("", "way_unclear", _WAY)])


def _facts(row: AnyRow) -> dict[str, object]:
    named = ("id", "reason", "status", "cases", "moved", "stayed", "planned_at", "ordered_at", "finished_at")
    return {**row.terms, **{name: getattr(row, name) for name in named}}


def _view(row: AnyRow) -> ReassignmentView:
    return ReassignmentView.model_validate(_facts(row))


def _report(report: Report) -> ReassignmentReport:
    staying = [
        StayingTasks(code=why.code, tasks=why.tasks, text=Words(vi=why.vi, en=why.en))
        for why in report.staying
    ]
    return ReassignmentReport.model_validate({**_facts(report.row), "staying": staying})


def _answer(report: Report) -> Answer:
    headers = {"etag": report.etag, "location": f"{router.prefix}/{report.row.id}"}
    return Answer(_report(report), 201, headers)


@router.post(
    "", status_code=201, response_model=ReassignmentReport, responses=problems(TooManyTasks, Unprocessable)
)
async def plan_reassignment(body: NewReassignment, who: Manager, tx: Tx, now: Now, once: Once) -> Response:
    """Plan to give open tasks of a unit of your agency to another, or what an official has claimed to another.

    Nothing moves yet: the report says how many cases it is about, and what would stay and why. A plan that is
    not executed is kept for seven days.
    """
    way = _way(body)

    async def answer() -> Answer:
        return _answer(
            await operations.plan_reassignment(
                tx,
                now,
                by=actor_of(who),
                agency=agency_of(who),
                way=way,
                chosen=Chosen(body.procedure, body.step),
                reason=body.reason,
            )
        )

    return await once(tx, answer)


@router.get("", response_model=Page[ReassignmentView])
async def list_reassignments(
    request: Request, who: Manager, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The reassignments of your agency, newest first."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        rows = await operations.list_reassignments(
            tx, agency_of(who), after=after and after[0], limit=limit + 1
        )
    return page_of(request, rows, limit, key=lambda row: [row.id], view=_view)


@router.get("/{reassignment_id}", response_model=ReassignmentReport, responses=problems(ReassignmentNotFound))
async def get_reassignment(
    request: Request, reassignment_id: ReassignmentId, who: Manager, db: Db
) -> Response:
    """How far a reassignment is done, and why tasks stay where they are."""
    async with db.reading() as tx:
        report = await operations.get_reassignment(tx, reassignment_id, agency=agency_of(who))
    return conditional(request, _report(report), etag=report.etag)


@router.get(
    "/{reassignment_id}/cases",
    response_model=Page[ReassignedCase],
    responses=problems(ReassignmentNotFound),
)
async def list_reassigned_cases(
    request: Request,
    reassignment_id: ReassignmentId,
    who: Manager,
    db: Db,
    now: Now,
    state: Annotated[
        Literal["planned", "moved", "stayed"] | None, Query(description="What became of them")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The cases of a reassignment, each with what became of it and what stays, with the reason."""
    after = key_after(cursor, UUID)
    look = look_of(who, now, Purpose.WORK_LIST)
    async with looking(db, look) as tx:
        rows = await operations.list_cases(
            tx,
            look,
            reassignment_id,
            agency=agency_of(who),
            state=state,
            after=after and after[0],
            limit=limit + 1,
        )
    return page_of(request, rows, limit, key=lambda row: [row.case_id], view=_case)


def _case(row: AnyRow) -> ReassignedCase:
    return ReassignedCase.model_validate(
        {
            "id": row.case_id,
            "code": row.code,
            "steps": row.steps,
            "state": row.state,
            "staying": row.obstacles,
        }
    )


@router.post(
    "/{reassignment_id}/execution",
    status_code=201,
    response_model=ReassignmentReport,
    responses=problems(
        ReassignmentNotFound, AlreadyOrdered, PreconditionFailed, PreconditionRequired, Unprocessable
    ),
)
async def execute_reassignment(
    reassignment_id: ReassignmentId, who: Manager, tx: Tx, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """Have a planned reassignment done: it begins at once, and each case that it moves says so in its log."""

    async def answer() -> Answer:
        return _answer(
            await operations.order_reassignment(
                tx,
                now,
                by=actor_of(who),
                agency=agency_of(who),
                reassignment=reassignment_id,
                if_match=if_match,
            )
        )

    return await once(tx, answer)
