"""The routes of cases that belong to another."""

from fastapi import APIRouter, Response

from procedures.cases.commands import FOR_OFFICERS, REFUSALS, Handle
from procedures.cases.routes import Applicant, Officer
from procedures.cases.schemas import CaseView, Receipt
from procedures.cases.submission import CaseNumberTaken
from procedures.cases.views import receipt
from procedures.catalogue.operations import NotInForce
from procedures.dependencies import official_of
from procedures.documents.operations import Enclosure
from procedures.domain.deciding import ClockStopped
from procedures.domain.handling import TaskNotOpen
from procedures.domain.linking import (
    AlreadyAppealed,
    AppealNotProvided,
    AppealTooLate,
    LinkedInCircle,
    LinkedTooFar,
    NotAnAppeal,
    PartOfAnotherCase,
)
from procedures.domain.reopening import NoAppealWon
from procedures.links import operations
from procedures.links.schemas import AppealFiling, ChildOpening, Reopening, Ruling
from shared.web import Answer, problems

router = APIRouter(prefix="/procedures/v1/cases/{case_id}", tags=["linked cases"])


@router.post(
    "/children",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, TaskNotOpen, LinkedInCircle, LinkedTooFar, NotInForce, CaseNumberTaken),
)
async def open_child_case(body: ChildOpening, who: Officer, handle: Handle) -> Response:
    """Open a case of another procedure, often another agency's, as a part of this one.

    It is filed for the applicant with the form given here. To them it stays one case: the part shows in its view
    and in public tracking, and is not counted beside it. When it ends, the step that waits for it is done.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.open_child(
            handle.tx, order, official, procedure=body.procedure, form=body.form, step=body.step
        ),
    )


@router.post(
    "/appeals",
    status_code=201,
    response_model=Receipt,
    responses=problems(
        *REFUSALS,
        AppealNotProvided,
        AppealTooLate,
        AlreadyAppealed,
        PartOfAnotherCase,
        LinkedTooFar,
        NotInForce,
        CaseNumberTaken,
    ),
)
async def file_appeal(body: AppealFiling, who: Applicant, handle: Handle) -> Response:
    """Appeal against the decision on your case, or against the refusal to accept it.

    The appeal is a case of its own, of the procedure that the first one names for appeals; here is its receipt.
    `ETag` is that of the first case.
    """

    async def answer() -> Answer:
        filed, appealed = await operations.file_appeal(
            handle.tx,
            handle.order(who),
            form=body.form,
            enclosures=[Enclosure(item.document, item.id) for item in body.documents],
        )
        location = f"/procedures/v1/cases/{filed.case.id}"
        headers = {"etag": appealed.etag, "location": location}
        return Answer(receipt(filed, handle.desk.tracking_key), 201, headers)

    return await handle.once(handle.tx, answer)


@router.post(
    "/ruling",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, ClockStopped, NotAnAppeal, TaskNotOpen),
)
async def rule_on_appeal(body: Ruling, who: Officer, handle: Handle) -> Response:
    """Decide an appeal: the decision that it is directed against is upheld, amended or overturned.

    One that is upheld needs its legal ground. The first case is told at once. Amended or overturned, its result may be superseded there.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.rule_on_appeal(
            handle.tx,
            order,
            official,
            verdict=body.verdict,
            reason=body.reason,
            number=body.number,
            legal_ground=body.legal_ground,
        ),
    )


@router.post(
    "/reopening",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, NoAppealWon),
)
async def reopen_case(body: Reopening, who: Officer, handle: Handle) -> Response:
    """Take up a case again whose acceptance was refused, once an appeal has set that aside or had it changed.

    It waits at its receiving unit under its old code, and its clock starts when that receives it. Where the case was
    decided, its result is superseded instead.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.reopen_case(handle.tx, order, official, reason=body.reason),
    )
