"""What `make bench` prints: figures, what each is compared with in the same run, and whether the goal is met.

Only ratios are judged: single times say more about the machine than about the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that a ratio should keep to: at least it, or at most it."""

    bound: float
    at_most: bool = False

    def met(self, ratio: float) -> bool:
        return ratio <= self.bound if self.at_most else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:.2f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    `measured` and `against` are figures with their units, for people. `ratio` is the first over the second,
    None when it could not be measured here; `note` says why, or under which conditions.
    """

    group: str
    name: str
    measured: str
    against: str
    ratio: float | None
    goal: Goal
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if self.ratio is None:
            return "not measured"
        return "met" if self.goal.met(self.ratio) else "not met"


def middle(ratios: Sequence[float]) -> tuple[float, str]:
    """The median of the rounds' ratios, and in words how far they lie apart."""
    return median(ratios), f"{len(ratios)} rounds, {min(ratios):.2f} to {max(ratios):.2f}"


_HEADINGS = ("what", "measured", "against", "ratio", "goal", "", "")


def as_text(rows: Sequence[Row]) -> str:
    """The rows as an aligned table, those of a group together."""
    ordered = sorted(rows, key=attrgetter("group"))
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *map(_cells, ordered), strict=True)]
    lines = [_line(_HEADINGS, widths)]
    for group, members in groupby(ordered, attrgetter("group")):
        lines += ["", group, *(_line(_cells(row), widths) for row in members)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return f"  {row.name}", row.measured, row.against, ratio, str(row.goal), row.verdict, row.note
