"""The quality index: what each agency reported of its months, ratio by ratio, with the points that follow from each.

The points of a group, and of all, are sums of rows. A reported month stands for good.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from open_data.domain.table import Row


@dataclass(frozen=True, slots=True)
class Measure:
    """A ratio of an agency's month (text, `2026-11`); None where there was nothing to measure, or too little to tell."""

    agency: str
    month: str
    indicator: str
    group: str
    part: int | None
    whole: int | None
    points: Decimal | None
    most: int


def quality_rows(measures: Iterable[Measure]) -> list[Row]:
    """The rows of the dataset, sorted by agency, month and indicator."""
    rows: list[Row] = [
        (one.agency, one.month, one.indicator, one.group, one.part, one.whole, one.points, one.most)
        for one in measures
    ]
    return sorted(rows, key=lambda row: tuple(str(part) for part in row[:3]))
