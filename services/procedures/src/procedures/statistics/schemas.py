"""Bodies of answers about statistics."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from procedures.domain.quality import Group, Indicator
from shared.schema import Schema

_FIGURES = {"submitted": 120, "received": 118, "early": 60, "onTime": 41, "late": 9, "ended": 112}
_DESCRIPTION = "Names and meanings stand in docs/quality-index.md; what is nought is left out"


class Figures(Schema):
    """What the cases of an agency came to over months, as it is known now."""

    agency: str = Field(examples=["H99.01"])
    procedure: str | None = Field(None, examples=["TP01"], description="Absent: all procedures")
    first_month: str = Field(examples=["2026-10"])
    last_month: str = Field(examples=["2026-11"])
    figures: dict[str, int] = Field(examples=[_FIGURES], description=_DESCRIPTION)


class ProcedureRow(Schema):
    """One procedure in a reported month."""

    procedure: str = Field(examples=["TP01"])
    figures: dict[str, int] = Field(
        examples=[{**_FIGURES, "carriedOver": 12, "inProgress": 18, "overdue": 1}]
    )
    corrections: dict[str, dict[str, int]] = Field(
        examples=[{"2026-09": {"late": 1, "onTime": -1}}],
        description="By month and figure: what has come that no report has told",
    )


class MonthReport(Schema):
    """A month as it was reported. It never changes; later news stand in later reports, as corrections."""

    agency: str = Field(examples=["H99.01"])
    month: str = Field(examples=["2026-10"])
    frozen_at: datetime
    procedures: list[ProcedureRow]


class GroupScore(Schema):
    """One of the five groups of Decision 766/QĐ-TTg."""

    group: Group
    share: Decimal | None = Field(
        None, examples=["0.9"], description="Of 1; absent where there is nothing to measure"
    )
    points: Decimal | None = Field(
        None, examples=["18.0"], description="To a tenth; absent where there is nothing to measure"
    )
    measurable: int = Field(examples=[20], description="Points that could be reached by what was measured")
    most: int = Field(examples=[20], description="Points that can be reached")


class MeasureView(Schema):
    """A ratio that points follow from."""

    indicator: Indicator
    group: Group
    part: int | None = Field(
        None, examples=[90], description="Absent where there is nothing to measure, or too little to tell"
    )
    whole: int | None = Field(None, examples=[100])
    points: Decimal | None = Field(None, examples=["18.0"], description="To a tenth")
    most: int = Field(examples=[20], description="Points of its group that can be reached by it")


class QualityIndex(Schema):
    """How well an agency serves, from 0 to 100, as far as the platform can measure it."""

    agency: str = Field(examples=["H99.01"])
    first_month: str = Field(examples=["2026-10"])
    last_month: str = Field(examples=["2026-11"])
    frozen_at: datetime | None = Field(
        None, description="Of a month that was reported: when. It never changes; absent, as it is known now"
    )
    groups: list[GroupScore]
    measures: list[MeasureView] = Field(description="What the points of the groups follow from")
    points: Decimal = Field(examples=["42.5"], description="Of all groups that could be measured")
    measurable: int = Field(examples=[60], description="Points that could be reached by what was measured")
