"""Bodies of answers about calendars."""

from typing import Any

from pydantic import Field

from shared.schema import Schema

CALENDAR: dict[str, Any] = {
    "timeZone": "Asia/Ho_Chi_Minh",
    "week": {
        day: [{"opens": "07:30", "closes": "11:30"}, {"opens": "13:00", "closes": "17:00"}]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    },
    "holidays": ["2026-04-30", "2026-05-01"],
}
"""An example for the contract."""


class CalendarView(Schema):
    """When an agency is at work."""

    agency: str = Field(examples=["H99.01"])
    calendar: dict[str, Any] = Field(
        description="`timeZone`, `week` (sessions of each weekday), and the dates that differ: `holidays`, "
        "`closures`, `mornings`, `afternoons`, `makeUpDays`",
        examples=[CALENDAR],
    )
