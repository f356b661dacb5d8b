"""The routes of work lists and claims."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.routes import CaseId, Officer
from procedures.dependencies import MANAGING_WORK, actor_of, agency_of, look_of, official_of
from procedures.domain.claim import NothingToClaim, TaskClaimed, TaskNotClaimed
from procedures.domain.delegation import DelegationNotInForce
from procedures.domain.external_task import TaskLeased
from procedures.domain.handling import NotThisUnit, TaskNotOpen
from procedures.domain.status import Status
from procedures.pages import instant_of, key_after, page_of, text_of
from procedures.work_list import operations
from procedures.work_list.schemas import NextClaim, WorkItem
from procedures.work_list.store import Wanted
from shared.db import AnyRow
from shared.errors import Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, Now, Once, Tx, problems

router = APIRouter(prefix="/procedures/v1", tags=["work list"])

Step = Annotated[str, Path(max_length=200, description="Code of the open step", examples=["XU_LY"])]


_NAMES = {name: field.alias or name for name, field in WorkItem.model_fields.items()}


def _view(row: AnyRow) -> WorkItem:
    return WorkItem.model_validate(_line(row))


def _line(row: AnyRow) -> dict[str, Any]:
    """A `WorkItem` as it is written: a list is long, and no model need check what was stored."""
    return {alias: getattr(row, name) for name, alias in _NAMES.items()}


@router.get("/work-list", response_model=Page[WorkItem], responses=problems(DelegationNotInForce))
async def get_work_list(
    request: Request,
    who: Officer,
    db: Db,
    now: Now,
    unit: Annotated[
        str | None, Query(max_length=100, description="One of your units", examples=["PHONG_TU_PHAP"])
    ] = None,
    procedure: Annotated[
        str | None, Query(max_length=50, description="Code of a procedure", examples=["TP01"])
    ] = None,
    step: Annotated[
        str | None, Query(max_length=200, description="Code of a step", examples=["XU_LY"])
    ] = None,
    status: Annotated[Status | None, Query(description="Legal status of the case")] = None,
    overdue: Annotated[bool, Query(description="Only what is overdue")] = False,
    claim: Annotated[
        Literal["mine", "unclaimed"] | None, Query(description="Only what you have, or nobody has, claimed")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The open tasks of your units, the one due next first, each with who has claimed it."""
    after = key_after(cursor, instant_of, UUID, text_of)
    look = look_of(who, now, Purpose.WORK_LIST)
    wanted = Wanted(unit, procedure, step, status, overdue, claim)
    async with looking(db, look) as tx:
        rows = await operations.work_list(
            tx, official_of(who), actor_of(who), look, wanted, after=after, limit=limit + 1
        )
    return page_of(request, rows, limit, key=lambda row: [row.sort_at, row.case_id, row.step], view=_line)


@router.post(
    "/work-list/claims",
    status_code=201,
    response_model=WorkItem,
    responses=problems(NothingToClaim, DelegationNotInForce, Unprocessable),
)
async def claim_next(body: NextClaim, who: Officer, tx: Tx, now: Now, once: Once) -> Response:
    """Claim the task of your posts that is due next and that nobody has claimed.

    However many ask at the same time, each is given another task.
    """
    look = look_of(who, now, Purpose.WORK_LIST)
    wanted = Wanted(body.unit, body.procedure, body.step, claim="unclaimed")

    async def answer() -> Answer:
        row = await operations.claim_next(tx, official_of(who), actor_of(who), look, wanted)
        return Answer(_view(row), 201, {"location": _place(row)})

    return await once(tx, answer)


@router.post(
    "/cases/{case_id}/tasks/{step}/claim",
    status_code=201,
    response_model=WorkItem,
    responses=problems(
        TaskNotOpen, NotThisUnit, TaskClaimed, TaskLeased, DelegationNotInForce, Unprocessable
    ),
)
async def claim_task(case_id: CaseId, step: Step, who: Officer, tx: Tx, now: Now, once: Once) -> Response:
    """Claim an open task of your posts: colleagues are kept from it until you release it or it is done.

    The case itself does not change, nor does its ETag.
    """
    look = look_of(who, now, Purpose.WORK_LIST)

    async def answer() -> Answer:
        row = await operations.claim_task(tx, official_of(who), actor_of(who), look, case_id, step)
        return Answer(_view(row), 201, {"location": _place(row)})

    return await once(tx, answer)


@router.delete(
    "/cases/{case_id}/tasks/{step}/claim",
    status_code=204,
    responses=problems(TaskNotOpen, TaskNotClaimed, TaskClaimed, DelegationNotInForce),
)
async def release_task(case_id: CaseId, step: Step, who: Officer, tx: Tx, now: Now) -> None:
    """Give a task that you have claimed back to its unit; who manages the agency's work does it for others."""
    await operations.release_task(
        tx, agency_of(who), actor_of(who), now, case_id, step, manages=MANAGING_WORK in who.scopes
    )


def _place(row: AnyRow) -> str:
    return f"{router.prefix}/cases/{row.case_id}/tasks/{row.step}/claim"
