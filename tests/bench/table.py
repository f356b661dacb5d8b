"""One line of what `make bench` prints: a figure, what it is compared with in the same run, and the goal.

Only ratios are judged: single times say more about the machine than about the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    `measured` and `against` are figures with their units, for people. `ratio` is the first over the second,
    None when it could not be measured here; `note` says why, or under which conditions. The goal is the least
    that the ratio should be, or with `at_most` the most.
    """

    name: str
    measured: str
    against: str
    ratio: float | None
    goal: float | None
    note: str = ""
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is nothing to compare."""
        if self.ratio is None or self.goal is None:
            return None
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


def as_text(rows: Sequence[Row]) -> str:
    """The rows as an aligned table."""
    cells = [("what", "measured", "against", "ratio", "goal", "met", "note"), *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    return "\n".join(
        "  ".join(
            (*(cell.ljust(width) for cell, width in zip(line[:6], widths, strict=True)), line[6])
        ).rstrip()
        for line in cells
    )


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    goal = "-" if row.goal is None else f"{'≤' if row.at_most else '≥'} {row.goal:.2f}"
    met = {None: "-", True: "yes", False: "no"}[row.met]
    return row.name, row.measured, row.against, ratio, goal, met, row.note
