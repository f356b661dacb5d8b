"""Service ratings: how people who were served rated each agency, by the month of their case.

A rating says what one person thought. So a cell shows its ratings only in whole groups of `GROUP`, oldest
first: fewer than that stay hidden, and between two versions of a cell at least that many are new, so that
nobody can subtract one version from the other and read off a single answer.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from open_data.domain.month import Month
from open_data.domain.on_time import mean
from open_data.domain.table import Row

GROUP = 10
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class RatingCell:
    """All scores that an agency was given for the cases of one month, oldest first."""

    agency: str
    month: Month
    scores: tuple[int, ...]


def rating_rows(cells: Iterable[RatingCell]) -> list[Row]:
    """The rows of the dataset, sorted by agency and month.

    A cell below `GROUP` keeps its row, marked as suppressed, so that hidden differs from never asked.
    """
    return [_row(cell) for cell in sorted(cells, key=lambda cell: (cell.agency, cell.month))]


def _row(cell: RatingCell) -> Row:
    shown = len(cell.scores) // GROUP * GROUP
    if not shown:
        return (cell.agency, str(cell.month), True, *[None] * (2 + len(SCORES)))
    counts = Counter(cell.scores[:shown])
    return (cell.agency, str(cell.month), False, shown, mean(counts), *(counts[score] for score in SCORES))
