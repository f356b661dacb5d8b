"""Reported statistics: the figures of each agency's months as it reported them, and what came to them later.

A report stands for good. A correction is a row of its own: the month that it corrects, and the month of the
report in which it was told; the true figure of a month is the sum of its rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from open_data.domain.table import Row

FIGURES = (
    *("submitted", "refused", "received", "supplement_requests", "granted", "rejected"),
    *("early", "on_time", "late", "untermed", "withdrawn", "lapsed", "closed", "with_electronic_result"),
    *("ended", "carried_over", "in_progress", "overdue"),
)
"""What is told of what procedures counts, in the order of the columns; the rest stands in the quality index."""


@dataclass(frozen=True, slots=True)
class Report:
    """A month of a procedure as it was reported; months are text, `2026-11`."""

    agency: str
    month: str
    procedure: str
    figures: Mapping[str, int]
    corrections: Mapping[str, Mapping[str, int]]


def reported_rows(reports: Iterable[Report]) -> list[Row]:
    """The rows of the dataset, sorted by agency, procedure, month and the month of the report."""
    rows: list[Row] = []
    for report in reports:
        rows.append(_row(report, report.month, report.figures, correction=False))
        rows += [
            _row(report, month, figures, correction=True)
            for month, figures in report.corrections.items()
            if not figures.keys().isdisjoint(FIGURES)
        ]
    return sorted(rows, key=lambda row: tuple(str(part) for part in row[:4]))


def _row(report: Report, month: str, figures: Mapping[str, int], *, correction: bool) -> Row:
    numbers = (figures.get(name, 0) for name in FIGURES)
    return (report.agency, report.procedure, month, report.month, correction, *numbers)
