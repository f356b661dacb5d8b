"""Ratings are shown in whole groups, so that no single answer can be read off."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from open_data.domain.month import Month
from open_data.domain.ratings import GROUP, RatingCell, rating_rows

MAY = Month(2026, 5)
SCORES = st.lists(st.integers(1, 5), max_size=45)


def _shown(scores: list[int]) -> tuple[int, ...]:
    """The counts of the scores 1 to 5 that the row of such a cell tells."""
    (row,) = rating_rows([RatingCell("H99.01", MAY, tuple(scores))])
    return tuple(count or 0 for count in row[-5:])  # type: ignore[misc]


def test_a_cell_of_nine_ratings_is_hidden_and_says_so() -> None:
    (row,) = rating_rows([RatingCell("H99.01", MAY, (5,) * 9)])
    assert row == ("H99.01", "2026-05", True, None, None, None, None, None, None, None)


def test_a_cell_of_ten_ratings_shows_count_mean_and_distribution() -> None:
    (row,) = rating_rows([RatingCell("H99.01", MAY, (5, 5, 5, 5, 4, 4, 4, 3, 3, 1))])
    assert row == ("H99.01", "2026-05", False, 10, Decimal("3.9"), 1, 0, 2, 3, 4)


def test_the_eleventh_rating_waits_for_its_group() -> None:
    assert _shown([5] * 10 + [1]) == _shown([5] * 10)


def test_rows_are_sorted_by_agency_and_month() -> None:
    cells = [RatingCell(agency, Month(2026, number), ()) for agency in "BA" for number in (2, 1)]
    assert [row[:2] for row in rating_rows(cells)] == [
        ("A", "2026-01"),
        ("A", "2026-02"),
        ("B", "2026-01"),
        ("B", "2026-02"),
    ]


@given(SCORES, SCORES)
def test_between_two_looks_at_a_cell_either_nothing_or_a_whole_group_is_new(
    before: list[int], new: list[int]
) -> None:
    difference = sum(_shown(before + new)) - sum(_shown(before))
    assert difference == 0 or difference >= GROUP
    assert all(after >= earlier for after, earlier in zip(_shown(before + new), _shown(before), strict=True))
