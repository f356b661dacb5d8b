"""Bodies of answers about calendars."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.schema import Schema

CALENDAR: dict[str, Any] = {
    "timeZone": "Asia/Ho_Chi_Minh",
    "week": {
        day: [{"opens": "07:30", "closes": "11:30"}, {"opens": "13:00", "closes": "17:00"}]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    },
    "laterWeeks": [
        {
            "from": "2027-01-04",
            "week": {
                day: [{"opens": "07:00", "closes": "11:30"}, {"opens": "13:30", "closes": "17:00"}]
                for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
            },
        }
    ],
    "holidays": ["2026-04-30", "2026-05-01"],
}
"""An example for the contract."""


class CalendarView(Schema):
    """When an agency is at work."""

    agency: str = Field(examples=["H99.01"])
    calendar: dict[str, Any] = Field(
        description="`timeZone`, `week` (sessions of each weekday), `laterWeeks` (each `from` a date on, its `week`), "
        "and the dates that differ: `holidays`, `closures`, `mornings`, `afternoons`, `makeUpDays`",
        examples=[CALENDAR],
    )


class CalendarDeclaration(Schema):
    """A calendar, and why it is edited: the reason is told with each case that is dated anew."""

    calendar: dict[str, Any] = Field(
        description="As `CalendarView` shows it; a weekday or a list may be left out. New office hours are added to "
        "`laterWeeks`; an edit of `week` corrects the past too, and all that was reckoned by it. A week has eight hours of "
        "work at least; dates are of the years 1900 to 2200",
        examples=[CALENDAR],
    )
    reason: str = Field(
        min_length=1, max_length=500, examples=["Đóng cửa ngày 05/01/2026 vì bão số 1 (Công điện 12/CĐ-UBND)"]
    )


class RedatingView(Schema):
    """How far the open cases are dated by an edit of the calendar."""

    id: UUID
    reason: str = Field(examples=["Đóng cửa ngày 05/01/2026 vì bão số 1"])
    ordered_at: datetime
    changed_from_at: datetime = Field(description="Nothing that is due by then is touched")
    looked_at_cases: int = Field(description="Open cases that were looked at so far")
    redated_cases: int = Field(description="Those of which something is due at another instant now")
    finished_at: datetime | None = Field(None, description="Absent while it goes on")


class CalendarDeclared(CalendarView):
    """The calendar as it is now, and the job that dates the open cases by it."""

    redating: RedatingView | None = Field(
        None, description="Absent when the edit changes no working time; see `…/calendar/redatings`"
    )
