"""The route of forecasts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.dependencies import look_of
from procedures.forecasts.operations import WORTH_KEEPING, likely_late
from procedures.forecasts.schemas import LikelyLateCase
from procedures.pages import key_after, number_of, page_of
from procedures.stays.routes import Leader, Wanted
from shared.pagination import Cursor, Limit, Page
from shared.web import Db, Now

router = APIRouter(prefix="/procedures/v1", tags=["oversight"])


@router.get("/likely-late-cases", response_model=Page[LikelyLateCase])
async def list_likely_late_cases(
    request: Request,
    who: Leader,
    db: Db,
    now: Now,
    wanted: Wanted,
    at_least: Annotated[
        int, Query(alias="atLeast", ge=WORTH_KEEPING, le=100, description="The least chance, in per cent")
    ] = 50,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The cases of your agency that are not late yet and likely to be, the likeliest first.

    The chance is what became of others: of the cases that were as long at the same step and not decided, the
    share that then took longer than this one has left. Where fewer than 20 were, nothing is said.
    """
    after = key_after(cursor, number_of, UUID)
    look = look_of(who, now, Purpose.CASE_LIST)
    async with looking(db, look) as tx:
        found = await likely_late(tx, look, wanted, at_least=at_least, after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda row: [row.chance, row.case_id], view=LikelyLateCase.of)
