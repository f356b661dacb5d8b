"""The public figures of ratings: all scores that an agency was given for one month's cases.

A score says what one person thought. So a cell shows its scores in whole groups of `GROUP` only, oldest
first: a smaller cell stays hidden, and between two looks at it at least that many are new, so that nobody
can subtract one look from the other and read off a single answer. open-data publishes the same figures by
the same rule; had one of the two no rule, the other's would be worth nothing.
"""

from dataclasses import dataclass, replace

from participation.domain.rating import LOWEST, SCORES

GROUP = 10
Counts = tuple[int, ...]
"""How often each score was given, the lowest first."""
NONE: Counts = (0,) * len(SCORES)


@dataclass(frozen=True, slots=True)
class RatingCell:
    """The scores of an agency's month: those shown to everybody, and those that wait to be."""

    agency: str
    month: str
    shown: Counts = NONE
    waiting: Counts = NONE

    def rated(self, score: int) -> "RatingCell":
        """The cell with one more score; a group that is now whole is shown."""
        waiting = _plus(self.waiting, tuple(int(other == score) for other in SCORES))
        if sum(waiting) < GROUP:
            return replace(self, waiting=waiting)
        return replace(self, shown=_plus(self.shown, waiting), waiting=NONE)

    @property
    def mean(self) -> float | None:
        """The mean of what is shown, to a tenth; None while nothing is."""
        ratings = sum(self.shown)
        total = sum(score * times for score, times in enumerate(self.shown, start=LOWEST))
        # Halves away from zero, as people round; in whole numbers, as floats do not.
        return (20 * total + ratings) // (2 * ratings) / 10 if ratings else None


def _plus(one: Counts, other: Counts) -> Counts:
    return tuple(a + b for a, b in zip(one, other, strict=True))
