"""The rows of on-time processing, against a reckoning that looks at every case on every month's last instant."""

import statistics
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from open_data.domain.case_fact import Act, Kind, fold
from open_data.domain.dataset import ON_TIME_PROCESSING
from open_data.domain.month import Month, legal_date, months
from open_data.domain.on_time import FEWEST, CaseGroup, on_time_rows
from open_data.domain.table import Row

At = Callable[..., datetime]
History = tuple[Act, ...]
NAMES = [column.name for column in ON_TIME_PROCESSING.columns]


def _rows(cases: Iterable[History]) -> list[dict[str, Any]]:
    known = list(cases)
    running = Month.of(max(act.at for history in known for act in history))
    groups = [CaseGroup(fold(dict(enumerate(history))), 1) for history in known]
    return [dict(zip(NAMES, row, strict=True)) for row in on_time_rows(groups, running)]


def test_a_months_row_says_what_came_in_what_went_out_and_what_is_left(
    day: At, decided_case: Callable[..., History]
) -> None:
    rows = _rows(
        [
            decided_case(day(1, 5), day(1, 10), due=day(1, 20)),
            decided_case(day(1, 6), day(2, 10), due=day(1, 20)),
            decided_case(day(2, 1), day(2, 4)),
        ]
    )
    january, february = rows
    assert january == {
        "agency": "H99.01",
        "procedure": "TP01",
        "month": "2026-01",
        "received": 2,
        "decided": 1,
        "onTime": 1,
        "late": 0,
        "closed": 1,
        "refused": 0,
        "withdrawn": 0,
        "lapsed": 0,
        "inProgress": 1,
        "overdue": 1,
        "meanDays": None,
        "medianDays": None,
    }
    assert (february["decided"], february["late"]) == (2, 1)


def test_how_long_cases_took_is_told_of_five_in_a_month_that_is_over(
    day: At, decided_case: Callable[..., History]
) -> None:
    cases = [decided_case(day(1, 1), day(1, 1 + days)) for days in (1, 2, 3, 4, 20)]
    later = decided_case(day(2, 1), day(2, 4))
    told = [(row["meanDays"], row["medianDays"]) for row in _rows([*cases, later])]
    assert told == [(Decimal("6.0"), Decimal("3.0")), (None, None)]
    assert [row["meanDays"] for row in _rows([*cases[1:], later])] == [None, None]
    assert [row["meanDays"] for row in _rows(cases)] == [None]


@given(data=st.data())
def test_how_long_cases_took_is_not_told_while_their_month_runs(
    histories: st.SearchStrategy[list[History]], data: st.DataObject
) -> None:
    cases = data.draw(histories)
    running = str(Month.of(max(act.at for history in cases for act in history)))
    assert all(
        row["meanDays"] is row["medianDays"] is None for row in _rows(cases) if row["month"] == running
    )


def test_what_is_open_at_the_end_of_the_running_month_is_not_known_yet(
    day: At, decided_case: Callable[..., History]
) -> None:
    (row,) = _rows([decided_case(day(1, 5), day(1, 10))])
    assert (row["inProgress"], row["overdue"]) == (None, None)


def test_a_month_in_which_nothing_happened_still_tells_what_is_open(
    day: At, decided_case: Callable[..., History]
) -> None:
    rows = _rows([decided_case(day(1, 5), day(4, 10))])
    assert [(row["month"], row["received"], row["inProgress"]) for row in rows] == [
        ("2026-01", 1, 1),
        ("2026-02", 0, 1),
        ("2026-03", 0, 1),
        ("2026-04", 0, None),
    ]


@given(data=st.data())
def test_the_rows_are_what_looking_at_every_case_at_every_months_end_finds(
    histories: st.SearchStrategy[list[History]], data: st.DataObject
) -> None:
    cases = data.draw(histories)
    assert _rows(cases) == _reckoned(cases)


@given(data=st.data())
def test_what_is_open_balances_from_month_to_month(
    histories: st.SearchStrategy[list[History]], data: st.DataObject
) -> None:
    opened: dict[tuple[str, str], int] = {}
    for row in _rows(data.draw(histories)):
        desk = (row["agency"], row["procedure"])
        ended = row["decided"] + row["withdrawn"] + row["lapsed"]
        left = opened.get(desk, 0) + row["received"] - ended
        opened[desk] = left
        assert row["inProgress"] in (left, None)
        assert row["onTime"] + row["late"] <= row["decided"]
        assert row["overdue"] is None or row["overdue"] <= row["inProgress"]


@given(data=st.data())
def test_counting_like_cases_together_changes_nothing(
    histories: st.SearchStrategy[list[History]], data: st.DataObject
) -> None:
    facts = [fold(dict(enumerate(history))) for history in data.draw(histories)]
    running = Month(2026, 12)
    together: list[Row] = on_time_rows([CaseGroup(fact, 3) for fact in facts], running)
    assert together == on_time_rows([CaseGroup(fact, 1) for fact in facts * 3], running)


def _reckoned(cases: list[History]) -> list[dict[str, Any]]:
    """The same rows found the slow way, straight from the acts."""
    instants = [act.at for history in cases for act in history]
    first, running = Month.of(min(instants)), Month.of(max(instants))
    desks = sorted({(history[0].agency, history[0].procedure) for history in cases})
    rows = []
    for agency, procedure in desks:
        own = [h for h in cases if (h[0].agency, h[0].procedure) == (agency, procedure)]
        for month in months(first, running.next()):
            row = _reckoned_month(own, month, over=month < running)
            if any(row.values()):
                rows.append({"agency": agency, "procedure": procedure, "month": str(month), **row})
    return rows


def _reckoned_month(cases: list[History], month: Month, *, over: bool) -> dict[str, Any]:
    def here(history: History, kind: Kind) -> bool:
        return any(act.kind is kind and Month.of(act.at) == month for act in history)

    received = [h for h in cases if any(act.kind is Kind.ACCEPTED for act in h)]
    decisions = [
        (h, act) for h in received for act in h if act.kind is Kind.DECIDED and Month.of(act.at) == month
    ]
    days = [
        (legal_date(act.at) - legal_date(next(a.at for a in h if a.kind is Kind.ACCEPTED))).days
        for h, act in decisions
    ]
    due = [act.at <= act.due_at for _, act in decisions if act.due_at]
    ends = [_standing(h, month.next().start) for h in cases]
    return {
        "received": sum(here(h, Kind.ACCEPTED) for h in cases),
        "decided": len(decisions),
        "onTime": due.count(True),
        "late": due.count(False),
        "closed": sum(here(h, Kind.CLOSED) for h in cases),
        "refused": sum(here(h, Kind.REFUSED) for h in cases),
        "withdrawn": sum(here(h, Kind.WITHDRAWN) for h in received),
        "lapsed": sum(here(h, Kind.LAPSED) for h in received),
        "inProgress": sum(open_ for open_, _ in ends) if over else None,
        "overdue": sum(overdue for _, overdue in ends) if over else None,
        "meanDays": _rounded(statistics.mean(map(Decimal, days))) if over and len(days) >= FEWEST else None,
        "medianDays": _rounded(statistics.median(map(Decimal, days)))
        if over and len(days) >= FEWEST
        else None,
    }


def _standing(history: History, at: datetime) -> tuple[bool, bool]:
    """Whether the case was in progress just before this instant, and whether overdue."""
    before = [act for act in history if act.at < at]
    kinds = {act.kind for act in before}
    if Kind.ACCEPTED not in kinds or kinds & {Kind.DECIDED, Kind.WITHDRAWN, Kind.LAPSED}:
        return False, False
    due_at = before[-1].due_at
    return True, due_at is not None and due_at < at


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)
