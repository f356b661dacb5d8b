"""Bodies of answers about backlogs and late cases."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from procedures.durations import Duration
from shared.schema import Schema

_UNIT = Field(examples=["PHONG_TU_PHAP"])
_STEP = Field(examples=["THU_LY"])
_OFFICIAL = "019a0000-0000-7000-8000-000000000001"
_AGENCY = Field(examples=["H99.01"], description="The agency of the unit, which may be another one")


class Backlog(Schema):
    """What waits at a step of a unit."""

    procedure: str = Field(examples=["TP01"])
    step: str = _STEP
    unit_agency: str = _AGENCY
    unit: str = _UNIT
    waiting: int = Field(examples=[42])
    for_applicant: int = Field(
        examples=[5], description="Of these: the applicant is asked for something, and is waited for"
    )
    overdue: int = Field(examples=[3], description="Of these: the step was due")
    oldest_at: datetime = Field(description="Since when the one that came first is there")


class Backlogs(Schema):
    """Where the cases of an agency wait."""

    counted_at: datetime | None = Field(
        None, description="A few minutes ago at most; absent before anything was counted"
    )
    waiting: int = Field(examples=[42], description="Of all that follow, together")
    for_applicant: int = Field(examples=[5])
    overdue: int = Field(examples=[3])
    items: list[Backlog] = Field(description="The longest queue first")


class DailyBacklog(Schema):
    """How much waited at the end of a day."""

    day: date
    waiting: int = Field(examples=[42])
    for_applicant: int = Field(examples=[5])
    overdue: int = Field(examples=[3])


class DailyBacklogs(Schema):
    """How much waited, day by day."""

    items: list[DailyBacklog] = Field(description="The days on which it was counted, in their order")


class Whereabouts(Schema):
    """An open step of a case: who has it, since when, and when it is due."""

    step: str = _STEP
    unit_agency: str = _AGENCY
    unit: str = _UNIT
    role: str | None = Field(None, examples=["XU_LY"], description="Of the officials who may do it")
    opened_at: datetime
    due_at: datetime | None = None
    claimed_by: str | None = Field(None, examples=[_OFFICIAL], description="Which official has it")
    claimed_at: datetime | None = None
    acting_for: str | None = Field(
        None, examples=[_OFFICIAL], description="For which official, when it was claimed for another"
    )


class LateCaseView(Schema):
    """A case whose answer was due."""

    case_id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    due_at: datetime
    overdue_for: Duration = Field(description="ISO 8601 duration of the agency's working time since then")
    held_by: list[Whereabouts] = Field(description="Where it waits; several while units work side by side")
