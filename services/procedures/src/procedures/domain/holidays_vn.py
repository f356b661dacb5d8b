"""The public holidays of Viet Nam, with which the calendar of an agency begins.

Labour Code 2019, art. 112 (with the days that stand in for those on a weekend, art. 111.3) and the
Government's yearly exchanges of working days, as the `holidays` library knows them. What it does not know
yet, an agency adds to its calendar.
"""

from collections.abc import Iterable

from procedures.domain.calendar import WorkingCalendar


def vietnam(years: Iterable[int]) -> WorkingCalendar:
    """The office week of Viet Nam with the holidays and make-up days of these years."""
    from holidays import country_holidays

    wanted = set(years)
    known = country_holidays("VN", years=wanted)
    return WorkingCalendar(
        holidays=frozenset(known),
        make_up_days=frozenset(day for day in known.weekend_workdays if day.year in wanted),
    )
