"""The routes of cases that read, and the one that files: parse, call one operation, shape the answer."""

from functools import partial
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases import operations
from procedures.cases.history import NotFiledYet, case_as_of, log_as_of
from procedures.cases.operations import CaseNotFound
from procedures.cases.schemas import (
    CaseLog,
    CaseView,
    Receipt,
    Submission,
)
from procedures.cases.submission import CaseNumberTaken, Remembered
from procedures.cases.views import case_view, log_entry, receipt
from procedures.catalogue.operations import NotInForce
from procedures.dependencies import actor_of, desk_of, look_of, officer
from procedures.documents.operations import Enclosure
from procedures.domain.status import Status
from procedures.pages import key_after, page_of
from shared.auth import Principal, requires
from shared.errors import Conflict, Invalid, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Db, Now, conditional, problems
from shared.web.idempotency import IdempotencyKey, idempotent_request

router = APIRouter(prefix="/procedures/v1", tags=["cases"])

Applicant = Annotated[Principal, requires("procedures:cases:submit", kinds=["person"])]
Reader = Annotated[Principal, requires("procedures:cases:read")]
Officer = Annotated[Principal, Depends(officer)]
AsOf = Annotated[
    AwareDatetime | None,
    Query(
        alias="asOf",
        description="As it stood at this instant (RFC 3339)",
        examples=["2026-11-23T08:30:00Z"],
    ),
]
CaseId = Annotated[UUID, Path(description="The id on the receipt")]


@router.post(
    "/cases",
    status_code=201,
    response_model=Receipt,
    responses=problems(NotInForce, Unprocessable, CaseNumberTaken),
)
async def submit_case(
    request: Request, body: Submission, who: Applicant, key: IdempotencyKey = None
) -> Response:
    """File a case with the version of a procedure that is in force.

    The receipt carries the legal case code and the secret for public tracking. With an `Idempotency-Key`,
    sending again after a broken connection gives the same receipt and files nothing twice.
    """
    # No dependencies: FastAPI resolves each anew, an eighth of all that Python does for a filing.
    desk, once = await desk_of(request), await idempotent_request(request, key)
    try:
        async with desk.database.transaction() as tx:
            stored = await operations.submit_case(
                tx,
                desk.versions,
                desk.calendars,
                desk.clock.now(),
                by=actor_of(who),
                procedure=body.procedure,
                form=body.form,
                enclosures=[Enclosure(item.document, item.id) for item in body.documents],
                answer=Remembered(once.client, once.route, once.key, once.fingerprint),
            )
    except (asyncpg.UniqueViolationError, CaseNumberTaken, Conflict, Invalid):
        # What was filed under the key before stands, also when it could not be filed once more.
        async with desk.database.reading() as tx:
            given = await once.given_before(tx)
            if given is None:
                raise
            look = look_of(who, desk.clock.now(), Purpose.CASE)
            stored = await operations.get_case(tx, UUID(given.body["id"]), look)
    content = receipt(stored, desk.tracking_key).model_dump_json(by_alias=True)
    location = f"{router.prefix}/cases/{stored.case.id}"
    return Response(content, 201, {"location": location}, "application/json")


@router.get("/cases", response_model=Page[CaseView])
async def list_cases(
    request: Request,
    who: Reader,
    db: Db,
    now: Now,
    status: Annotated[Status | None, Query(description="Legal status")] = None,
    procedure: Annotated[
        str | None, Query(max_length=50, description="Code of a procedure", examples=["TP01"])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Your own cases, or for officials those of their agency; newest first."""
    after = key_after(cursor, UUID)
    look = look_of(who, now, Purpose.CASE_LIST)
    async with looking(db, look) as tx:
        found = await operations.list_cases(
            tx, look, status=status, procedure=procedure, after=after, limit=limit + 1
        )
    view = partial(case_view, by_applicant=who.kind == "person")
    return page_of(request, found, limit, key=lambda stored: [stored.case.id], view=view)


@router.get("/cases/{case_id}", response_model=CaseView, responses=problems(CaseNotFound, NotFiledYet))
async def get_case(
    request: Request, case_id: CaseId, who: Reader, db: Db, now: Now, as_of: AsOf = None
) -> Response:
    """One case as it stands, or as it stood at any instant.

    Its ETag is what commands on it ask for in `If-Match`.
    """
    look = look_of(who, now, Purpose.CASE if as_of is None else Purpose.FORMER_STATE)
    async with looking(db, look) as tx:
        if as_of is None:
            stored, form = await operations.get_case_with_form(tx, case_id, look)
        else:
            stored, form = await case_as_of(tx, case_id, look, as_of)
    view = case_view(stored, form, by_applicant=who.kind == "person")
    return conditional(request, view, etag=stored.etag)


@router.get("/cases/{case_id}/log", response_model=CaseLog, responses=problems(CaseNotFound, NotFiledYet))
async def get_case_log(
    request: Request, case_id: CaseId, who: Reader, db: Db, now: Now, as_of: AsOf = None
) -> Response:
    """Every act of the case: what, when, by whom; and whether the chain of hashes is sound to this day."""
    async with db.transaction() as tx:
        look = look_of(who, now, Purpose.LOG)
        if as_of is None:
            stored, links, sound = await operations.log_of_case(tx, case_id, look)
        else:
            stored, links, sound = await log_as_of(tx, case_id, look, as_of)
    log = CaseLog(code=stored.code, entries=[log_entry(stored, link) for link in links], sound=sound)
    return conditional(request, log, etag=stored.etag)
