"""Who answers an invitation, once, and until when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participation.domain.rating import (
    AlreadyRated,
    Invitation,
    Rating,
    RatingPeriodOver,
    closed_since,
    open_until,
    rate,
)

CLOSED = datetime(2026, 11, 23, 2, tzinfo=UTC)
INVITATION = Invitation(
    case_id=UUID(int=1),
    case_code="H99.01-261110-0001",
    applicant="someone",
    agency="H99.01",
    procedure="TP01",
    closed_at=CLOSED,
)
LAST_INSTANT = datetime(2026, 12, 23, 16, 59, 59, 999999, tzinfo=UTC)

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
instants = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36500)).map(FIRST.__add__)
days = st.integers(min_value=1, max_value=400)


def test_an_applicant_says_how_it_went() -> None:
    now = CLOSED + timedelta(hours=1)
    rating = rate(INVITATION, None, score=5, reason="Nhanh.", now=now, days=30)
    assert rating == Rating(5, "Nhanh.", now)


def test_a_case_is_rated_once() -> None:
    given_before = Rating(1, None, CLOSED)
    with pytest.raises(AlreadyRated):
        rate(INVITATION, given_before, score=5, reason=None, now=CLOSED, days=30)


def test_the_thirtieth_day_after_the_closing_is_the_last_to_its_end() -> None:
    assert rate(INVITATION, None, score=3, reason=None, now=LAST_INSTANT, days=30).score == 3
    with pytest.raises(RatingPeriodOver):
        rate(INVITATION, None, score=3, reason=None, now=LAST_INSTANT + timedelta(microseconds=1), days=30)


def test_who_rated_in_time_is_told_so_even_after_the_period() -> None:
    with pytest.raises(AlreadyRated):
        rate(
            INVITATION,
            Rating(4, None, CLOSED),
            score=4,
            reason=None,
            now=CLOSED + timedelta(days=365),
            days=30,
        )


@given(closed_at=instants, now=instants, days=days)
def test_the_list_of_open_invitations_and_the_rule_agree(
    closed_at: datetime, now: datetime, days: int
) -> None:
    assert (closed_at >= closed_since(now, days)) == (now < open_until(closed_at, days))
