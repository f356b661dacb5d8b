"""The routes of ratings: parse, call one operation, shape the answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from participation.dependencies import AgencyMissing, Rater, RatingDays, RatingReader, agency_of
from participation.domain.rating import AlreadyRated, InvitationNotFound, RatingNotFound, RatingPeriodOver
from participation.pages import key_after, page_of, storable
from participation.ratings import operations, store
from participation.ratings.schemas import (
    AgencyRating,
    NewRating,
    OwnRating,
    RatingInvitation,
    RatingStatistics,
)
from participation.schemas import AgencyCode, Month
from shared.auth import public
from shared.errors import Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/participation/v1", tags=["ratings"])

CaseId = Annotated[UUID, Path(description="Of the case, as procedures names it")]


@router.get("/rating-invitations", response_model=Page[RatingInvitation])
async def list_rating_invitations(
    request: Request,
    who: Rater,
    db: Db,
    now: Now,
    days: RatingDays,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Your closed cases that you can still rate; the one submitted last comes first."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await operations.list_invitations(
            tx, now, applicant=who.subject, days=days, after=after, limit=limit + 1
        )
    return page_of(
        request,
        found,
        limit,
        key=lambda invitation: [invitation.case_id],
        view=lambda invitation: RatingInvitation.of(invitation, days),
    )


@router.post(
    "/cases/{case_id}/rating",
    status_code=201,
    response_model=OwnRating,
    responses=problems(InvitationNotFound, AlreadyRated, RatingPeriodOver, Unprocessable),
)
async def rate_case(
    case_id: CaseId, body: NewRating, who: Rater, tx: Tx, now: Now, once: Once, days: RatingDays
) -> Response:
    """Say how your case went: once, within the days that the invitation names.

    The agency reads the score and the reason with the procedure and the month, and nothing else.
    """

    async def rate() -> Answer:
        rating = await operations.rate_case(
            tx,
            now,
            case_id=case_id,
            applicant=who.subject,
            score=body.score,
            reason=body.reason,
            days=days,
        )
        location = f"{router.prefix}/cases/{case_id}/rating"
        return Answer(OwnRating.model_validate(rating), headers={"location": location})

    return await once(tx, rate)


@router.get(
    "/cases/{case_id}/rating",
    response_model=OwnRating,
    responses=problems(InvitationNotFound, RatingNotFound),
)
async def get_rating(request: Request, case_id: CaseId, who: Rater, db: Db) -> Response:
    """What you said of your case."""
    async with db.reading() as tx:
        rating = await operations.get_rating(tx, case_id=case_id, applicant=who.subject)
    return conditional(request, OwnRating.model_validate(rating))


@router.get("/ratings", response_model=Page[AgencyRating], responses=problems(AgencyMissing))
async def list_ratings(
    request: Request, who: RatingReader, db: Db, month: Month = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """What people said of your agency, with their reasons; the newest month first.

    Nothing tells who said it, of which case or when, and the order within a month means nothing.
    """
    after = key_after(cursor, storable, UUID)
    async with db.reading() as tx:
        found = await store.ratings_of_agency(tx, agency_of(who), month=month, after=after, limit=limit + 1)
    return page_of(
        request,
        found,
        limit,
        key=lambda row: [row.month, row.place],
        view=lambda row: AgencyRating(
            procedure=row.procedure, month=row.month, score=row.score, reason=row.reason
        ),
    )


@router.get("/rating-statistics", response_model=Page[RatingStatistics], dependencies=[public()])
async def list_rating_statistics(
    request: Request,
    db: Db,
    agency: AgencyCode = None,
    month: Month = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """How people rated each agency, by the month of their case; the newest month first.

    Open to all. Figures grow in whole groups of ten ratings, so that no single answer can be read off them.
    """
    after = key_after(cursor, storable, storable)
    async with db.reading() as tx:
        found = await store.cells(tx, agency=agency, month=month, after=after, limit=limit + 1)
    return page_of(
        request, found, limit, key=lambda cell: [cell.month, cell.agency], view=RatingStatistics.of
    )
