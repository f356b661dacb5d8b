"""Public figures give away groups and never a single answer."""

from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from participation.domain.rating_cell import GROUP, NONE, RatingCell

EMPTY = RatingCell("H99.01", "2026-11")
scores = st.lists(st.integers(min_value=1, max_value=5), max_size=60)


def _rated(given_scores: list[int]) -> RatingCell:
    return reduce(RatingCell.rated, given_scores, EMPTY)


def test_nine_ratings_are_hidden() -> None:
    cell = _rated([5] * 9)
    assert cell.shown == NONE
    assert cell.mean is None


def test_the_tenth_rating_shows_the_group() -> None:
    cell = _rated([1, 2, 3, 4, 5, 5, 5, 5, 5, 5])
    assert cell.shown == (1, 1, 1, 1, 6)
    assert cell.mean == 4.0


@pytest.mark.parametrize(
    ("given_scores", "mean"),
    [
        ([1] * 10, 1.0),
        ([5] * 10, 5.0),
        ([4] * 9 + [5], 4.1),
        ([1] * 19 + [2], 1.1),
        ([1] * 20 + [2] * 10, 1.3),
    ],
)
def test_a_mean_is_rounded_to_a_tenth_with_halves_upwards(given_scores: list[int], mean: float) -> None:
    assert _rated(given_scores).mean == mean


@given(scores)
def test_no_score_is_lost_or_invented(given_scores: list[int]) -> None:
    cell = _rated(given_scores)
    total = [shown + waiting for shown, waiting in zip(cell.shown, cell.waiting, strict=True)]
    assert total == [given_scores.count(score) for score in range(1, 6)]


@given(scores)
def test_between_two_looks_a_whole_group_came_or_nothing(given_scores: list[int]) -> None:
    looks = [sum(_rated(given_scores[:taken]).shown) for taken in range(len(given_scores) + 1)]
    assert {later - earlier for earlier, later in pairwise(looks)} <= {0, GROUP}


@given(scores)
def test_what_is_shown_are_the_oldest_scores(given_scores: list[int]) -> None:
    whole = given_scores[: len(given_scores) // GROUP * GROUP]
    assert _rated(given_scores).shown == tuple(whole.count(score) for score in range(1, 6))
