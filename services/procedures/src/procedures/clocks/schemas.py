"""Bodies of answers about clocks."""

from datetime import datetime
from typing import Any

from pydantic import Field

from procedures.cases.schemas import ExtensionOfCase
from procedures.domain.attribution import HolderKind
from procedures.domain.clock import Stop
from procedures.durations import Duration
from shared.schema import Schema, Words


class ClockInterval(Schema):
    """A stretch of a case's time."""

    begins_at: datetime
    ends_at: datetime
    counts: bool = Field(description="Whether it counts towards the term")
    reason: Words
    working_time: Duration = Field(description="ISO 8601 duration of the agency's working time in it")
    text: Words = Field(description="All of it in a sentence, in the agency's local time")


class Standstill(Schema):
    """A reason for which the clock stands still now."""

    reason: Stop
    text: Words


class StepDeadline(Schema):
    """An open step and when it is due."""

    step: str = Field(examples=["XU_LY"])
    unit: str = Field(examples=["PHONG_TU_PHAP"])
    agency: str = Field(examples=["H99.01"])
    due_at: datetime | None = Field(None, description="Absent while the clock stands still")
    overdue: bool


class StageDeadline(Schema):
    """A stage of the procedure that the case came to."""

    stage: str = Field(examples=["XU_LY"])
    title: Words
    allowance: dict[str, Any] = Field(examples=[{"kind": "working_days", "amount": 3}])
    began_at: datetime
    ended_at: datetime | None = Field(None, description="Absent while a step of it is open")
    due_at: datetime | None = Field(
        None, description="Absent without an allowance, and while the clock stands still"
    )
    overdue: bool


class CaseHolder(Schema):
    """In whose hands the case was."""

    kind: HolderKind
    agency: str | None = Field(None, examples=["H99.01"])
    unit: str | None = Field(
        None,
        examples=["PHONG_TU_PHAP"],
        description="Absent where an agency handles a case of its own for this one",
    )


class HeldInterval(Schema):
    """A stretch of the case's time in the same hands."""

    begins_at: datetime
    ends_at: datetime
    holders: list[CaseHolder]
    counts: bool = Field(description="Whether it counts towards the term")
    working_time: Duration = Field(description="ISO 8601 duration")
    late: Duration = Field(description="The part of it after the case was due")
    text: Words = Field(description="All of it in a sentence, in the agency's local time")


class HolderShare(Schema):
    """What one held of the case, and how much of its delay is theirs."""

    holder: CaseHolder
    held: Duration = Field(description="Working time; an equal part where several held it at once")
    late: Duration = Field(description="Its part of the delay; the parts add up to all of it")
    overran: Duration = Field(description="Working time over the allowances of steps that it had")
    text: Words


class ExtensionOfClock(ExtensionOfCase):
    """An extension of the term."""

    text: Words = Field(description="All of it in a sentence, in the agency's local time")


class CaseClockView(Schema):
    """The legal clock of a case: where it stands and how it came there."""

    code: str = Field(examples=["H99.01-261123-0001"])
    term: dict[str, Any] | None = Field(
        None,
        examples=[{"kind": "working_days", "amount": 3}],
        description="Absent before the case is received",
    )
    started_at: datetime | None = Field(None, description="When the case was received")
    ended_at: datetime | None = Field(None, description="When it was decided or withdrawn")
    due_at: datetime | None = Field(
        None, description="Absent while the clock stands still, or without a term"
    )
    stands_still_for: list[Standstill] = Field(description="Empty while the clock runs")
    elapsed: Duration = Field(description="Working time that counted, as ISO 8601 duration")
    remaining: Duration | None = Field(
        None, description="Working time that is left, also while the clock stands still"
    )
    overdue: bool = Field(description="Whether the answer came late, or is late by now")
    text: Words
    intervals: list[ClockInterval] = Field(description="From the submission until now, without a gap")
    extensions: list[ExtensionOfClock] = Field(description="By how much the term was extended, and why")
    steps: list[StepDeadline] = Field(description="The open steps")
    stages: list[StageDeadline] = Field(description="In the order in which the case came to them")
    held: list[HeldInterval] = Field(description="The same time by whose hands it was in")
    shares: list[HolderShare] = Field(description="What each held of it, and of its delay")
