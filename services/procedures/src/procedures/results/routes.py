"""The routes of results."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from procedures.cases.commands import FOR_OFFICERS, Handle
from procedures.cases.routes import Officer
from procedures.cases.schemas import CaseView
from procedures.dependencies import AtDesk, announced, official_of
from procedures.documents.contents import Content
from procedures.domain.personal import CaseErased
from procedures.domain.result_rules import (
    ResultInForce,
    ResultNotFitting,
    ResultNotFound,
    UnknownResultType,
)
from procedures.results import operations
from procedures.results.operations import FORMS, Verification
from procedures.results.pages import verification_page
from procedures.results.paper import PaperNotSet
from procedures.results.schemas import (
    Issuance,
    OtherResult,
    PublicKeys,
    ResultVerification,
    Revocation,
)
from procedures.results.signing import SigningNotSetUp, TimeNotAttested
from shared.auth import public
from shared.db import AnyRow
from shared.schema import Words
from shared.web import Db, conditional, problems
from shared.web.problems import language_of

router = APIRouter(prefix="/procedures/v1", tags=["results"])

Token = Annotated[str, Path(pattern="^[a-z2-7]{32}$", examples=["k5xw2zq7m4c3a6ybnd2fg7hj5l4p3qrs"])]

Sheets = Annotated[tuple[Content, ...], announced(*FORMS)]


@router.post(
    "/cases/{case_id}/issuance",
    status_code=201,
    response_model=CaseView,
    responses=problems(
        *FOR_OFFICERS,
        UnknownResultType,
        ResultNotFitting,
        ResultInForce,
        ResultNotFound,
        SigningNotSetUp,
        TimeNotAttested,
        PaperNotSet,
        CaseErased,
    ),
)
async def issue_result(body: Issuance, who: Officer, sheets: Sheets, handle: Handle) -> Response:
    """Write, number and sign the result of a decided case; it joins the case as PDF and as signed JSON.

    The numbers of an agency's results have no gap. Of a type one result is in force at a time: another takes its place
    (`supersedes`), or follows once it is revoked. The case may be closed already.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.issue_result(
            handle.tx,
            handle.desk.press,
            order,
            official,
            type_code=body.type,
            supersedes=body.supersedes,
            sheets=sheets,
        ),
    )


@router.post(
    "/cases/{case_id}/results/{result_id}/revocation",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, ResultNotFitting, ResultNotFound, CaseErased),
)
async def revoke_result(
    body: Revocation,
    result_id: Annotated[UUID, Path(description="Id of the result in the case")],
    who: Officer,
    handle: Handle,
) -> Response:
    """Revoke a result, with the reason and the legal ground. Whoever verifies it is told at once."""
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.revoke_result(
            handle.tx, order, official, result_id, reason=body.reason, legal_ground=body.legal_ground
        ),
    )


@router.get(
    "/results/{token}",
    response_model=ResultVerification,
    responses={
        **problems(ResultNotFound),
        200: {
            "description": "Whether it is ours and counts",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
    },
    dependencies=[public()],
)
async def verify_result(request: Request, token: Token, db: Db) -> Response:
    """Whether a result is ours and counts: a page for browsers, JSON for programs.

    The address stands on the paper, also as QR code. It is random, so results cannot be counted through.
    """
    async with db.reading() as tx:
        body = _view(await operations.verify_result(tx, token))
    if "text/html" in request.headers.get("accept", ""):
        return verification_page(body, language_of(request.headers.get("accept-language", "")))
    return conditional(request, body, headers={"vary": "Accept"})


@router.get("/result-keys", response_model=PublicKeys, dependencies=[public()])
async def list_result_keys(request: Request, desk: AtDesk) -> Response:
    """The public keys that results are signed with, present and past, each with its certificates."""
    return conditional(request, PublicKeys(keys=desk.press.seal.public_keys()["keys"]))


def _view(found: Verification) -> ResultVerification:
    row = found.row
    return ResultVerification(
        number=row.number,
        title=Words(vi=row.title_vi, en=row.title_en),
        agency=row.agency,
        agency_name=Words(vi=found.agency_name[0], en=found.agency_name[1]),
        issued_at=row.issued_at,
        state=row.state,
        ended_at=row.ended_at,
        legal_ground=row.legal_ground,
        superseded_by=_other(found.superseded_by),
        supersedes=_other(found.supersedes),
        json_sha256=row.json_sha256,
        pdf_sha256=row.pdf_sha256,
    )


def _other(row: AnyRow | None) -> OtherResult | None:
    return None if row is None else OtherResult(number=row.number, issued_at=row.issued_at)
