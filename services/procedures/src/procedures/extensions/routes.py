"""The route that gives a case more time."""

from fastapi import APIRouter, Response

from procedures.cases.commands import FOR_OFFICERS, Handle
from procedures.cases.routes import Officer
from procedures.cases.schemas import CaseView
from procedures.dependencies import official_of
from procedures.domain.lateness import ExtensionNotAllowed
from procedures.domain.terms import Term
from procedures.extensions.operations import extend_case as extend
from procedures.extensions.schemas import ExtensionOrder
from shared.web import problems

router = APIRouter(prefix="/procedures/v1/cases/{case_id}", tags=["handling"])


@router.post(
    "/extension",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, ExtensionNotAllowed),
)
async def extend_case(body: ExtensionOrder, who: Officer, handle: Handle) -> Response:
    """Give your agency more time, before the term runs out and as the procedure allows. The applicant is told."""
    official, by = official_of(who), Term.from_json(body.by, "/by")
    return await handle(who, lambda order: extend(handle.tx, order, official, by=by, reason=body.reason))
