"""Bodies of answers about forecasts."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from procedures.durations import Duration
from shared.db import AnyRow
from shared.schema import Schema


class LikelyLateCase(Schema):
    """A case that is likely to be late, and why that is said of it."""

    case_id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    step: str = Field(examples=["THU_LY"], description="Where it waits")
    unit_agency: str = Field(examples=["H99.01"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    due_at: datetime | None = Field(None, description="Absent while the clock stands still")
    chance: int = Field(examples=[80], ge=0, le=100, description="Of being late, in per cent")
    spent: Duration = Field(description="Time that counted since the case came to the step")
    left: Duration = Field(description="Time left of the term")
    alike: int = Field(
        examples=[250],
        description="Cases of the last six months that were as long at the step; the chance is the share of them"
        " that then took longer than this one has left",
    )
    made_at: datetime = Field(description="Some minutes ago at most")

    @classmethod
    def of(cls, row: AnyRow) -> Self:
        return cls.model_validate(row, from_attributes=True)
