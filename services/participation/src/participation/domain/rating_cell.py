"""The public figures of ratings: all scores that an agency was given for one month's cases.

A score says what one person thought. So a cell shows its scores in whole groups of `GROUP` only, in the order
in which they were given: a smaller cell stays hidden, and between two looks at it at least that many are new, so
that nobody can subtract one look from the other and read off a single answer.

open-data publishes the same figures, of the same groups: a cell counts its ratings, and each is told with its
number. Were the groups of one made up differently, or had it no rule, the other's would be worth nothing.
"""

from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, UUID, uuid5

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

    @property
    def id(self) -> UUID:
        """Of the aggregate whose events its ratings are; it follows from agency and month and leads nowhere else."""
        return uuid5(NAMESPACE_URL, f"urn:motcua:participation:ratings:{self.agency}:{self.month}")

    @property
    def ratings(self) -> int:
        """How many were given so far, which is the number of the last one."""
        return sum(self.shown) + sum(self.waiting)

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
