"""The legal clock of a case: what counts, what does not, and when the answer is due."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.clock import RUNNING_TEXT, STOP_TEXT, CaseClock, ClockOutOfOrder, Stop
from procedures.domain.holidays_vn import vietnam
from procedures.domain.terms import NO_TERM, Term, TermKind

CALENDAR = vietnam([2026])
VIETNAM = timedelta(hours=7)
HOUR = timedelta(hours=1)
FIVE_DAYS = Term(TermKind.WORKING_DAYS, Decimal(5))
TWO_DAYS = Term(TermKind.WORKING_DAYS, Decimal(2))


def local(text: str) -> datetime:
    """An instant from the wall clock of an office in Viet Nam."""
    return (datetime.fromisoformat(text) - VIETNAM).replace(tzinfo=UTC)


MONDAY = local("2026-03-02 09:00")
NEXT_MONDAY = local("2026-03-09 09:00")
RUNNING = CaseClock(MONDAY, FIVE_DAYS)
SUSPENDED = RUNNING.pause(local("2026-03-04 09:00"), Stop.SUPPLEMENT)


class TestRunning:
    def test_five_days_from_monday_are_due_next_monday(self) -> None:
        assert RUNNING.due_at(CALENDAR) == NEXT_MONDAY

    def test_what_elapsed_and_what_remains_are_the_whole_term(self) -> None:
        now = local("2026-03-04 15:00")
        assert RUNNING.elapsed(now, CALENDAR) == 20 * HOUR
        assert RUNNING.remaining(now, CALENDAR) == 20 * HOUR

    def test_a_case_is_overdue_after_its_due_instant_and_not_at_it(self) -> None:
        assert not RUNNING.is_overdue(NEXT_MONDAY, CALENDAR)
        assert RUNNING.is_overdue(NEXT_MONDAY + timedelta(microseconds=1), CALENDAR)
        assert RUNNING.remaining(local("2026-03-20 09:00"), CALENDAR) == timedelta()

    def test_a_case_without_a_term_is_never_due(self) -> None:
        clock = CaseClock(MONDAY, NO_TERM)
        assert clock.due_at(CALENDAR) is None
        assert clock.remaining(NEXT_MONDAY, CALENDAR) is None
        assert not clock.is_overdue(local("2030-01-01 00:00"), CALENDAR)

    def test_a_calendar_that_changes_moves_the_due_instant(self) -> None:
        storm = WorkingCalendar(closures=frozenset({MONDAY.date() + timedelta(days=2)}))
        assert RUNNING.due_at(storm) == local("2026-03-10 09:00")


class TestStandingStill:
    def test_a_suspended_case_has_no_due_instant(self) -> None:
        assert SUSPENDED.due_at(CALENDAR) is None
        assert SUSPENDED.stopped_at == local("2026-03-04 09:00")

    def test_a_suspended_case_does_not_run_out_of_time(self) -> None:
        much_later = local("2026-12-31 09:00")
        assert not SUSPENDED.is_overdue(much_later, CALENDAR)
        assert SUSPENDED.remaining(much_later, CALENDAR) == 24 * HOUR
        assert SUSPENDED.elapsed(much_later, CALENDAR) == 16 * HOUR

    def test_a_pause_over_a_weekend_costs_only_its_working_time(self) -> None:
        clock = RUNNING.pause(local("2026-03-06 16:00"), Stop.PAYMENT)
        clock = clock.resume(local("2026-03-09 08:00"), Stop.PAYMENT)
        assert clock.due_at(CALENDAR) == local("2026-03-09 11:00")

    def test_a_pause_on_a_sunday_costs_nothing(self) -> None:
        clock = RUNNING.pause(local("2026-03-08 08:00"), Stop.SUPPLEMENT)
        clock = clock.resume(local("2026-03-08 20:00"), Stop.SUPPLEMENT)
        assert clock.due_at(CALENDAR) == NEXT_MONDAY

    def test_four_rounds_of_supplements_leave_the_agency_its_five_days(self) -> None:
        clock, at = RUNNING, MONDAY
        for _ in range(4):
            clock = clock.pause(at + HOUR, Stop.SUPPLEMENT)
            at += timedelta(days=7)
            clock = clock.resume(at, Stop.SUPPLEMENT)
        assert at == local("2026-03-30 09:00")
        assert clock.due_at(CALENDAR) == local("2026-04-03 15:00")

    def test_the_clock_runs_again_when_the_last_reason_is_gone(self) -> None:
        clock = SUSPENDED.pause(local("2026-03-05 09:00"), Stop.CONSULTATION)
        clock = clock.resume(local("2026-03-06 09:00"), Stop.SUPPLEMENT)
        assert clock.stops == (Stop.CONSULTATION,)
        assert clock.due_at(CALENDAR) is None
        clock = clock.resume(local("2026-03-11 09:00"), Stop.CONSULTATION)
        assert clock.due_at(CALENDAR) == local("2026-03-16 09:00")

    def test_a_pause_does_not_save_a_case_that_was_late_already(self) -> None:
        clock = RUNNING.pause(local("2026-03-10 09:00"), Stop.SUPPLEMENT)
        assert clock.is_overdue(local("2026-03-10 09:00"), CALENDAR)
        assert clock.resume(local("2026-03-12 09:00"), Stop.SUPPLEMENT).due_at(CALENDAR) == NEXT_MONDAY

    def test_calendar_days_wait_in_calendar_days(self) -> None:
        clock = CaseClock(MONDAY, Term(TermKind.CALENDAR_DAYS, Decimal(10)))
        clock = clock.pause(local("2026-03-04 09:00"), Stop.SUPPLEMENT)
        clock = clock.pause(local("2026-03-05 09:00"), Stop.CONSULTATION)
        clock = clock.resume(local("2026-03-07 09:00"), Stop.SUPPLEMENT)
        clock = clock.resume(local("2026-03-09 09:00"), Stop.CONSULTATION)
        due = clock.due_at(CALENDAR)
        assert due is not None
        assert CALENDAR.local_date(due).isoformat() == "2026-03-17"


class TestCalendarDaysOverHolidays:
    """15 days from Wednesday 15 April 2026 end on 30 April, a holiday, so on Monday 4 May; counted on the wall."""

    RECEIVED = CaseClock(local("2026-04-15 09:00"), Term(TermKind.CALENDAR_DAYS, Decimal(15)))

    def paused(self, begins: str, ends: str) -> CaseClock:
        clock = self.RECEIVED.pause(local(f"{begins} 09:00"), Stop.SUPPLEMENT)
        return clock.resume(local(f"{ends} 09:00"), Stop.SUPPLEMENT)

    def test_a_last_day_that_is_off_moves_once(self) -> None:
        assert self.RECEIVED.due_at(CALENDAR) == CALENDAR.end_of(date(2026, 5, 4))

    def test_the_days_by_which_it_moves_are_not_left_at_a_pause(self) -> None:
        # On 20 April 10 days are left, until the 30th; from 22 April they last until Saturday 2 May.
        assert self.paused("2026-04-20", "2026-04-22").due_at(CALENDAR) == CALENDAR.end_of(date(2026, 5, 4))

    def test_two_pauses_leave_what_one_of_their_length_leaves(self) -> None:
        clock = self.paused("2026-04-20", "2026-04-22").pause(local("2026-04-24 09:00"), Stop.PAYMENT)
        # 8 of the 10 days are left, from 28 April until 6 May.
        resumed = clock.resume(local("2026-04-28 09:00"), Stop.PAYMENT)
        assert resumed.due_at(CALENDAR) == CALENDAR.end_of(date(2026, 5, 6))

    def test_who_asks_on_the_day_off_after_the_last_day_has_the_day_of_the_answer_left(self) -> None:
        assert self.paused("2026-05-02", "2026-05-06").due_at(CALENDAR) == CALENDAR.end_of(date(2026, 5, 6))

    def test_who_asks_after_it_ran_out_is_late_all_the_same(self) -> None:
        assert self.paused("2026-05-05", "2026-05-07").due_at(CALENDAR) == CALENDAR.end_of(date(2026, 5, 4))

    def test_over_tet_what_is_left_is_counted_to_the_day_in_tet(self) -> None:
        # 15 days from 2 February end on the 17th, in Tết. 8 are left on the 9th; from the 12th, until the 20th.
        clock = CaseClock(local("2026-02-02 09:00"), Term(TermKind.CALENDAR_DAYS, Decimal(15)))
        assert clock.due_at(CALENDAR) == CALENDAR.end_of(date(2026, 2, 23))
        clock = clock.pause(local("2026-02-09 09:00"), Stop.SUPPLEMENT)
        clock = clock.resume(local("2026-02-12 09:00"), Stop.SUPPLEMENT)
        assert clock.due_at(CALENDAR) == CALENDAR.end_of(date(2026, 2, 23))

    def test_an_extension_makes_the_term_longer_and_nothing_else(self) -> None:
        # 25 days from 15 April: Sunday 10 May.
        longer = self.RECEIVED.extend(Term(TermKind.CALENDAR_DAYS, Decimal(10)))
        assert longer.due_at(CALENDAR) == CALENDAR.end_of(date(2026, 5, 11))

    def test_a_step_in_calendar_days_is_put_off_alike(self) -> None:
        clock, allowance = self.paused("2026-04-20", "2026-04-22"), self.RECEIVED.term
        due = clock.part_due_at(clock.started_at, allowance, CALENDAR)
        assert due == CALENDAR.end_of(date(2026, 5, 4))


class TestExtendingAndEnding:
    def test_an_extension_is_counted_from_where_the_term_runs_out(self) -> None:
        assert RUNNING.extend(TWO_DAYS).due_at(CALENDAR) == local("2026-03-11 09:00")

    def test_it_does_not_matter_whether_the_extension_or_the_pause_came_first(self) -> None:
        resumed_at = local("2026-03-12 09:00")
        before = RUNNING.extend(TWO_DAYS).pause(NEXT_MONDAY, Stop.STEP).resume(resumed_at, Stop.STEP)
        after = RUNNING.pause(NEXT_MONDAY, Stop.STEP).resume(resumed_at, Stop.STEP).extend(TWO_DAYS)
        assert before.due_at(CALENDAR) == after.due_at(CALENDAR) == local("2026-03-16 09:00")

    def test_a_case_that_ended_in_time_never_becomes_late(self) -> None:
        clock = RUNNING.end(local("2026-03-05 09:00"))
        assert not clock.is_overdue(local("2026-12-31 09:00"), CALENDAR)
        assert clock.elapsed(local("2026-12-31 09:00"), CALENDAR) == 24 * HOUR

    def test_a_case_that_ended_late_stays_late(self) -> None:
        assert RUNNING.end(local("2026-03-10 09:00")).is_overdue(local("2026-12-31 09:00"), CALENDAR)

    def test_an_ended_clock_takes_no_more_turns(self) -> None:
        ended, later = RUNNING.end(NEXT_MONDAY), local("2026-03-10 09:00")
        turns: list[Callable[[], CaseClock]] = [
            lambda: ended.pause(later, Stop.SUPPLEMENT),
            lambda: ended.extend(TWO_DAYS),
            lambda: ended.end(later),
        ]
        for turn in turns:
            with pytest.raises(ClockOutOfOrder):
                turn()

    def test_a_clock_cannot_be_stopped_twice_for_one_reason_or_resumed_for_none(self) -> None:
        with pytest.raises(ClockOutOfOrder):
            SUSPENDED.pause(NEXT_MONDAY, Stop.SUPPLEMENT)
        with pytest.raises(ClockOutOfOrder):
            SUSPENDED.resume(NEXT_MONDAY, Stop.PAYMENT)

    def test_a_clock_cannot_be_turned_in_its_past(self) -> None:
        with pytest.raises(ClockOutOfOrder):
            SUSPENDED.resume(MONDAY, Stop.SUPPLEMENT)
        with pytest.raises(ClockOutOfOrder):
            RUNNING.end(MONDAY - HOUR)

    def test_nothing_is_extended_by_nothing(self) -> None:
        with pytest.raises(ClockOutOfOrder):
            RUNNING.extend(NO_TERM)
        with pytest.raises(ClockOutOfOrder):
            CaseClock(MONDAY, NO_TERM).extend(TWO_DAYS)


class TestExplaining:
    def test_each_interval_says_whether_and_why_it_counts(self) -> None:
        clock = SUSPENDED.resume(local("2026-03-06 09:00"), Stop.SUPPLEMENT)
        explained = clock.intervals(local("2026-03-06 10:30"), CALENDAR)
        assert [(i.counts, i.reason, i.working_time) for i in explained] == [
            (True, RUNNING_TEXT, 16 * HOUR),
            (False, STOP_TEXT[Stop.SUPPLEMENT], 16 * HOUR),
            (True, RUNNING_TEXT, 1.5 * HOUR),
        ]

    def test_two_reasons_are_both_named(self) -> None:
        clock = SUSPENDED.pause(local("2026-03-05 09:00"), Stop.PAYMENT)
        last = clock.intervals(NEXT_MONDAY, CALENDAR)[-1]
        assert last.reason.en == "Waiting for the applicant's supplement; Waiting for the applicant's payment"
        assert last.reason.vi == "Chờ người nộp bổ sung hồ sơ; Chờ người nộp nộp tiền"

    def test_an_earlier_moment_is_explained_as_it_was_then(self) -> None:
        (only,) = SUSPENDED.intervals(local("2026-03-03 09:00"), CALENDAR)
        assert (only.ends_at, only.counts) == (local("2026-03-03 09:00"), True)

    def test_every_reason_to_stand_still_has_words(self) -> None:
        assert set(STOP_TEXT) == set(Stop)


# Random histories against a count by the minute, on Viet Nam's wall clock.

unhurried = settings(deadline=None)  # how long one example takes says nothing on a busy machine
gaps = st.integers(0, 24 * 60).map(lambda n: timedelta(minutes=n))
histories = st.lists(st.tuples(gaps, st.sampled_from(Stop)), max_size=5)
starts = st.integers(0, 7 * 24 * 60).map(lambda n: local("2026-04-27 00:00") + timedelta(minutes=n))


def turned(clock: CaseClock, history: list[tuple[timedelta, Stop]]) -> CaseClock:
    """The clock after each reason in turn came up or, where it had, was gone; in the end all are gone."""
    at = clock.started_at
    for gap, reason in history:
        at += gap
        clock = clock.resume(at, reason) if reason in clock.stops else clock.pause(at, reason)
    for reason in clock.stops:
        clock = clock.resume(at + HOUR, reason)
    return clock


def is_worked(minute: datetime) -> bool:
    """Whether an office is at work in this minute of the weeks around the holidays of April and May 2026."""
    moment = minute + VIETNAM
    off = (moment.month, moment.day) in ((4, 27), (4, 30), (5, 1)) or moment.weekday() > 4
    clock = moment.hour * 60 + moment.minute
    return not off and (7.5 <= clock / 60 < 11.5 or 13.5 <= clock / 60 < 17.5)


@settings(unhurried, max_examples=60)
@given(starts, st.integers(0, 40), histories)
def test_the_due_instant_agrees_with_counting_minutes(
    start: datetime, twentieths: int, history: list[tuple[timedelta, Stop]]
) -> None:
    clock = turned(CaseClock(start, Term(TermKind.WORKING_DAYS, Decimal(twentieths) / 20)), history)
    turns = list(clock.turns)
    minute, to_work, stands_still = start, twentieths * 24, False
    while to_work:
        while turns and turns[0].at <= minute:
            stands_still = bool(turns.pop(0).stops)
        to_work -= is_worked(minute) and not stands_still
        minute += timedelta(minutes=1)
    assert clock.due_at(CALENDAR) == minute


@unhurried
@given(starts, histories, st.integers(0, 20 * 24 * 60))
def test_the_intervals_follow_each_other_and_hold_all_working_time(
    start: datetime, history: list[tuple[timedelta, Stop]], minutes: int
) -> None:
    now = start + timedelta(minutes=minutes)
    explained = turned(CaseClock(start, FIVE_DAYS), history).intervals(now, CALENDAR)
    ends = [start, *(interval.ends_at for interval in explained)]
    assert [interval.begins_at for interval in explained] == ends[:-1]
    assert ends[-1] == now
    total = sum((interval.working_time for interval in explained), timedelta())
    assert total == CALENDAR.working_time_between(start, now)
