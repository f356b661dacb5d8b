"""What can be asked and told about ratings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from participation.domain.rating import (
    Invitation,
    InvitationNotFound,
    Rating,
    RatingNotFound,
    closed_since,
    rate,
)
from participation.ratings import store
from shared import outbox
from shared.events.participation import FeedbackRated


async def invite(tx: AsyncConnection, invitation: Invitation) -> None:
    """Ask the applicant of a closed case how it went; asked once, however often it is told."""
    await store.add_invitation(tx, invitation)


async def list_invitations(
    tx: AsyncConnection, now: datetime, *, applicant: str, days: int, after: Sequence[Any] | None, limit: int
) -> list[Invitation]:
    """The invitations that the applicant can still answer."""
    since = closed_since(now, days)
    return await store.open_invitations(tx, applicant, closed_since=since, after=after, limit=limit)


async def rate_case(
    tx: AsyncConnection,
    now: datetime,
    *,
    case_id: UUID,
    applicant: str,
    score: int,
    reason: str | None,
    days: int,
) -> Rating:
    """Rate a closed case: the rating, the public figures and the event, all or nothing.

    Raises:
        InvitationNotFound: the case is not closed, or another person's.
        AlreadyRated, RatingPeriodOver
    """
    # The invitation's row lock lets one rating of a case through at a time, the cell's one of its figures.
    invitation = await store.invitation_of(tx, case_id, applicant, for_update=True)
    if invitation is None:
        raise InvitationNotFound
    given = await store.rating_of(tx, case_id)
    rating = rate(invitation, given, score=score, reason=reason, now=now, days=days)
    await store.add_rating(tx, invitation, rating)
    cell = (await store.lock_cell(tx, invitation.agency, invitation.month)).rated(score)
    await store.save_cell(tx, cell)
    event = FeedbackRated(
        agency=invitation.agency, procedure=invitation.procedure, score=score, month=invitation.month
    )
    # Told of the cell, under its number there: it leads back to no case and so to no person.
    await outbox.add(tx, event.envelope(subject=cell.id, sequence=cell.ratings, at=now))
    return rating


async def get_rating(tx: AsyncConnection, *, case_id: UUID, applicant: str) -> Rating:
    """What the applicant said of the case.

    Raises:
        InvitationNotFound, RatingNotFound
    """
    if await store.invitation_of(tx, case_id, applicant) is None:
        raise InvitationNotFound
    rating = await store.rating_of(tx, case_id)
    if rating is None:
        raise RatingNotFound
    return rating
