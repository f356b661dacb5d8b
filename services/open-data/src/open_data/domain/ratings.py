"""Service ratings: how people who were served rated each agency, by the month of their case.

A rating says what one person thought. So a cell shows its ratings only in whole groups of `GROUP`: fewer than
that stay hidden, and between two versions of a cell at least that many are new, so that nobody can subtract one
version from the other and read off a single answer.

A group is made up by the numbers that participation gives the ratings, and not by when they are heard of: one
that comes late completes its own group and changes no other, and participation shows the same groups.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from open_data.domain.month import Month
from open_data.domain.on_time import mean
from open_data.domain.table import Row

GROUP = 10
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class RatingCell:
    """The scores known so far that an agency was given for the cases of one month, each by its number from 1."""

    agency: str
    month: Month
    scores: Mapping[int, int]


def rating_rows(cells: Iterable[RatingCell]) -> list[Row]:
    """The rows of the dataset, sorted by agency and month.

    A cell below `GROUP` keeps its row, marked as suppressed, so that hidden differs from never asked.
    """
    return [_row(cell) for cell in sorted(cells, key=lambda cell: (cell.agency, cell.month))]


def _row(cell: RatingCell) -> Row:
    shown = Counter(_in_whole_groups(cell.scores))
    if not shown:
        return (cell.agency, str(cell.month), True, *[None] * (2 + len(SCORES)))
    counts = (shown[score] for score in SCORES)
    return (cell.agency, str(cell.month), False, shown.total(), mean(shown), *counts)


def _in_whole_groups(scores: Mapping[int, int]) -> Iterator[int]:
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for number, score in scores.items():
        groups[(number - 1) // GROUP].append(score)
    for group in groups.values():
        if len(group) == GROUP:
            yield from group
