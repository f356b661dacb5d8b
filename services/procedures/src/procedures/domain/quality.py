"""The quality index of a one-stop shop after Decision 766/QĐ-TTg of 2022, where the data exists.

The Decision scores an agency in five groups, each by one ratio or several. A ratio that the platform cannot measure is
left out and said to be; the points are told beside those that could be reached. Formulas and sources:
docs/quality-index.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from procedures.domain.definition import Definition
from procedures.domain.statistics import Figure
from procedures.domain.terms import TermKind

RATINGS_TOGETHER = 10
"""Ratings count in whole groups of this many by their numbers in a month, 1 to 10, 11 to 20 and so on, as everywhere:
fewer, or the difference between groups made up otherwise, say what single people thought."""

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


class Indicator(StrEnum):
    """The ratios that the platform measures."""

    COMPLETE_PROCEDURES = "complete_procedures"
    IN_TIME = "in_time"
    PAID_ONLINE = "paid_online"
    ELECTRONIC_RESULTS = "electronic_results"
    SATISFIED = "satisfied"
    APPEALS_IN_TIME = "appeals_in_time"


_MEASURED: Mapping[Indicator, tuple[Group, int]] = {
    Indicator.COMPLETE_PROCEDURES: (Group.TRANSPARENCY, 18),
    Indicator.IN_TIME: (Group.PROGRESS, 20),
    Indicator.PAID_ONLINE: (Group.ONLINE, 10),
    Indicator.ELECTRONIC_RESULTS: (Group.DIGITISATION, 22),
    Indicator.SATISFIED: (Group.SATISFACTION, 6),
    Indicator.APPEALS_IN_TIME: (Group.SATISFACTION, 6),
}
"""The group to which each belongs, and the points of it that can be reached by it."""


class Ratio(NamedTuple):
    """How many, of how many."""

    part: int
    whole: int


Basis = Mapping[Indicator, Ratio]
"""What the index of an agency and a stretch of months is made of."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A ratio and its points; None where there is nothing to measure, or too little to tell."""

    indicator: Indicator
    group: Group
    part: int
    whole: int
    points: Decimal | None
    most: int


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a group, of those that could be reached by what was measured, of those there are.

    None where nothing was measured. `share` is what was measured, by the points of each.
    """

    group: Group
    share: Decimal | None
    points: Decimal | None
    measurable: int
    most: int


def is_complete(definition: Definition) -> bool:
    """Whether what an applicant must know of a procedure is there: law, time, documents or form."""
    asked = definition.documents or definition.form
    return bool(definition.legal_basis and definition.term.kind is not TermKind.NONE and asked)


def basis_of(figures: Mapping[Figure, int], catalogue: Ratio, ratings: Mapping[int, int]) -> Basis:
    """The basis of some months.

    Args:
        catalogue: the procedures in force that are complete, of all in force.
        ratings: how often each score from 1 to 5 was given, in whole groups.
    """
    in_time = figures.get(Figure.EARLY, 0) + figures.get(Figure.ON_TIME, 0)
    decided = figures.get(Figure.GRANTED, 0) + figures.get(Figure.REJECTED, 0)
    appeals = figures.get(Figure.APPEALS_IN_TIME, 0)
    satisfied = sum(number for score, number in ratings.items() if score >= 4)
    return {
        Indicator.COMPLETE_PROCEDURES: catalogue,
        Indicator.IN_TIME: Ratio(in_time, in_time + figures.get(Figure.LATE, 0)),
        Indicator.PAID_ONLINE: Ratio(figures.get(Figure.FEE_PAID_ONLINE, 0), figures.get(Figure.WITH_FEE, 0)),
        Indicator.ELECTRONIC_RESULTS: Ratio(figures.get(Figure.WITH_ELECTRONIC_RESULT, 0), decided),
        Indicator.SATISFIED: Ratio(satisfied, sum(ratings.values())),
        Indicator.APPEALS_IN_TIME: Ratio(appeals, appeals + figures.get(Figure.APPEALS_LATE, 0)),
    }


def together(bases: Sequence[Basis]) -> Basis:
    """The basis of several stretches of months: what was counted adds up, the catalogue is that of the last."""
    sums = {
        indicator: Ratio(
            *(sum(numbers) for numbers in zip(*(basis[indicator] for basis in bases), strict=True))
        )
        for indicator in Indicator
    }
    return {**sums, Indicator.COMPLETE_PROCEDURES: bases[-1][Indicator.COMPLETE_PROCEDURES]}


def measures(basis: Basis) -> tuple[Measure, ...]:
    """What is measured, in the order of the groups."""
    return tuple(_measure(indicator, basis[indicator]) for indicator in _MEASURED)


def scores(measured: Sequence[Measure]) -> tuple[Score, ...]:
    """The groups in the order of the Decision."""
    return tuple(_score(group, [one for one in measured if one.group is group]) for group in Group)


def total(parts: Sequence[Score]) -> tuple[Decimal, int]:
    """The points of all groups, and how many could be reached by what was measured."""
    points = sum((part.points for part in parts if part.points is not None), Decimal(0))
    return points, sum(part.measurable for part in parts)


def _measure(indicator: Indicator, ratio: Ratio) -> Measure:
    group, most = _MEASURED[indicator]
    points = None
    if ratio.whole:
        points = (Decimal(ratio.part) / ratio.whole * most).quantize(_TENTH, ROUND_HALF_UP)
    return Measure(indicator, group, ratio.part, ratio.whole, points, most)


def _score(group: Group, measured: Sequence[Measure]) -> Score:
    told = [one for one in measured if one.points is not None]
    if not told:
        return Score(group, None, None, 0, MOST[group])
    measurable = sum(one.most for one in told)
    share = sum((Decimal(one.part) / one.whole * one.most for one in told), Decimal(0)) / measurable
    points = sum((one.points for one in told if one.points is not None), Decimal(0))
    return Score(group, share.quantize(Decimal("0.0001"), ROUND_HALF_UP), points, measurable, MOST[group])
