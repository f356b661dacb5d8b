"""Bodies of requests and answers about work lists."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from procedures.domain.status import Status
from shared.schema import Schema

_OFFICIAL = "019a0000-0000-7000-8000-000000000001"


class WorkItem(Schema):
    """A task in a unit's work list."""

    case_id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    procedure: str = Field(examples=["TP01"])
    status: Status
    step: str = Field(examples=["XU_LY"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    role: str | None = Field(None, examples=["XU_LY"])
    opened_at: datetime
    due_at: datetime | None = None
    claimed_by: str | None = Field(None, examples=[_OFFICIAL], description="Which official has it")
    claimed_at: datetime | None = None
    acting_for: str | None = Field(
        None, examples=[_OFFICIAL], description="For which official, when it was claimed for another"
    )


class NextClaim(Schema):
    """Which of the free tasks; any, when nothing is said."""

    unit: str | None = Field(None, max_length=100, examples=["PHONG_TU_PHAP"])
    procedure: str | None = Field(None, max_length=50, examples=["TP01"])
    step: str | None = Field(None, max_length=200, examples=["XU_LY"])
