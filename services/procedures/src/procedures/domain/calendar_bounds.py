"""What no working calendar says that is meant: an empty cell of a spreadsheet as a date, a week of a minute's work.

Only a calendar that comes in is held against these bounds: one that was taken before stays readable.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from procedures.domain.calendar import DATES, Week, WorkingCalendar
from shared.errors import Fault, Text

FIRST_YEAR, LAST_YEAR = 1900, 2200

LEAST_WORK = timedelta(hours=8)
"""A week: terms in working time must come to an end."""


def out_of_bounds(calendar: WorkingCalendar, pointer: str = "") -> Iterator[Fault]:
    """The faults of a calendar that stands at `pointer` in what was sent."""
    yield from _too_little(calendar.week, f"{pointer}/week")
    for at, (start, week) in enumerate(calendar.later_weeks):
        yield from _not_near(start, f"{pointer}/laterWeeks/{at}/from")
        yield from _too_little(week, f"{pointer}/laterWeeks/{at}/week")
    for key, name in DATES.items():
        for day in sorted(getattr(calendar, name)):
            yield from _not_near(day, f"{pointer}/{key}")


def _not_near(day: date, pointer: str) -> Iterator[Fault]:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        yield Fault(
            pointer,
            "wrong_date",
            Text(
                f"Ngày {day:%d/%m}/{day.year:04} không nằm trong các năm từ {FIRST_YEAR} đến {LAST_YEAR}.",
                f"The date {day} is not in the years from {FIRST_YEAR} to {LAST_YEAR}.",
            ),
        )


def _too_little(week: Week, pointer: str) -> Iterator[Fault]:
    if sum((session.length for day in week for session in day), timedelta()) < LEAST_WORK:
        hours = LEAST_WORK // timedelta(hours=1)
        yield Fault(
            pointer,
            "too_little_work",
            Text(
                f"Mỗi tuần phải làm việc ít nhất {hours} giờ.",
                f"A week must have {hours} hours of work at least.",
            ),
        )
