"""Rating a service: whoever was given a result says once, within a period, how it went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from participation.domain.legal_time import legal_date, month_of, start_of
from shared.errors import Conflict, Gone, NotFound, Text

LOWEST, HIGHEST = 1, 5
SCORES = range(LOWEST, HIGHEST + 1)


class InvitationNotFound(NotFound):
    """The case was not closed, or is not the caller's."""

    slug = "rating-invitation-not-found"
    title = Text(
        vi="Bạn không có hồ sơ nào như vậy đã được trả kết quả.",
        en="You have no such case whose result was handed over.",
    )


class RatingNotFound(NotFound):
    slug = "rating-not-found"
    title = Text(vi="Bạn chưa đánh giá hồ sơ này.", en="You have not rated this case.")


class AlreadyRated(Conflict):
    slug = "already-rated"
    title = Text(
        vi="Bạn đã đánh giá hồ sơ này; mỗi hồ sơ được đánh giá một lần.",
        en="You have rated this case already; each case is rated once.",
    )


class RatingPeriodOver(Gone):
    slug = "rating-period-over"
    title = Text(
        vi="Đã hết thời gian đánh giá hồ sơ này.", en="The time in which this case could be rated is over."
    )


@dataclass(frozen=True, slots=True)
class Invitation:
    """An applicant is asked how one closed case went."""

    case_id: UUID
    case_code: str
    applicant: str
    agency: str
    procedure: str
    closed_at: datetime

    @property
    def month(self) -> str:
        """The month that the rating counts for."""
        return month_of(self.closed_at)


@dataclass(frozen=True, slots=True)
class Rating:
    """What the applicant said: a score from 1 (very dissatisfied) to 5 (very satisfied), and perhaps why."""

    score: int
    reason: str | None
    rated_at: datetime


def open_until(closed_at: datetime, days: int) -> datetime:
    """The instant at which an invitation lapses: the end of the `days`-th day after the case's closing."""
    return start_of(legal_date(closed_at) + timedelta(days=days + 1))


def closed_since(now: datetime, days: int) -> datetime:
    """Cases that closed at this instant or later can be rated at `now`; the inverse of `open_until`."""
    return start_of(legal_date(now) - timedelta(days=days))


def rate(
    invitation: Invitation,
    given: Rating | None,
    *,
    score: int,
    reason: str | None,
    now: datetime,
    days: int,
) -> Rating:
    """The rating that answers the invitation; `given` is the one that it was answered with before.

    Raises:
        AlreadyRated
        RatingPeriodOver: more than `days` days have passed since the closing.
    """
    if given is not None:
        raise AlreadyRated
    if now >= open_until(invitation.closed_at, days):
        raise RatingPeriodOver
    return Rating(score, reason, now)
