"""A month as it is reported: figures, stocks, and corrections of the months before.

A reported month never changes. What comes to it later (an event that arrived late, a result recorded after the
decision) is told as a correction in the next report, so that all that reports tell of a month adds up to what is known.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from procedures.domain.calendar import ONE_DAY, WorkingCalendar
from procedures.domain.statistics import Figure, Month, month_after

WORKING_DAYS_TO_FREEZE = 5
"""After a month's end: time for what is still under way to arrive."""

Counters = Mapping[tuple[Month, Figure], int]
"""The counters of one agency and procedure."""

_COUNTED = tuple(figure for figure in Figure if figure not in (Figure.OVERDUE_BEGUN, Figure.OVERDUE_ENDED))
"""All but what only makes stocks."""


@dataclass(frozen=True, slots=True)
class ProcedureReport:
    """One procedure in a month."""

    procedure: str
    figures: Mapping[str, int]
    """By figure; besides `carried_over`, `in_progress` and `overdue` at the month's end."""
    corrections: Mapping[str, Mapping[str, int]]
    """By month (`2026-11`) and figure: what has come to it that no report has told."""


def figures_of(counters: Counters, first: Month, last: Month) -> dict[Month, dict[str, int]]:
    """The figures of each month in one walk, from the first of which anything is counted or from `first`, if earlier.

    What is nought is left out, stocks apart.
    """
    by_month: defaultdict[Month, dict[Figure, int]] = defaultdict(dict)
    for (month, figure), number in counters.items():
        by_month[month][figure] = number
    in_progress = overdue = 0
    found: dict[Month, dict[str, int]] = {}
    for month in _months(min([first, *by_month]), last):
        now = by_month[month]
        carried_over = in_progress
        in_progress += now.get(Figure.RECEIVED, 0) - now.get(Figure.ENDED, 0)
        overdue += now.get(Figure.OVERDUE_BEGUN, 0) - now.get(Figure.OVERDUE_ENDED, 0)
        counted = {figure.value: now[figure] for figure in _COUNTED if now.get(figure)}
        stocks = {"carried_over": carried_over, "in_progress": in_progress, "overdue": overdue}
        found[month] = {**counted, **stocks}
    return found


def report(
    procedure: str, counters: Counters, month: Month, reported: Iterable[tuple[Month, ProcedureReport]]
) -> ProcedureReport:
    """The report of a month; `reported` are the earlier ones of the procedure, with their months.

    Whatever is known of any earlier month and was not told is a correction: also of a month that was reported without
    the procedure, because nothing of it had been heard by then, or that the agency never reported.
    """
    told = _told(reported)
    known = figures_of(counters, min([month, *told]), month)
    figures = known.pop(month)
    corrections = {key_of(when): _difference(told[when], now) for when, now in known.items()}
    return ProcedureReport(
        procedure=procedure,
        figures=figures,
        corrections={earlier: changes for earlier, changes in corrections.items() if changes},
    )


def freezes_at(month: Month, calendar: WorkingCalendar) -> datetime:
    """The instant from which a month is reported: the end of the fifth working day after it."""
    day = month_after(month)
    left = WORKING_DAYS_TO_FREEZE
    while True:
        left -= bool(calendar.sessions(day))
        if not left:
            return calendar.end_of(day)
        day += ONE_DAY


def key_of(month: Month) -> str:
    return f"{month:%Y-%m}"


def _months(first: Month, last: Month) -> Iterator[Month]:
    while first <= last:
        yield first
        first = month_after(first)


def _told(reported: Iterable[tuple[Month, ProcedureReport]]) -> defaultdict[Month, Counter[str]]:
    """What reports have come to, by month and figure."""
    told: defaultdict[Month, Counter[str]] = defaultdict(Counter)
    for month, past in reported:
        told[month].update(past.figures)
        for corrected, changes in past.corrections.items():
            told[date.fromisoformat(f"{corrected}-01")].update(changes)
    return told


def _difference(told: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    changes = {name: now.get(name, 0) - told.get(name, 0) for name in sorted(now.keys() | told.keys())}
    return {name: number for name, number in changes.items() if number}
