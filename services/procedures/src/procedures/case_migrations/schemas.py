"""Bodies of requests and answers about migrations of cases."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schema import Schema, Words

StepCode = Annotated[str, Field(min_length=1, max_length=200)]


class MigrationPlan(Schema):
    """Which cases are to move to the version, and how."""

    from_version: int = Field(ge=1, le=1_000_000, description="The version on which the cases run")
    steps: dict[StepCode, StepCode] = Field(
        default_factory=dict,
        max_length=300,
        description="The step of the new version for each open step that has not kept its code",
        examples=[{"XU_LY": "THAM_TRA"}],
    )
    term: Literal["kept", "new"] = Field(
        "kept",
        description="Whether each case keeps the term that it was promised, or has that of the version",
    )


class Execution(Schema):
    """How a migration is executed."""

    accept_touched: bool = Field(
        False, description="Move also the cases that were touched or came since the plan was made"
    )


class StepMoved(Schema):
    """How many cases go on at which step."""

    before: str = Field(examples=["XU_LY"])
    after: str = Field(examples=["THAM_TRA"])
    cases: int


class ObstacleOfCase(Schema):
    """Something that keeps a case from moving."""

    code: Literal["step_gone", "steps_merged", "join_gone", "clock_never_resumes", "never_decided"]
    step: str = Field(examples=["XU_LY"])
    text: Words


class ObstacleOfCases(ObstacleOfCase):
    """Something that keeps cases from moving, and how many."""

    cases: int


class MigrationReport(Schema):
    """What would become of the cases, or has become of them."""

    cases: int
    in_the_way: int = Field(description="Cases that cannot move; while there are any, none does")
    due_earlier: int
    due_later: int
    led_on: int = Field(
        0,
        description="Cases that the rules of the version may lead on, or ask a fee of, as soon as they have moved",
    )
    moves: list[StepMoved]
    obstacles: list[ObstacleOfCases]
    touched: int = Field(0, description="Cases that moved though they were touched since the plan")


class MigrationView(Schema):
    """A migration of the running cases of a version to another."""

    id: UUID
    procedure: str = Field(examples=["TP01"])
    from_version: int
    to_version: int
    steps: dict[str, str] = Field(examples=[{"XU_LY": "THAM_TRA"}])
    term: Literal["kept", "new"]
    status: Literal["planned", "executed"]
    planned_at: datetime
    executed_at: datetime | None = None
    report: MigrationReport


class CaseInTheWay(Schema):
    """A case that cannot move, with everything that keeps it."""

    id: UUID
    code: str = Field(examples=["H99.01-261123-0001"])
    obstacles: list[ObstacleOfCase]
