"""Terms and when they run out, as a clerk at the one-stop desk reckons them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.allowances import in_words
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.holidays_vn import vietnam
from procedures.domain.terms import NO_TERM, Term, TermKind, due_at, relaid
from shared.errors import Invalid, Text

CALENDAR = vietnam([2026, 2027])
VIETNAM = timedelta(hours=7)
HOUR = timedelta(hours=1)


def local(text: str) -> datetime:
    """An instant from the wall clock of an office in Viet Nam."""
    return (datetime.fromisoformat(text) - VIETNAM).replace(tzinfo=UTC)


def working_days(amount: str) -> Term:
    return Term(TermKind.WORKING_DAYS, Decimal(amount))


def calendar_days(amount: int) -> Term:
    return Term(TermKind.CALENDAR_DAYS, Decimal(amount))


def faults_of(value: object) -> set[tuple[str, str]]:
    """Where the faults of a term's JSON are, and which."""
    with pytest.raises(Invalid) as caught:
        Term.from_json(value)
    return {(fault.pointer, fault.code) for fault in caught.value.faults}


class TestWorkingDays:
    def test_one_day_from_friday_at_four_is_monday_at_four(self) -> None:
        assert due_at(local("2026-03-06 16:00"), working_days("1"), CALENDAR) == local("2026-03-09 16:00")

    def test_half_a_day_is_exactly_four_hours(self) -> None:
        assert due_at(local("2026-03-02 07:30"), working_days("0.5"), CALENDAR) == local("2026-03-02 11:30")
        assert due_at(local("2026-03-02 09:00"), working_days("0.5"), CALENDAR) == local("2026-03-02 15:00")

    def test_thirty_half_days_are_fifteen_days(self) -> None:
        start = due = local("2026-03-02 09:17")
        for _ in range(30):
            due = due_at(due, working_days("0.5"), CALENDAR) or due
        assert due == due_at(start, working_days("15"), CALENDAR)

    def test_a_case_from_before_tet_is_due_after_it(self) -> None:
        assert due_at(local("2026-02-13 09:00"), working_days("3"), CALENDAR) == local("2026-02-25 09:00")

    def test_liberation_and_labour_day_do_not_count(self) -> None:
        assert due_at(local("2026-04-29 14:00"), working_days("1"), CALENDAR) == local("2026-05-04 14:00")

    def test_a_make_up_saturday_counts(self) -> None:
        assert due_at(local("2026-08-21 16:00"), working_days("1"), CALENDAR) == local("2026-08-22 16:00")

    def test_a_half_day_before_tet_counts_half(self) -> None:
        calendar = WorkingCalendar(holidays=CALENDAR.holidays, mornings=frozenset({date(2026, 2, 13)}))
        assert due_at(local("2026-02-13 07:30"), working_days("1"), calendar) == local("2026-02-23 11:30")

    def test_what_comes_on_a_sunday_begins_on_monday_morning(self) -> None:
        assert due_at(local("2026-03-08 10:00"), working_days("1"), CALENDAR) == local("2026-03-09 17:30")

    def test_hours_are_hours_at_work(self) -> None:
        term = Term(TermKind.WORKING_HOURS, Decimal("1.5"))
        assert due_at(local("2026-03-02 10:30"), term, CALENDAR) == local("2026-03-02 14:00")

    def test_a_term_of_nothing_is_due_at_once(self) -> None:
        at_night = local("2026-03-02 22:00")
        assert due_at(at_night, working_days("0"), CALENDAR) == at_night

    def test_without_a_term_nothing_falls_due(self) -> None:
        assert due_at(local("2026-03-02 09:00"), NO_TERM, CALENDAR) is None


class TestCalendarDays:
    def test_the_first_day_does_not_count_and_the_last_one_counts_to_its_end(self) -> None:
        due = due_at(local("2026-03-02 09:00"), calendar_days(3), CALENDAR)
        assert due == CALENDAR.end_of(date(2026, 3, 5))

    def test_weekends_and_holidays_within_count(self) -> None:
        due = due_at(local("2026-02-10 09:00"), calendar_days(15), CALENDAR)
        assert due == CALENDAR.end_of(date(2026, 2, 25))

    def test_a_last_day_that_is_off_moves_to_the_next_working_day(self) -> None:
        due = due_at(local("2026-04-15 09:00"), calendar_days(15), CALENDAR)
        assert due == CALENDAR.end_of(date(2026, 5, 4))


class TestRelaying:
    """What was left when the clock was stopped is left when it runs on."""

    def test_a_stop_moves_the_due_instant_by_its_working_time(self) -> None:
        due = local("2026-03-10 10:00")
        friday_to_monday = local("2026-03-06 16:00"), local("2026-03-09 08:00")
        assert relaid(due, *friday_to_monday, CALENDAR) == local("2026-03-10 14:00")

    def test_calendar_days_that_were_left_stay_calendar_days(self) -> None:
        due = CALENDAR.end_of(date(2026, 2, 12))
        over_tet = local("2026-02-09 09:00"), local("2026-02-20 09:00")
        assert relaid(due, *over_tet, CALENDAR) == CALENDAR.end_of(date(2026, 2, 23))

    def test_what_had_run_out_stays_run_out(self) -> None:
        due = local("2026-03-02 10:00")
        assert relaid(due, local("2026-03-02 10:00"), local("2026-03-09 10:00"), CALENDAR) == due

    def test_what_was_never_due_is_not_due_now(self) -> None:
        assert relaid(None, local("2026-03-02 10:00"), local("2026-03-09 10:00"), CALENDAR) is None


class TestJson:
    @pytest.mark.parametrize(
        ("kind", "amount", "minutes"),
        [("working_hours", 1 / 12, 5), ("working_hours", 4 / 3, 80), ("working_days", 1 / 6, 80)],
    )
    def test_minutes_that_no_number_says_exactly_come_back_the_same(
        self, kind: str, amount: float, minutes: int
    ) -> None:
        term = Term.from_json({"kind": kind, "amount": amount})
        assert term.length == timedelta(minutes=minutes)
        assert Term.from_json(term.to_json()) == term

    def test_they_are_said_in_hours_and_minutes(self) -> None:
        term = Term.from_json({"kind": "working_hours", "amount": 4 / 3})
        assert in_words(term) == Text("1 giờ 20 phút làm việc", "1 hour 20 minutes of working time")

    @pytest.mark.parametrize(
        ("term", "value"),
        [
            (working_days("15"), {"kind": "working_days", "amount": 15}),
            (working_days("0.5"), {"kind": "working_days", "amount": 0.5}),
            (Term(TermKind.WORKING_HOURS, Decimal("0.1")), {"kind": "working_hours", "amount": 0.1}),
            (calendar_days(30), {"kind": "calendar_days", "amount": 30}),
            (NO_TERM, {"kind": "none"}),
        ],
    )
    def test_a_term_comes_back_as_it_was_written(self, term: Term, value: dict[str, object]) -> None:
        assert term.to_json() == value
        assert Term.from_json(value) == term

    @pytest.mark.parametrize(
        ("value", "fault"),
        [
            (15, ("", "wrong_type")),
            ({"amount": 3}, ("/kind", "missing")),
            ({"kind": "weeks", "amount": 3}, ("/kind", "unknown_kind")),
            ({"kind": "working_days"}, ("/amount", "wrong_amount")),
            ({"kind": "working_days", "amount": "3"}, ("/amount", "wrong_amount")),
            ({"kind": "working_days", "amount": True}, ("/amount", "wrong_amount")),
            ({"kind": "working_days", "amount": -1}, ("/amount", "wrong_amount")),
            ({"kind": "working_days", "amount": 3651}, ("/amount", "wrong_amount")),
            ({"kind": "working_days", "amount": float("nan")}, ("/amount", "wrong_amount")),
            ({"kind": "working_days", "amount": 0.001}, ("/amount", "not_whole_minutes")),
            ({"kind": "calendar_days", "amount": 0.5}, ("/amount", "not_whole_days")),
            ({"kind": "none", "amount": 3}, ("/amount", "amount_of_no_term")),
            ({"kind": "none", "unit": "day"}, ("/unit", "unknown_key")),
        ],
    )
    def test_what_is_not_a_term_is_refused(self, value: object, fault: tuple[str, str]) -> None:
        assert faults_of(value) == {fault}


unhurried = settings(deadline=None)  # how long one example takes says nothing on a busy machine
halves = st.integers(0, 40).map(lambda n: working_days(str(Decimal(n) / 2)))
starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001


@unhurried
@given(starts, halves, halves)
def test_a_term_after_a_term_is_their_sum(start: datetime, first: Term, second: Term) -> None:
    between = due_at(start, first, CALENDAR)
    assert between is not None
    both = Term(TermKind.WORKING_DAYS, first.amount + second.amount)
    assert due_at(between, second, CALENDAR) == due_at(start, both, CALENDAR)


@unhurried
@given(starts, starts, st.one_of(halves, st.integers(0, 60).map(calendar_days)))
def test_who_comes_earlier_is_never_due_later(one: datetime, other: datetime, term: Term) -> None:
    dues = [due_at(start, term, CALENDAR) for start in sorted([one, other])]
    assert dues == sorted(due for due in dues if due)


@unhurried
@given(starts, st.integers(0, 60))
def test_calendar_days_agree_with_turning_the_leaves_of_a_calendar(start: datetime, days: int) -> None:
    leaf = (start + VIETNAM).date()
    for _ in range(days):
        leaf += timedelta(days=1)
    while leaf in CALENDAR.holidays or (leaf.weekday() > 4 and leaf not in CALENDAR.make_up_days):
        leaf += timedelta(days=1)
    end = datetime(leaf.year, leaf.month, leaf.day, 17, tzinfo=UTC) - timedelta(microseconds=1)
    assert due_at(start, calendar_days(days), CALENDAR) == end


@unhurried
@given(starts, halves, st.timedeltas(timedelta(), 200 * HOUR), st.timedeltas(timedelta(), 200 * HOUR))
def test_a_stop_moves_the_due_instant_by_exactly_its_working_time(
    start: datetime, term: Term, until_stop: timedelta, stopped_for: timedelta
) -> None:
    due, stopped_at = due_at(start, term, CALENDAR), start + until_stop
    resumed_at = stopped_at + stopped_for
    moved = relaid(due, stopped_at, resumed_at, CALENDAR)
    assert due is not None
    assert moved is not None
    expected = CALENDAR.working_time_between(stopped_at, resumed_at) if stopped_at < due else timedelta()
    assert CALENDAR.working_time_between(due, moved) == expected
