"""Bodies of answers about calendars."""

from typing import Any

from pydantic import Field
from shared.schema import Schema


class CalendarView(Schema):
    """When an agency is at work."""

    agency: str
    calendar: dict[str, Any] = Field(
        description="`timeZone`, `week` (sessions of each weekday), and the dates that differ: `holidays`, "
        "`closures`, `mornings`, `afternoons`, `makeUpDays`"
    )
