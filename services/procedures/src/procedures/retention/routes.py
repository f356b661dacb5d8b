"""The routes of retention: for those who keep the files of an agency."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.commands import Handle
from procedures.cases.operations import CaseChanged, CaseNotFound
from procedures.cases.schemas import CaseView
from procedures.dependencies import actor_of, agency_of, look_of
from procedures.domain.agency import AnotherAgency
from procedures.domain.personal import CaseErased
from procedures.domain.retention import CaseHeld, CaseNotHeld, Disposal, SecondPersonNeeded
from procedures.keys.keyring import KeyNotAtHand
from procedures.pages import key_after, page_of, text_of
from procedures.retention import operations
from procedures.retention.operations import Approval, DisposalListNotFound, DisposalListSettled, NothingDue
from procedures.retention.schemas import (
    DisposalApproval,
    DisposalListView,
    NewDisposalList,
    NewHold,
    RetainedCase,
)
from shared.auth import Principal, requires
from shared.db import AnyRow
from shared.errors import PreconditionFailed, PreconditionRequired, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["retention"])

Keeper = Annotated[Principal, requires("procedures:disposals:read", kinds=["official"])]
Disposer = Annotated[Principal, requires("procedures:disposals:write", kinds=["official"])]
ListId = Annotated[UUID, Path(description="The id of the list")]
_SETTLING = problems(
    DisposalListNotFound, DisposalListSettled, PreconditionFailed, PreconditionRequired, Unprocessable
)
_HOLDING = (CaseNotFound, CaseChanged, PreconditionRequired, AnotherAgency, Unprocessable, KeyNotAtHand)


def _day(part: Any) -> date:
    return date.fromisoformat(text_of(part))


@router.get("/due-disposals", response_model=Page[RetainedCase])
async def list_due_disposals(
    request: Request,
    who: Keeper,
    db: Db,
    now: Now,
    disposal: Annotated[Disposal, Query(description="What is to become of them")],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The cases of your agency that have been kept long enough and stand on no list yet, due first first."""
    after = key_after(cursor, _day, UUID)
    look = look_of(who, now, Purpose.DISPOSAL)
    async with looking(db, look) as tx:
        found = await operations.due_cases(tx, look, agency_of(who), disposal, after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda row: [row.due_on, row.case_id], view=RetainedCase.of)


@router.post(
    "/disposal-lists",
    status_code=201,
    response_model=DisposalListView,
    responses=problems(NothingDue, Unprocessable),
)
async def draw_up_disposal_list(
    body: NewDisposalList, who: Disposer, tx: Tx, now: Now, once: Once
) -> Response:
    """Draw up a list of cases to be destroyed, or transferred to an archive. A second person approves it."""

    async def draw_up() -> Answer:
        row = await operations.draw_up_list(
            tx,
            now,
            by=actor_of(who),
            agency=agency_of(who),
            disposal=body.disposal,
            ground=body.ground,
            chosen=body.cases,
        )
        return _answer(row)

    return await once(tx, draw_up)


@router.get("/disposal-lists", response_model=Page[DisposalListView])
async def list_disposal_lists(
    request: Request, who: Keeper, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The lists of your agency, newest first; a certificate is shown with its list alone."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await operations.lists_of(tx, agency_of(who), before=after and after[0], limit=limit + 1)
    return page_of(request, found, limit, key=lambda row: [row.id], view=DisposalListView.line_of)


@router.get(
    "/disposal-lists/{list_id}",
    response_model=DisposalListView,
    responses=problems(DisposalListNotFound),
)
async def get_disposal_list(request: Request, list_id: ListId, who: Keeper, db: Db, now: Now) -> Response:
    """One list of your agency, once approved with its certificate."""
    look = look_of(who, now, Purpose.DISPOSAL)
    async with looking(db, look) as tx:
        row = await operations.get_list(tx, list_id, agency_of(who))
        await operations.show_list(tx, look, row)
    return conditional(request, DisposalListView.of(row), etag=f'"{row.revision}"')


@router.get(
    "/disposal-lists/{list_id}/cases",
    response_model=Page[RetainedCase],
    responses=problems(DisposalListNotFound),
)
async def list_cases_to_dispose_of(
    request: Request,
    list_id: ListId,
    who: Keeper,
    db: Db,
    now: Now,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The cases on a list."""
    after = key_after(cursor, UUID)
    look = look_of(who, now, Purpose.DISPOSAL)
    async with looking(db, look) as tx:
        found = await operations.lines_of_list(
            tx, look, list_id, agency_of(who), after=after and after[0], limit=limit + 1
        )
    return page_of(request, found, limit, key=lambda row: [row.case_id], view=RetainedCase.of)


@router.post(
    "/disposal-lists/{list_id}/approval",
    status_code=201,
    response_model=DisposalListView,
    responses={**_SETTLING, **problems(AnotherAgency, SecondPersonNeeded)},
)
async def approve_disposal_list(
    list_id: ListId,
    body: DisposalApproval,
    who: Disposer,
    tx: Tx,
    now: Now,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Approve a list that a colleague drew up: its cases are erased, or recorded as transferred, all at once.

    What is personal in an erased case (form, texts, documents) is gone for good. Its log stays and can be
    verified. Cases that were held meanwhile are left out; the certificate names them.
    """
    approval = Approval(actor_of(who), agency_of(who), if_match, body.archive, body.receipt)

    async def approve() -> Answer:
        row = await operations.approve_list(tx, now, list_id, approval)
        await operations.show_list(tx, look_of(who, now, Purpose.DISPOSAL), row)
        return _answer(row)

    return await once(tx, approve)


@router.post(
    "/disposal-lists/{list_id}/dismissal",
    status_code=201,
    response_model=DisposalListView,
    responses=_SETTLING,
)
async def dismiss_disposal_list(
    list_id: ListId, who: Disposer, tx: Tx, now: Now, once: Once, if_match: IfMatch = None
) -> Response:
    """Dismiss a list; its cases are free to stand on another."""
    approval = Approval(actor_of(who), agency_of(who), if_match)

    async def dismiss() -> Answer:
        return _answer(await operations.dismiss_list(tx, now, list_id, approval))

    return await once(tx, dismiss)


@router.post(
    "/cases/{case_id}/hold",
    status_code=201,
    response_model=CaseView,
    responses=problems(*_HOLDING, CaseHeld, CaseErased),
)
async def hold_case(body: NewHold, who: Disposer, handle: Handle) -> Response:
    """Keep a case of your agency from being disposed of: it is needed, as for a complaint or a lawsuit."""
    agency = agency_of(who)
    return await handle(who, lambda order: operations.hold_case(handle.tx, order, agency, body.reason))


@router.post(
    "/cases/{case_id}/release",
    status_code=201,
    response_model=CaseView,
    responses=problems(*_HOLDING, CaseNotHeld),
)
async def release_case(who: Disposer, handle: Handle) -> Response:
    """The case is not needed any more: it may be disposed of when it is due."""
    agency = agency_of(who)
    return await handle(who, lambda order: operations.release_case(handle.tx, order, agency))


def _answer(row: AnyRow) -> Answer:
    location = f"{router.prefix}/disposal-lists/{row.id}"
    return Answer(DisposalListView.of(row), 201, {"etag": f'"{row.revision}"', "location": location})
