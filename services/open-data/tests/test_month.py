"""Months as the agencies' calendar has them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_data.domain.month import Month, months


def test_an_evening_in_utc_is_already_the_next_month_in_vietnam() -> None:
    assert Month.of(datetime(2026, 1, 31, 16, 59, 59, tzinfo=UTC)) == Month(2026, 1)
    assert Month.of(datetime(2026, 1, 31, 17, 0, tzinfo=UTC)) == Month(2026, 2)


def test_a_month_starts_at_midnight_in_vietnam() -> None:
    assert Month(2026, 1).start == datetime(2025, 12, 31, 17, 0, tzinfo=UTC)


def test_months_run_on_over_the_turn_of_the_year() -> None:
    assert [str(month) for month in months(Month(2025, 11), Month(2026, 3))] == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert list(months(Month(2026, 3), Month(2026, 3))) == []


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "26-01", "2026-01-01", ""])
def test_what_names_no_month_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        Month.parse(text)


@given(st.integers(0, 4_000_000_000))
def test_an_instant_lies_between_the_start_of_its_month_and_of_the_next(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    month = Month.of(at)
    assert month.start <= at < month.next().start
    assert Month.parse(str(month)) == month
