"""The route of the apology."""

from typing import Annotated

from fastapi import APIRouter, Response

from procedures.apologies.operations import apologise
from procedures.apologies.schemas import ApologyNote
from procedures.cases.commands import FOR_OFFICERS, Handle
from procedures.cases.routes import Officer
from procedures.cases.schemas import CaseView
from procedures.dependencies import announced, official_of
from procedures.documents.contents import Content
from procedures.domain.lateness import AlreadyApologised, NotLate
from procedures.results.paper import PaperNotSet
from procedures.results.signing import TimeNotAttested
from shared.web import problems

router = APIRouter(prefix="/procedures/v1/cases/{case_id}", tags=["handling"])

Sheet = Annotated[tuple[Content, ...], announced("application/pdf")]


@router.post(
    "/apology",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, NotLate, AlreadyApologised, TimeNotAttested, PaperNotSet),
)
async def apologise_for_case(body: ApologyNote, who: Officer, sheets: Sheet, handle: Handle) -> Response:
    """Apologise for a case that is late: say why, and promise one new date. The applicant is told.

    The apology is put on paper, a PDF with the agency's seal where a certificate is set up; it is in the case's
    `apology.letter` and never changes.
    """
    official, (sheet,) = official_of(who), sheets
    return await handle(
        who,
        lambda order: apologise(
            handle.tx,
            handle.desk.press,
            order,
            official,
            reason=body.reason,
            promised=body.promised_date,
            sheet=sheet,
        ),
    )
