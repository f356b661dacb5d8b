"""Bodies of answers about stays."""

from pydantic import Field

from procedures.durations import Duration
from shared.schema import Schema


class StayView(Schema):
    """How long cases stayed at a step of a unit, in the agency's working time."""

    procedure: str = Field(examples=["TP01"])
    step: str = Field(examples=["THU_LY"])
    unit_agency: str = Field(examples=["H99.01"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    number: int = Field(examples=[310], description="How many have left it")
    mean: Duration = Field(description="ISO 8601 duration")
    median: Duration = Field(description="Half of them stayed no longer, to about a tenth")
    four_fifths: Duration = Field(description="Four of five stayed no longer, to about a tenth")
    nineteen_twentieths: Duration = Field(description="19 of 20 stayed no longer, to about a tenth")


class Stays(Schema):
    """How long cases stayed where."""

    items: list[StayView] = Field(description="By procedure, step and unit")
