"""Bodies of requests and answers about ratings."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from participation.domain.rating import HIGHEST, LOWEST, SCORES, Invitation, open_until
from participation.domain.rating_cell import RatingCell
from participation.schemas import Line
from shared.schema import Schema

Score = Annotated[
    int, Field(ge=LOWEST, le=HIGHEST, description="1 very dissatisfied … 5 very satisfied", examples=[4])
]


class RatingInvitation(Schema):
    """A closed case of yours that you can rate."""

    case_id: UUID
    case_code: str = Field(examples=["H99.01-261123-0001"])
    agency: str = Field(examples=["H99.01"])
    procedure: str = Field(examples=["TP01"])
    closed_at: datetime
    open_until_at: datetime = Field(description="The instant at which it cannot be rated any more")

    @classmethod
    def of(cls, invitation: Invitation, days: int) -> Self:
        return cls(
            case_id=invitation.case_id,
            case_code=invitation.case_code,
            agency=invitation.agency,
            procedure=invitation.procedure,
            closed_at=invitation.closed_at,
            open_until_at=open_until(invitation.closed_at, days),
        )


class NewRating(Schema):
    """How a case went."""

    score: Score
    reason: Line | None = Field(
        None,
        max_length=2000,
        examples=["Được hướng dẫn rõ ràng, trả kết quả đúng hẹn."],
        description="Why, in your own words; officials of the agency read it without knowing whose it is",
    )


class OwnRating(Schema):
    """What you said of a case."""

    score: int
    reason: str | None = Field(None, examples=["Trả kết quả đúng hẹn."])
    rated_at: datetime


class AgencyRating(Schema):
    """What someone said of your agency: nothing in it tells who, which case or when."""

    procedure: str = Field(examples=["TP01"])
    month: str = Field(examples=["2026-11"], description="In which the case was closed")
    score: int
    reason: str | None = Field(None, examples=["Trả kết quả đúng hẹn."])


class RatingStatistics(Schema):
    """All ratings that an agency was given for the cases of one month, in whole groups of ten."""

    agency: str = Field(examples=["H99.01"])
    month: str = Field(examples=["2026-11"], description="In which the cases were closed")
    suppressed: bool = Field(description="Figures are hidden because there are fewer than ten ratings")
    ratings: int | None = Field(None, description="How many are counted: a multiple of ten")
    mean: float | None = Field(None, examples=[4.2], description="To a tenth")
    scores: dict[str, int] | None = Field(
        None, examples=[{"1": 0, "2": 1, "3": 2, "4": 3, "5": 4}], description="How often each was given"
    )

    @classmethod
    def of(cls, cell: RatingCell) -> Self:
        ratings = sum(cell.shown)
        if not ratings:
            return cls(agency=cell.agency, month=cell.month, suppressed=True)
        return cls(
            agency=cell.agency,
            month=cell.month,
            suppressed=False,
            ratings=ratings,
            mean=cell.mean,
            scores={str(score): times for score, times in zip(SCORES, cell.shown, strict=True)},
        )
