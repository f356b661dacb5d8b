"""The routes of anchors: open to all, so that anybody can keep them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from procedures.access.look import Purpose
from procedures.anchors import operations
from procedures.anchors.operations import AnchorNotFound, EntryNotFound
from procedures.anchors.schemas import AnchorView, EntryProof
from procedures.cases.operations import CaseNotFound
from procedures.cases.routes import CaseId, Reader
from procedures.dependencies import look_of
from procedures.pages import key_after, number_of, page_of
from shared.auth import public
from shared.pagination import Cursor, Limit, Page
from shared.web import Db, Now, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["anchors"])


@router.get("/anchors", response_model=Page[AnchorView], dependencies=[public()])
async def list_anchors(request: Request, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """The anchors of the case log, newest first. Each is also told as an event; keep them where you are."""
    after = key_after(cursor, number_of)
    async with db.reading() as tx:
        found = await operations.list_anchors(tx, before=after and after[0], limit=limit + 1)
    return page_of(request, found, limit, key=lambda row: [row.number], view=AnchorView.of)


@router.get(
    "/anchors/{day}",
    response_model=AnchorView,
    responses=problems(AnchorNotFound),
    dependencies=[public()],
)
async def get_anchor(
    request: Request, day: Annotated[date, Path(examples=["2026-01-31"])], db: Db
) -> Response:
    """The anchor of a day. It never changes."""
    async with db.reading() as tx:
        row = await operations.get_anchor(tx, day)
    return conditional(request, AnchorView.of(row))


@router.get(
    "/cases/{case_id}/log-entries/{sequence}/proof",
    response_model=EntryProof,
    responses=problems(CaseNotFound, EntryNotFound, AnchorNotFound),
)
async def prove_entry(
    request: Request,
    case_id: CaseId,
    sequence: Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the entry", examples=[1])],
    who: Reader,
    db: Db,
    now: Now,
) -> Response:
    """That an entry of the case's log is among those that the anchor of its day holds fast.

    Whoever has kept that anchor can check it without trusting this service.
    """
    async with db.transaction() as tx:
        look = look_of(who, now, Purpose.LOG)
        anchor, entry, proof = await operations.prove_entry(tx, case_id, look, sequence)
    return conditional(request, EntryProof.of(anchor, entry, proof))
