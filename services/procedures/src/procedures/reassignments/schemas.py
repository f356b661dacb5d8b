"""Bodies of requests and answers about reassignments."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schema import Schema, Words

_OFFICIAL = "019a0000-0000-7000-8000-000000000001"


class NewReassignment(Schema):
    """Which open tasks are to go where: from a unit to a unit, or from an official to an official."""

    from_unit: str | None = Field(None, max_length=100, examples=["PHONG_TU_PHAP"])
    to_unit: str | None = Field(None, max_length=100, examples=["PHONG_HO_TICH"])
    claimed_too: bool = Field(
        False, description="From a unit: whether what officials have claimed goes too, or stays with them"
    )
    from_official: str | None = Field(
        None, max_length=100, examples=[None, _OFFICIAL], description="Whose claims go over"
    )
    to_official: str | None = Field(None, max_length=100, examples=[None, _OFFICIAL])
    procedure: str | None = Field(
        None, max_length=50, examples=["TP01"], description="Only tasks of this procedure"
    )
    step: str | None = Field(None, max_length=200, examples=["XU_LY"], description="Only tasks of this step")
    reason: str = Field(min_length=1, max_length=500, examples=["Sáp nhập hai phòng từ 01/12/2026."])


class StayingTasks(Schema):
    """Tasks that stay where they are for the same reason, and how many."""

    code: Literal["not_open", "claimed", "post_not_held"]
    tasks: int
    text: Words


class ReassignmentView(Schema):
    """A reassignment, with how far it is done."""

    id: UUID
    from_unit: str | None = Field(None, examples=["PHONG_TU_PHAP"])
    to_unit: str | None = Field(None, examples=["PHONG_HO_TICH"])
    claimed_too: bool = False
    from_official: str | None = Field(None, examples=[_OFFICIAL])
    to_official: str | None = Field(None, examples=[_OFFICIAL])
    procedure: str | None = Field(None, examples=["TP01"])
    step: str | None = Field(None, examples=["XU_LY"])
    reason: str = Field(examples=["Sáp nhập hai phòng từ 01/12/2026."])
    status: Literal["planned", "ordered", "finished"]
    cases: int = Field(description="Of the plan")
    moved: int = Field(description="Cases of which tasks have gone over so far")
    stayed: int = Field(description="Cases of which none could")
    planned_at: datetime
    ordered_at: datetime | None = None
    finished_at: datetime | None = None


class ReassignmentReport(ReassignmentView):
    """A reassignment with why tasks stay: as planned until it is done, then as it was."""

    staying: list[StayingTasks]


class StayingTask(Schema):
    """A task that stays where it is, and why."""

    step: str = Field(examples=["XU_LY"])
    code: Literal["not_open", "claimed", "post_not_held"]
    text: Words


class ReassignedCase(Schema):
    """A case of a reassignment with what became of it."""

    id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    steps: list[str] = Field(examples=[["XU_LY"]], description="Open steps that the plan is about")
    state: Literal["planned", "moved", "stayed"]
    staying: list[StayingTask]
