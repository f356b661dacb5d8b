"""The quality index of a one-stop shop after Decision 766/QĐ-TTg of 2022, where the data exists.

The Decision scores an agency in five groups. A group whose data the platform does not have is left out and
said to be; the total is told beside the points that could be reached. Formulas and sources: docs/quality-index.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from procedures.domain.definition import Definition
from procedures.domain.statistics import Figure
from procedures.domain.terms import TermKind

LEAST_RATINGS = 10
"""Fewer ratings than this say more of single people than of the agency, and are not told."""

_TENTH = Decimal("0.1")


class Group(StrEnum):
    """The five groups, with the names of the Decision in English."""

    TRANSPARENCY = "transparency"
    PROGRESS = "progress"
    ONLINE = "online"
    DIGITISATION = "digitisation"
    SATISFACTION = "satisfaction"


MOST: Mapping[Group, int] = {
    Group.TRANSPARENCY: 18,
    Group.PROGRESS: 20,
    Group.ONLINE: 22,
    Group.DIGITISATION: 22,
    Group.SATISFACTION: 18,
}
"""Points that can be reached; a hundred in all."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What the index of an agency and a stretch of months is made of."""

    figures: Mapping[Figure, int]
    procedures: int
    """In force."""
    complete_procedures: int
    """Of those, with legal basis, term, and the documents and the form that they ask for in both languages."""
    ratings: int
    satisfied: int
    """Ratings of 4 and 5 of 5."""


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a group; None where there is nothing to measure. `share` is what they follow from."""

    group: Group
    share: Decimal | None
    points: Decimal | None
    most: int


def is_complete(definition: Definition) -> bool:
    """Whether what an applicant must know of a procedure is there: law, time, documents or form."""
    asked = definition.documents or definition.form
    return bool(definition.legal_basis and definition.term.kind is not TermKind.NONE and asked)


def scores(basis: Basis) -> tuple[Score, ...]:
    """The groups in the order of the Decision."""
    figures = basis.figures
    in_time = figures.get(Figure.EARLY, 0) + figures.get(Figure.ON_TIME, 0)
    decided = figures.get(Figure.GRANTED, 0) + figures.get(Figure.REJECTED, 0)
    satisfied = _share(basis.satisfied, basis.ratings) if basis.ratings >= LEAST_RATINGS else None
    shares = {
        Group.TRANSPARENCY: _share(basis.complete_procedures, basis.procedures),
        Group.PROGRESS: _share(in_time, in_time + figures.get(Figure.LATE, 0)),
        Group.ONLINE: None,
        Group.DIGITISATION: _share(figures.get(Figure.WITH_ELECTRONIC_RESULT, 0), decided),
        Group.SATISFACTION: satisfied,
    }
    return tuple(_score(group, share) for group, share in shares.items())


def total(parts: tuple[Score, ...]) -> tuple[Decimal, int]:
    """The points of all groups that could be measured, and how many could be reached in them."""
    measured = [part for part in parts if part.points is not None]
    points = sum((part.points for part in measured if part.points is not None), Decimal(0))
    return points, sum(part.most for part in measured)


def _share(part: int, whole: int) -> Decimal | None:
    return None if whole == 0 else Decimal(part) / Decimal(whole)


def _score(group: Group, share: Decimal | None) -> Score:
    if share is None:
        return Score(group, None, None, MOST[group])
    points = (share * MOST[group]).quantize(_TENTH, ROUND_HALF_UP)
    return Score(group, share.quantize(Decimal("0.0001"), ROUND_HALF_UP), points, MOST[group])
