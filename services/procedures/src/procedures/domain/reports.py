"""A month as it is reported: figures, stocks, and corrections of months that were reported before.

A reported month never changes. What comes to it later (an event that arrived late, a case that was rated) is
told as a correction in the month in which the next report is made.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from procedures.domain.calendar import ONE_DAY, WorkingCalendar
from procedures.domain.statistics import Figure, Month, month_after, stock

WORKING_DAYS_TO_FREEZE = 5
"""After a month's end: time for what is still under way to arrive."""

Counters = Mapping[tuple[Month, Figure], int]
"""The counters of one agency and procedure."""

_INNER = (Figure.OVERDUE_BEGUN, Figure.OVERDUE_ENDED)
"""Counters that only make stocks."""


@dataclass(frozen=True, slots=True)
class ProcedureReport:
    """One procedure in a month."""

    procedure: str
    figures: Mapping[str, int]
    """By figure; besides `carried_over`, `in_progress` and `overdue` at the month's end."""
    corrections: Mapping[str, Mapping[str, int]]
    """By month (`2026-11`) and figure: what has come since that month was reported."""


def figures_of(counters: Counters, month: Month) -> dict[str, int]:
    """The figures of a month; what is nought is left out, stocks apart."""
    found = {
        figure.value: counters.get((month, figure), 0)
        for figure in Figure
        if figure not in _INNER and counters.get((month, figure), 0)
    }
    before = month_after(month, -1)
    return {
        **found,
        "carried_over": stock(counters, before, Figure.RECEIVED, Figure.ENDED),
        "in_progress": stock(counters, month, Figure.RECEIVED, Figure.ENDED),
        "overdue": stock(counters, month, Figure.OVERDUE_BEGUN, Figure.OVERDUE_ENDED),
    }


def report(
    procedure: str, counters: Counters, month: Month, reported: Iterable[tuple[Month, ProcedureReport]]
) -> ProcedureReport:
    """The report of a month; `reported` are the earlier ones of the procedure, with their months."""
    told: Counter[tuple[str, str]] = Counter()
    months = []
    for earlier, past in reported:
        months.append(earlier)
        for name, number in past.figures.items():
            told[key_of(earlier), name] += number
        for corrected, changes in past.corrections.items():
            for name, number in changes.items():
                told[corrected, name] += number
    corrections = {key_of(earlier): _correction(counters, earlier, told) for earlier in sorted(months)}
    return ProcedureReport(
        procedure=procedure,
        figures=figures_of(counters, month),
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


def _correction(counters: Counters, month: Month, told: Mapping[tuple[str, str], int]) -> dict[str, int]:
    now = figures_of(counters, month)
    names = now.keys() | {name for earlier, name in told if earlier == key_of(month)}
    changes = {name: now.get(name, 0) - told.get((key_of(month), name), 0) for name in sorted(names)}
    return {name: number for name, number in changes.items() if number}
