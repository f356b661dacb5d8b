"""Bodies of answers about clocks."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from procedures.domain.clock import Stop
from shared.schema import Schema, Words


class ClockInterval(Schema):
    """A stretch of a case's time."""

    begins_at: datetime
    ends_at: datetime
    counts: bool = Field(description="Whether it counts towards the term")
    reason: Words
    working_time: timedelta = Field(description="ISO 8601 duration of the agency's working time in it")
    text: Words = Field(description="All of it in a sentence, in the agency's local time")


class Standstill(Schema):
    """A reason for which the clock stands still now."""

    reason: Stop
    text: Words


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
    elapsed: timedelta = Field(description="Working time that counted, as ISO 8601 duration")
    remaining: timedelta | None = Field(
        None, description="Working time that is left, also while the clock stands still"
    )
    overdue: bool = Field(description="Whether the answer came late, or is late by now")
    text: Words
    intervals: list[ClockInterval] = Field(description="From the submission until now, without a gap")
