"""On-time processing: how many cases each agency received, decided and still has, by procedure and month.

The figures balance: what was open at the end of a month is what was open before, plus received, minus
decided, minus withdrawn, minus lapsed.

Counts tell how an agency works and are all told. How long a case took belongs to its applicant as well: it is told
of `FEWEST` decided cases and more, and of months that are over, so that neither a cell of one nor the difference
of two versions gives it away.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from open_data.domain.case_fact import CaseFact
from open_data.domain.month import Month, months
from open_data.domain.table import Row

FEWEST = 5
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """Cases whose facts are alike, counted."""

    fact: CaseFact
    cases: int


@dataclass(slots=True)
class _Tally:
    """The counts of one agency, procedure and month while they are added up."""

    received: int = 0
    decided: int = 0
    on_time: int = 0
    late: int = 0
    closed: int = 0
    refused: int = 0
    withdrawn: int = 0
    lapsed: int = 0
    in_progress: int = 0
    overdue: int = 0
    days: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def row(self, agency: str, procedure: str, month: Month, *, over: bool) -> Row:
        """The published row; what is left at the month's end, and how long it took, wait for the month to be over."""
        counts = (self.received, self.decided, self.on_time, self.late)
        ends = (self.closed, self.refused, self.withdrawn, self.lapsed)
        stock = (self.in_progress, self.overdue) if over else (None, None)
        enough = over and sum(self.days.values()) >= FEWEST
        durations = (mean(self.days), median(self.days)) if enough else (None, None)
        return (agency, procedure, str(month), *counts, *ends, *stock, *durations)


def on_time_rows(groups: Iterable[CaseGroup], running: Month) -> list[Row]:
    """The rows of the dataset, sorted by agency, procedure and month.

    `running` is the month of the last event: it is still under way, the months before it are over.
    """
    tallies: defaultdict[tuple[str, str, Month], _Tally] = defaultdict(_Tally)
    for group in groups:
        fact = group.fact

        def tally(month: Month, fact: CaseFact = fact) -> _Tally:
            return tallies[fact.agency, fact.procedure, month]

        if fact.refused:
            tally(fact.refused).refused += group.cases
        if fact.received is None:
            continue
        tally(fact.received).received += group.cases
        if fact.ended:
            _count_end(tally(fact.ended), fact, group.cases)
        if fact.closed:
            tally(fact.closed).closed += group.cases
        for month in months(fact.received, fact.ended or running):
            tally(month).in_progress += group.cases
        for month in (*fact.overdue, *months(fact.overdue_from or running, running)):
            tally(month).overdue += group.cases
    return [
        tallies[agency, procedure, month].row(agency, procedure, month, over=month < running)
        for agency, procedure, month in sorted(tallies)
    ]


def _count_end(tally: _Tally, fact: CaseFact, cases: int) -> None:
    if not fact.decided:
        tally.lapsed += cases if fact.lapsed else 0
        tally.withdrawn += 0 if fact.lapsed else cases
        return
    tally.decided += cases
    tally.on_time += cases if fact.on_time is True else 0
    tally.late += cases if fact.on_time is False else 0
    if fact.days is not None:
        tally.days[fact.days] += cases


def mean(counts: Mapping[int, int]) -> Decimal | None:
    """The mean of numbers that occur so many times each, to a tenth, halves away from zero."""
    total = sum(counts.values())
    return _tenths(sum(number * times for number, times in counts.items()), total) if total else None


def median(counts: Mapping[int, int]) -> Decimal | None:
    """The median of numbers that occur so many times each."""
    total = sum(counts.values())
    if not total:
        return None
    lower = _placed(counts, (total - 1) // 2)
    upper = _placed(counts, total // 2)
    return _tenths(lower + upper, 2)


def _placed(counts: Mapping[int, int], place: int) -> int:
    """The number at this place (from 0) when all are sorted."""
    numbers = iter(sorted(counts))
    number = next(numbers)
    while place >= counts[number]:
        place -= counts[number]
        number = next(numbers)
    return number


def _tenths(dividend: int, divisor: int) -> Decimal:
    return (Decimal(dividend) / divisor).quantize(_TENTH, ROUND_HALF_UP)
