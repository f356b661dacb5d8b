"""The routes of steps that systems do.

Systems name their lease in whatever they do with a task, in place of `If-Match`: a case changes while other branches
of it go on, and a task is not less theirs for that.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.operations import Order
from procedures.cases.routes import CaseId, Officer
from procedures.cases.schemas import CaseView
from procedures.cases.views import case_view
from procedures.dependencies import AtDesk, actor_of, agency_of, look_of, official_of, viewer_of
from procedures.documents.operations import Enclosure
from procedures.documents.routes import SENT, content_response
from procedures.domain.document import DocumentErased, DocumentNotFound
from procedures.domain.external_task import (
    ExternalTask,
    ExternalTaskNotFound,
    IncidentSettled,
    Lease,
    LeaseLost,
    NotWithSystems,
)
from procedures.domain.handling import DecisionMissing, FeeUnpaid, NotThisUnit
from procedures.domain.linked_cases import ChildStillRunning
from procedures.domain.status import ActionNotAllowed
from procedures.external_tasks import operations
from procedures.external_tasks.operations import Claimed, Hold, Incident, when_free
from procedures.external_tasks.schemas import (
    ExternalClaim,
    ExternalCompletion,
    ExternalFailure,
    ExternalTaskOfCase,
    ExternalTasks,
    ExternalTaskStanding,
    HeldLease,
    IncidentResolution,
    LeaseExtension,
    TaskIncident,
)
from procedures.external_tasks.store import Wanted
from procedures.keys.keyring import KeyNotAtHand
from procedures.pages import key_after, page_of
from procedures.timers.beforehand import after_what_ran_out
from shared.auth import Principal, requires
from shared.errors import Fault, Forbidden, Invalid, Text, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1/external-tasks", tags=["external tasks"])

System = Annotated[Principal, requires("procedures:tasks:work", kinds=["client"])]
Step = Annotated[str, Path(max_length=200, description="Code of the open step", examples=["HOI_THUE"])]
LeaseId = Annotated[UUID, Query(alias="lease", description="The lease that you hold")]
_TASK = "/{case_id}/steps/{step}"
_OF_LEASES = (LeaseLost, Forbidden, Unprocessable, KeyNotAtHand)
_OF_OFFICIALS = (ExternalTaskNotFound, NotThisUnit, Forbidden, Unprocessable)


@router.post(
    "/claims",
    status_code=201,
    response_model=ExternalTasks,
    responses={
        **problems(Forbidden, Unprocessable),
        200: {"model": ExternalTasks, "description": "Nothing was free in time"},
    },
)
async def claim_external_tasks(
    request: Request, body: ExternalClaim, who: System, once: Once, desk: AtDesk
) -> Response:
    """Take open steps of your agency that are left to systems, and hold them for a while.

    No two systems are given the same task. Complete it, fail it or release it before the lease ends, or extend the
    lease; else the task is given to another. With `waitSeconds` the answer comes as soon as there is a task. With an
    `Idempotency-Key`, asking again after a broken connection gives the same tasks.
    """
    wanted = _wanted(body, agency_of(who))

    async def look() -> Response | None:
        if await request.is_disconnected():
            return None
        async with desk.database.transaction() as tx:

            async def answer() -> Answer:
                claimed = await operations.claim_tasks(
                    tx,
                    wanted,
                    look_of(who, desk.clock.now(), Purpose.HANDLING),
                    holder=who.subject,
                    lasts=timedelta(seconds=body.lease_seconds),
                    limit=body.max,
                )
                return Answer(ExternalTasks(items=[_claimed(one) for one in claimed]), 201)

            return await once(tx, answer)

    wait = timedelta(seconds=body.wait_seconds)
    found = await when_free(desk.bell, wanted.agency, wait, look, desk.clock.now)
    if found is not None:
        return found
    return Response(ExternalTasks(items=[]).model_dump_json(by_alias=True), 200, None, "application/json")


@router.get(_TASK, response_model=ExternalTaskOfCase, responses=problems(LeaseLost, Forbidden))
async def get_external_task(
    request: Request, case_id: CaseId, step: Step, lease: LeaseId, who: System, db: Db, now: Now
) -> Response:
    """A task that you hold, and its case as an official of the unit sees it."""
    look = look_of(who, now, Purpose.CASE)
    async with looking(db, look) as tx:
        found = await operations.held_case(tx, _hold(who, case_id, step, lease), look)
    return conditional(request, _claimed(found))


@router.get(
    _TASK + "/documents/{document_id}/content",
    response_class=Response,
    responses={
        **problems(LeaseLost, DocumentNotFound, DocumentErased, Forbidden),
        200: {"description": "The content", "content": SENT},
    },
)
async def get_document_of_external_task(
    request: Request,
    case_id: CaseId,
    step: Step,
    document_id: UUID,
    lease: LeaseId,
    who: System,
    db: Db,
    now: Now,
    desk: AtDesk,
) -> Response:
    """The content of a document of the case, while you hold the task."""
    look = look_of(who, now, Purpose.DOCUMENT)
    async with looking(db, look) as tx:
        shown = await operations.held_document(tx, _hold(who, case_id, step, lease), look, document_id)
    return content_response(request, desk, shown)


@router.post(
    _TASK + "/extension",
    status_code=201,
    response_model=ExternalTaskStanding,
    responses=problems(*_OF_LEASES),
)
async def extend_lease(
    case_id: CaseId, step: Step, body: LeaseExtension, who: System, now: Now, tx: Tx, once: Once
) -> Response:
    """Hold the task longer, counted from now."""
    hold, lasts = _hold(who, case_id, step, body.lease), timedelta(seconds=body.lease_seconds)
    return await _stands(once, tx, lambda: operations.extend_lease(tx, hold, now, lasts))


@router.post(
    _TASK + "/release", status_code=201, response_model=ExternalTaskStanding, responses=problems(*_OF_LEASES)
)
async def release_external_task(
    case_id: CaseId, step: Step, body: HeldLease, who: System, now: Now, tx: Tx, once: Once
) -> Response:
    """Give the task back untouched; that uses up no attempt."""
    hold = _hold(who, case_id, step, body.lease)
    return await _stands(once, tx, lambda: operations.release_task(tx, hold, now))


@router.post(
    _TASK + "/failure", status_code=201, response_model=ExternalTaskStanding, responses=problems(*_OF_LEASES)
)
async def fail_external_task(
    case_id: CaseId, step: Step, body: ExternalFailure, who: System, now: Now, tx: Tx, once: Once
) -> Response:
    """Say that it could not be done. It is tried again a while later; after the last attempt an official must look."""
    hold, after = _hold(who, case_id, step, body.lease), body.again_after_seconds
    return await _stands(
        once,
        tx,
        lambda: operations.fail_task(
            tx,
            hold,
            now,
            message=body.message,
            again_after=None if after is None else timedelta(seconds=after),
            final=body.final,
        ),
    )


@router.post(
    _TASK + "/completion",
    status_code=201,
    response_model=CaseView,
    responses=problems(*_OF_LEASES, ActionNotAllowed, DecisionMissing, FeeUnpaid, ChildStillRunning),
)
async def complete_external_task(
    case_id: CaseId,
    step: Step,
    body: ExternalCompletion,
    who: System,
    now: Now,
    tx: Tx,
    once: Once,
    desk: AtDesk,
) -> Response:
    """Finish a step that you hold: the next one opens, or after the last the case closes, as when an official does it.

    Documents that you sent before join the case.
    """
    order = Order(case_id, actor_of(who), viewer_of(who), desk.versions, now, "*")
    hold = _hold(who, case_id, step, body.lease)

    async def answer(settled: bool) -> Answer:
        stored = await operations.complete_task(
            tx,
            replace(order, settled=settled),
            hold,
            look_of(who, now, Purpose.HANDLING),
            outcome=body.outcome,
            note=body.note,
            enclosures=[Enclosure(item.document, item.id) for item in body.documents],
        )
        return Answer(case_view(stored), 201, {"etag": stored.etag})

    return await after_what_ran_out(desk, tx, now, lambda settled: once(tx, partial(answer, settled)))


@router.get("/incidents", response_model=Page[TaskIncident])
async def list_task_incidents(
    request: Request, who: Officer, db: Db, now: Now, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """What systems could not do at your units, the oldest first: do it yourselves, or let them try again."""
    after = key_after(cursor, UUID)
    look = look_of(who, now, Purpose.WORK_LIST)
    async with looking(db, look) as tx:
        found = await operations.list_incidents(
            tx, official_of(who), look, after=after and after[0], limit=limit + 1
        )
    return page_of(request, found, limit, key=lambda one: [_incident(one).incident], view=_incident)


@router.post(
    _TASK + "/recall",
    status_code=201,
    response_model=TaskIncident,
    responses=problems(*_OF_OFFICIALS, NotWithSystems),
)
async def recall_external_task(
    case_id: CaseId, step: Step, who: Officer, now: Now, tx: Tx, once: Once
) -> Response:
    """Take a step of your unit back from the systems, also from one that is at work on it, to do it yourself."""
    look = look_of(who, now, Purpose.HANDLING)
    return await _looked_into(
        once, tx, lambda: operations.recall_task(tx, case_id, step, official_of(who), look)
    )


@router.post(
    _TASK + "/resolution",
    status_code=201,
    response_model=TaskIncident,
    responses=problems(*_OF_OFFICIALS, IncidentSettled),
)
async def resolve_task_incident(
    case_id: CaseId, step: Step, body: IncidentResolution, who: Officer, now: Now, tx: Tx, once: Once
) -> Response:
    """Let systems try a step of your unit again, with all its attempts."""
    look = look_of(who, now, Purpose.HANDLING)
    return await _looked_into(
        once,
        tx,
        lambda: operations.resolve_incident(tx, case_id, step, official_of(who), look, body.incident),
    )


async def _stands(once: Once, tx: Tx, do: Callable[[], Awaitable[ExternalTask]]) -> Response:
    async def answer() -> Answer:
        task = await do()
        incident = task.incident and task.incident.id
        return Answer(
            ExternalTaskStanding(attempts_left=task.attempts_left, free_at=task.free_at, incident=incident)
        )

    return await once(tx, answer)


async def _looked_into(once: Once, tx: Tx, do: Callable[[], Awaitable[Incident]]) -> Response:
    async def answer() -> Answer:
        return Answer(_incident(await do()))

    return await once(tx, answer)


def _wanted(body: ExternalClaim, agency: str) -> Wanted:
    """What is asked for, in a form that an index answers.

    Raises:
        Invalid
    """
    if body.procedure is None and (body.unit is None or body.step is None):
        text = Text(
            vi="Hãy nêu thủ tục, hoặc cả bộ phận và bước.", en="Name a procedure, or both a unit and a step."
        )
        raise Invalid(faults=[Fault("/procedure", "missing", text)])
    return Wanted(agency, body.procedure, body.unit, body.step)


def _hold(who: Principal, case_id: UUID, step: str, lease: UUID) -> Hold:
    return Hold(case_id, step, agency_of(who), Lease(lease, who.subject))


def _claimed(claimed: Claimed) -> ExternalTaskOfCase:
    task, row = claimed.kept.task, claimed.kept.row
    assert task.lease is not None
    return ExternalTaskOfCase(
        case_id=task.case_id,
        step=task.step,
        unit=task.unit,
        agency=task.agency,
        opened_at=row.opened_at,
        due_at=row.due_at,
        lease=task.lease.id,
        lease_ends_at=task.free_at,
        attempts_left=task.attempts_left,
        case=case_view(claimed.stored, claimed.form),
    )


def _incident(found: Incident) -> TaskIncident:
    task, row = found.kept.task, found.kept.row
    incident = task.incident
    return TaskIncident(
        case_id=task.case_id,
        code=row.case_code,
        procedure=row.procedure,
        step=task.step,
        unit=task.unit,
        due_at=row.due_at,
        attempts=task.attempts,
        attempts_left=task.attempts_left,
        incident=incident and incident.id,
        raised_at=incident and incident.at,
        cause=incident and incident.cause,
        message=found.message,
    )
