"""The routes that do something to a case. Each is a sub-resource that is created, for a known state of it.

All ask for `If-Match`: when someone else was quicker, the answer is 412 and names what came since.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Purpose
from procedures.access.operations import record_look, seen_of
from procedures.cases import deciding, operations
from procedures.cases.operations import CaseChanged, CaseNotFound, Order
from procedures.cases.routes import Applicant, CaseId, Officer
from procedures.cases.schemas import (
    CaseView,
    Completion,
    Decision,
    DocumentOfCase,
    Refusal,
    Result,
    Supplement,
    SupplementRequest,
    Withdrawal,
)
from procedures.cases.store import Stored
from procedures.cases.views import case_view
from procedures.dependencies import AtDesk, Desk, actor_of, look_of, official_of, viewer_of
from procedures.documents.operations import Enclosure
from procedures.domain.case import MissingItem
from procedures.domain.claim import TaskClaimed
from procedures.domain.consultation import ConsultationOpen
from procedures.domain.deciding import ClockStopped
from procedures.domain.delegation import DelegationNotInForce
from procedures.domain.external_task import TaskLeased
from procedures.domain.handling import (
    DecisionMissing,
    FeeUnpaid,
    NotThisUnit,
    SupplementRoundsUsed,
    TaskNotOpen,
)
from procedures.domain.linked_cases import ChildStillRunning
from procedures.domain.linking import PartOfAnotherCase
from procedures.domain.status import ActionNotAllowed
from procedures.keys.keyring import KeyNotAtHand
from procedures.timers.beforehand import after_what_ran_out
from shared.auth import Principal
from shared.errors import Forbidden, PreconditionRequired, Unprocessable
from shared.web import Answer, IfMatch, Now, Once, Tx, problems
from shared.web.idempotency import IdempotentRequest

router = APIRouter(prefix="/procedures/v1/cases/{case_id}", tags=["handling"])

REFUSALS = (CaseNotFound, CaseChanged, PreconditionRequired, ActionNotAllowed, Unprocessable, KeyNotAtHand)
"""How any command may be refused."""
FOR_OFFICERS = (*REFUSALS, Forbidden, NotThisUnit, DelegationNotInForce, TaskClaimed)
"""How a command of an official may be refused."""


@dataclass(frozen=True, slots=True)
class Handling:
    """A command at the edge: answered once for its key, with the case as it then stands."""

    case_id: UUID
    now: datetime
    tx: AsyncConnection
    once: IdempotentRequest
    desk: Desk
    if_match: str | None

    def order(self, who: Principal) -> Order:
        """The command as it is given to the operation."""
        official = official_of(who) if who.kind == "official" else None
        viewer, versions = viewer_of(who), self.desk.versions
        return Order(self.case_id, actor_of(who), viewer, versions, self.now, self.if_match, official)

    async def __call__(self, who: Principal, act: Callable[[Order], Awaitable[Stored]]) -> Response:
        order = self.order(who)

        async def answer(settled: bool) -> Answer:
            stored = await act(replace(order, settled=settled))
            await record_look(self.tx, look_of(who, self.now, Purpose.HANDLING), *seen_of(stored))
            view = case_view(stored, by_applicant=who.kind == "person")
            return Answer(view, 201, {"etag": stored.etag})

        async def command(settled: bool) -> Response:
            return await self.once(self.tx, partial(answer, settled))

        return await after_what_ran_out(self.desk, self.tx, self.now, command)


async def _handling(
    case_id: CaseId, now: Now, tx: Tx, once: Once, desk: AtDesk, if_match: IfMatch = None
) -> Handling:
    """A coroutine, since what is none is handed to a thread."""
    return Handling(case_id, now, tx, once, desk, if_match)


Handle = Annotated[Handling, Depends(_handling)]


def _enclosures(documents: Sequence[DocumentOfCase]) -> list[Enclosure]:
    return [Enclosure(item.document, item.id) for item in documents]


@router.post("/acceptance", status_code=201, response_model=CaseView, responses=problems(*FOR_OFFICERS))
async def accept_case(who: Officer, handle: Handle) -> Response:
    """Receive the case at the receiving unit: its legal clock starts and the next step opens."""
    official = official_of(who)
    return await handle(who, lambda order: operations.accept_case(handle.tx, order, official))


@router.post("/refusal", status_code=201, response_model=CaseView, responses=problems(*FOR_OFFICERS))
async def refuse_case(body: Refusal, who: Officer, handle: Handle) -> Response:
    """Refuse to receive the case, with the reason and its legal ground."""
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.refuse_case(
            handle.tx, order, official, reason=body.reason, legal_ground=body.legal_ground
        ),
    )


@router.post(
    "/tasks/{step}/completion",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, TaskNotOpen, DecisionMissing, FeeUnpaid, TaskLeased, ChildStillRunning),
)
async def complete_task(
    step: Annotated[str, Path(max_length=200, description="Code of the open step", examples=["XU_LY"])],
    body: Completion,
    who: Officer,
    handle: Handle,
) -> Response:
    """Finish an open step of your unit: the next one opens, or after the last the case closes.

    Officials of another agency do its part of the work with this same command.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.complete_task(
            handle.tx, order, official, step=step, outcome=body.outcome, note=body.note
        ),
    )


@router.post(
    "/supplement-request",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, ClockStopped, SupplementRoundsUsed),
)
async def request_supplement(body: SupplementRequest, who: Officer, handle: Handle) -> Response:
    """Ask the applicant for what is missing, item by item. The clock stands still until it comes.

    How often, how long there is to answer and what follows when nothing comes, the procedure says.
    """
    official = official_of(who)
    items = [MissingItem(item.document, item.reason) for item in body.items]
    return await handle(who, lambda order: operations.request_supplement(handle.tx, order, official, items))


@router.post("/supplement", status_code=201, response_model=CaseView, responses=problems(*REFUSALS))
async def supplement_case(body: Supplement, who: Applicant, handle: Handle) -> Response:
    """Bring what was asked for, all or a part. Once all is there the clock runs on with the time that was left."""
    return await handle(
        who,
        lambda order: operations.supplement_case(
            handle.tx, order, enclosures=_enclosures(body.documents), note=body.note
        ),
    )


@router.post(
    "/decision",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, ClockStopped, ConsultationOpen, TaskNotOpen),
)
async def decide_case(body: Decision, who: Officer, handle: Handle) -> Response:
    """Answer the matter: granted or rejected, with reasons; a rejection names its legal ground.

    The term is measured to this instant.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: deciding.decide_case(
            handle.tx,
            order,
            official,
            outcome=body.outcome,
            reason=body.reason,
            number=body.number,
            legal_ground=body.legal_ground,
        ),
    )


@router.post("/result", status_code=201, response_model=CaseView, responses=problems(*FOR_OFFICERS))
async def record_result(body: Result, who: Officer, handle: Handle) -> Response:
    """Put the documents of the result into the case, for the applicant to take."""
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.record_result(handle.tx, order, official, _enclosures(body.documents)),
    )


@router.post(
    "/withdrawal",
    status_code=201,
    response_model=CaseView,
    responses=problems(*REFUSALS, PartOfAnotherCase),
)
async def withdraw_case(body: Withdrawal, who: Applicant, handle: Handle) -> Response:
    """Take your case back, as long as it is not decided."""
    return await handle(who, lambda order: operations.withdraw_case(handle.tx, order, reason=body.reason))
