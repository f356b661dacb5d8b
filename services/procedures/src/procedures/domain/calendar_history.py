"""What was known of an agency's working time at an instant: the calendars that it has declared, one after the other."""

from dataclasses import dataclass
from datetime import datetime

from procedures.domain.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class CalendarHistory:
    """The calendar of the beginning, and those declared since, the oldest first, each with the instant it counts from."""

    first: WorkingCalendar
    later: tuple[tuple[datetime, WorkingCalendar], ...] = ()

    def known_at(self, instant: datetime) -> WorkingCalendar:
        """The calendar by which whatever ended at the instant is measured, whoever measures it and when."""
        declared = (calendar for since, calendar in reversed(self.later) if since < instant)
        return next(declared, self.first)
