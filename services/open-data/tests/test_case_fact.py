"""What the acts of one case come to."""

from collections.abc import Callable
from datetime import datetime
from itertools import permutations

from open_data.domain.case_fact import Act, CaseFact, Kind, fold
from open_data.domain.month import Month

At = Callable[..., datetime]
JAN, FEB, MAR, APR = (Month(2026, number) for number in (1, 2, 3, 4))


def _fact(*acts: Act) -> CaseFact:
    return fold(dict(enumerate(acts, start=1)))


def _act(kind: Kind, at: datetime, due: datetime | None = None) -> Act:
    return Act(kind, at, "H99.01", "TP01", due)


def test_a_submitted_case_counts_nowhere_until_it_is_accepted(day: At) -> None:
    fact = _fact(_act(Kind.OTHER, day(1, 5)))
    assert fact == CaseFact("H99.01", "TP01")


def test_a_case_decided_by_its_due_instant_is_on_time(day: At) -> None:
    fact = _fact(_act(Kind.ACCEPTED, day(1, 5), day(2, 3)), _act(Kind.DECIDED, day(2, 3), day(2, 3)))
    assert (fact.received, fact.ended, fact.on_time, fact.days) == (JAN, FEB, True, 29)


def test_a_case_decided_after_its_due_instant_is_late_and_was_overdue_in_between(day: At) -> None:
    fact = _fact(_act(Kind.ACCEPTED, day(1, 5), day(1, 20)), _act(Kind.DECIDED, day(3, 2), day(1, 20)))
    assert (fact.on_time, fact.overdue, fact.overdue_from) == (False, (JAN, FEB), None)


def test_a_case_without_a_term_is_neither_on_time_nor_late(day: At) -> None:
    fact = _fact(_act(Kind.ACCEPTED, day(1, 5)), _act(Kind.DECIDED, day(3, 2)))
    assert (fact.decided, fact.on_time, fact.overdue) == (True, None, ())


def test_an_open_case_is_overdue_from_the_month_of_its_due_instant_on(day: At) -> None:
    fact = _fact(_act(Kind.ACCEPTED, day(1, 5), day(2, 20)))
    assert (fact.overdue, fact.overdue_from) == ((), FEB)


def test_stopping_the_clock_does_not_undo_a_month_that_ended_overdue(day: At) -> None:
    fact = _fact(
        _act(Kind.ACCEPTED, day(1, 5), day(1, 20)),
        _act(Kind.OTHER, day(2, 10)),
        _act(Kind.OTHER, day(3, 10), day(4, 1)),
    )
    assert (fact.overdue, fact.overdue_from) == ((JAN,), APR)


def test_a_withdrawn_case_ends_without_a_decision(day: At) -> None:
    fact = _fact(_act(Kind.ACCEPTED, day(1, 5), day(1, 20)), _act(Kind.WITHDRAWN, day(2, 2), None))
    assert (fact.ended, fact.decided, fact.days, fact.overdue) == (FEB, False, None, (JAN,))


def test_a_refused_case_was_never_received(day: At) -> None:
    fact = _fact(_act(Kind.OTHER, day(1, 5)), _act(Kind.REFUSED, day(2, 2)))
    assert (fact.refused, fact.received, fact.ended) == (FEB, None, None)


def test_handing_over_the_result_is_told_apart_from_the_decision(day: At) -> None:
    fact = _fact(_act(Kind.ACCEPTED, day(1, 5)), _act(Kind.DECIDED, day(1, 9)), _act(Kind.CLOSED, day(3, 1)))
    assert (fact.ended, fact.closed) == (JAN, MAR)


def test_days_are_counted_by_the_calendar_of_the_agency(day: At) -> None:
    late_evening, next_morning = day(1, 5).replace(hour=16), day(1, 5).replace(hour=17)
    fact = _fact(_act(Kind.ACCEPTED, late_evening), _act(Kind.DECIDED, next_morning))
    assert fact.days == 1


def test_acts_may_become_known_in_any_order(day: At) -> None:
    acts = {
        1: _act(Kind.ACCEPTED, day(1, 5), day(1, 20)),
        2: _act(Kind.OTHER, day(2, 10)),
        3: _act(Kind.DECIDED, day(3, 10), day(3, 9)),
        4: _act(Kind.CLOSED, day(3, 11)),
    }
    facts = [fold({sequence: acts[sequence] for sequence in order}) for order in permutations(acts)]
    assert facts == [fold(acts)] * 24


def test_a_lapsed_case_has_ended_and_is_not_overdue_afterwards(day: At) -> None:
    fact = _fact(
        _act(Kind.ACCEPTED, day(1, 5), day(1, 20)), _act(Kind.OTHER, day(1, 6)), _act(Kind.LAPSED, day(3, 2))
    )
    assert (fact.ended, fact.decided, fact.overdue, fact.overdue_from) == (MAR, False, (), None)


def test_a_case_that_was_extended_or_dated_anew_in_time_is_judged_by_its_new_due_instant(day: At) -> None:
    fact = _fact(
        _act(Kind.ACCEPTED, day(1, 5), day(1, 20)),
        _act(Kind.OTHER, day(1, 19), day(2, 20)),
        _act(Kind.DECIDED, day(2, 10), day(2, 20)),
    )
    assert (fact.on_time, fact.overdue) == (True, ())
