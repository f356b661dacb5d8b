"""The route of public tracking."""

from fastapi import APIRouter, Request

from procedures.cases.operations import CaseNotFound
from procedures.cases.schemas import Tracking, TrackingQuery
from procedures.cases.views import tracking
from procedures.dependencies import AtDesk
from procedures.tracking import operations
from procedures.tracking.guesses import TooManyGuesses
from shared.auth import public
from shared.web import Db, Now, problems

router = APIRouter(prefix="/procedures/v1", tags=["cases"])


@router.post(
    "/tracking",
    response_model=Tracking,
    responses=problems(CaseNotFound, TooManyGuesses),
    dependencies=[public()],
)
async def track_case(request: Request, body: TrackingQuery, db: Db, now: Now, desk: AtDesk) -> Tracking:
    """Where a case stands, for anyone who holds the code and the secret of its receipt.

    Both travel in the body, so that they stay out of addresses and logs. Whoever is wrong too often waits.
    """
    address = request.client.host if request.client else "unknown"
    desk.guesses.require_free(address, now)
    try:
        async with db.reading() as tx:
            stored, links = await operations.track_case(
                tx, desk.tracking_key, code=body.code, secret=body.secret
            )
    except CaseNotFound:
        desk.guesses.wrong(address, now)
        raise
    return tracking(stored, links)
