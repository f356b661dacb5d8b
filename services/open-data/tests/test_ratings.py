"""Ratings are shown in whole groups, so that no single answer can be read off."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from open_data.domain.month import Month
from open_data.domain.ratings import GROUP, RatingCell, rating_rows

MAY = Month(2026, 5)
SCORES = st.lists(st.integers(1, 5), max_size=45)


def _cell(scores: Iterable[int]) -> RatingCell:
    return RatingCell("H99.01", MAY, dict(enumerate(scores, start=1)))


def _shown(scores: Iterable[int] | Mapping[int, int]) -> tuple[int, ...]:
    """The counts of the scores 1 to 5 that the row of such a cell tells."""
    cell = RatingCell("H99.01", MAY, scores) if isinstance(scores, Mapping) else _cell(scores)
    (row,) = rating_rows([cell])
    return tuple(count or 0 for count in row[-5:])  # type: ignore[misc]


def test_a_cell_of_nine_ratings_is_hidden_and_says_so() -> None:
    (row,) = rating_rows([_cell([5] * 9)])
    assert row == ("H99.01", "2026-05", True, None, None, None, None, None, None, None)


def test_a_cell_of_ten_ratings_shows_count_mean_and_distribution() -> None:
    (row,) = rating_rows([_cell([5, 5, 5, 5, 4, 4, 4, 3, 3, 1])])
    assert row == ("H99.01", "2026-05", False, 10, Decimal("3.9"), 1, 0, 2, 3, 4)


def test_the_eleventh_rating_waits_for_its_group() -> None:
    assert _shown([5] * 10 + [1]) == _shown([5] * 10)


def test_rows_are_sorted_by_agency_and_month() -> None:
    cells = [RatingCell(agency, Month(2026, number), {}) for agency in "BA" for number in (2, 1)]
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


def test_a_rating_that_comes_late_completes_its_own_group_and_changes_no_other() -> None:
    scores = dict(enumerate([1] * 10 + [5] * 10, start=1))
    early = {number: score for number, score in scores.items() if number != 3}
    assert _shown(early) == (0, 0, 0, 0, 10)
    assert _shown(scores) == (10, 0, 0, 0, 10)


@given(SCORES, st.randoms())
def test_in_whatever_order_ratings_are_heard_of_no_single_one_can_be_read_off(
    scores: list[int], chance: Random
) -> None:
    arrivals = list(enumerate(scores, start=1))
    chance.shuffle(arrivals)
    looks = [_shown(dict(arrivals[:heard])) for heard in range(len(arrivals) + 1)]
    for earlier, later in pairwise(looks):
        new = [after - before for before, after in zip(earlier, later, strict=True)]
        assert min(new) >= 0
        assert sum(new) in (0, GROUP)
    assert looks[-1] == _shown(scores)
