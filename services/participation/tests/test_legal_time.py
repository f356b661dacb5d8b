"""Days and months in the legal time of Vietnam."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participation.domain.legal_time import legal_date, month_of, start_of

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
instants = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=36500)).map(FIRST.__add__)


def test_a_legal_day_begins_seven_hours_before_the_utc_day() -> None:
    assert start_of(date(2026, 12, 1)) == datetime(2026, 11, 30, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC), "2026-11"),
        (datetime(2026, 11, 30, 17, tzinfo=UTC), "2026-12"),
        (datetime(2026, 12, 31, 17, tzinfo=UTC), "2027-01"),
    ],
)
def test_a_case_closed_late_in_the_evening_counts_for_the_month_on_the_agencys_wall(
    at: datetime, month: str
) -> None:
    assert month_of(at) == month


@given(instants)
def test_every_instant_lies_in_its_legal_day(at: datetime) -> None:
    day = legal_date(at)
    assert start_of(day) <= at < start_of(day + timedelta(days=1))
