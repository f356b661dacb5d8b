"""The working calendar: examples that a clerk would recognise, and a slow count by the minute to agree with."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.calendar import OFFICE_DAY, OFFICE_WEEK, WEEKDAYS, Session, WorkingCalendar
from procedures.domain.calendar_bounds import out_of_bounds
from procedures.domain.holidays_vn import vietnam
from shared.errors import Invalid

HOUR = timedelta(hours=1)
VIETNAM = timedelta(hours=7)
"""Ahead of UTC, all year."""


def local(text: str) -> datetime:
    """An instant from the wall clock of an office in Viet Nam."""
    return (datetime.fromisoformat(text) - VIETNAM).replace(tzinfo=UTC)


def faults_of(value: object) -> set[tuple[str, str]]:
    """Where the faults of a calendar's JSON are, and which."""
    with pytest.raises(Invalid) as caught:
        WorkingCalendar.from_json(value)
    return {(fault.pointer, fault.code) for fault in caught.value.faults}


class TestADay:
    def test_an_ordinary_day_has_a_morning_and_an_afternoon_of_four_hours(self) -> None:
        day = WorkingCalendar().sessions(date(2026, 3, 2))
        assert [session.length for session in day] == [4 * HOUR, 4 * HOUR]

    def test_the_weekend_is_off(self) -> None:
        assert WorkingCalendar().sessions(date(2026, 3, 7)) == ()
        assert WorkingCalendar().sessions(date(2026, 3, 8)) == ()

    def test_nobody_works_on_a_holiday_or_a_closure(self) -> None:
        storm, holiday = date(2026, 9, 15), date(2026, 9, 2)
        calendar = WorkingCalendar(holidays=frozenset({holiday}), closures=frozenset({storm}))
        assert calendar.sessions(storm) == calendar.sessions(holiday) == ()

    def test_a_half_day_keeps_the_morning_or_the_afternoon(self) -> None:
        calendar = WorkingCalendar(
            mornings=frozenset({date(2026, 2, 13)}), afternoons=frozenset({date(2026, 2, 23)})
        )
        assert calendar.sessions(date(2026, 2, 13)) == OFFICE_DAY[:1]
        assert calendar.sessions(date(2026, 2, 23)) == OFFICE_DAY[1:]

    def test_a_half_day_of_an_office_without_a_lunch_break_is_cut_at_noon(self) -> None:
        through = (Session(time(8), time(16)),)
        friday = date(2026, 3, 6)
        calendar = WorkingCalendar(week=(through,) * 7, mornings=frozenset({friday}))
        assert calendar.sessions(friday) == (Session(time(8), time(12)),)

    def test_a_saturday_may_be_worked_for_its_morning_only(self) -> None:
        saturday = date(2026, 3, 7)
        assert WorkingCalendar(mornings=frozenset({saturday})).sessions(saturday) == OFFICE_DAY[:1]

    def test_a_make_up_saturday_has_the_hours_of_a_full_day(self) -> None:
        saturday = date(2026, 8, 22)
        half_saturdays = (*OFFICE_WEEK[:5], OFFICE_DAY[:1], ())
        calendar = WorkingCalendar(week=half_saturdays, make_up_days=frozenset({saturday}))
        assert calendar.sessions(saturday) == OFFICE_DAY

    def test_new_office_hours_hold_from_their_date_and_leave_the_time_before_as_it_was(self) -> None:
        short = ((Session(time(8), time(12)),),) * 5 + ((), ())
        calendar = WorkingCalendar(later_weeks=((date(2026, 3, 9), short),))
        assert calendar.sessions(date(2026, 3, 6)) == OFFICE_DAY
        assert calendar.sessions(date(2026, 3, 9)) == short[0]
        assert (
            calendar.working_time_between(local("2026-03-06T00:00"), local("2026-03-10T00:00")) == 12 * HOUR
        )

    def test_the_date_is_that_of_the_agency_not_of_greenwich(self) -> None:
        assert WorkingCalendar().local_date(datetime(2026, 3, 1, 18, tzinfo=UTC)) == date(2026, 3, 2)

    def test_a_day_ends_before_the_next_one_begins(self) -> None:
        end = WorkingCalendar().end_of(date(2026, 3, 2))
        assert end < local("2026-03-03 00:00") <= end + timedelta(microseconds=1)


class TestVietnam:
    def test_tet_and_the_days_of_liberation_and_labour_are_off(self) -> None:
        calendar = vietnam([2026])
        tet = {date(2026, 2, day) for day in range(16, 21)}
        assert tet | {date(2026, 4, 30), date(2026, 5, 1)} <= calendar.holidays

    def test_a_holiday_on_a_sunday_gives_the_monday(self) -> None:
        hung_kings = date(2026, 4, 26)
        assert hung_kings + timedelta(days=1) in vietnam([2026]).holidays

    def test_a_bridge_day_is_made_up_for_on_a_saturday(self) -> None:
        calendar = vietnam([2026])
        assert date(2026, 8, 31) in calendar.holidays
        assert calendar.make_up_days == {date(2026, 8, 22)}


class TestWorkingTime:
    def test_a_working_day_holds_eight_hours(self) -> None:
        whole_day = local("2026-03-02 00:00"), local("2026-03-03 00:00")
        assert WorkingCalendar().working_time_between(*whole_day) == 8 * HOUR

    def test_lunch_does_not_count(self) -> None:
        worked = WorkingCalendar().working_time_between(local("2026-03-02 11:00"), local("2026-03-02 14:00"))
        assert worked == HOUR

    def test_a_year_of_the_ordinary_week_is_counted_whole(self) -> None:
        worked = WorkingCalendar().working_time_between(local("2024-12-31 00:00"), local("2026-01-02 00:00"))
        assert worked == (1 + 261 + 1) * 8 * HOUR

    def test_there_is_no_working_time_back_to_the_past(self) -> None:
        worked = WorkingCalendar().working_time_between(local("2026-03-03 10:00"), local("2026-03-02 10:00"))
        assert worked == timedelta()

    def test_work_from_friday_afternoon_goes_on_on_monday(self) -> None:
        assert WorkingCalendar().after(local("2026-03-06 16:00"), 2 * HOUR) == local("2026-03-09 08:00")

    def test_what_fills_a_day_ends_with_it_and_not_the_next_morning(self) -> None:
        assert WorkingCalendar().after(local("2026-03-06 16:30"), HOUR) == local("2026-03-06 17:30")

    def test_what_fills_the_year_ends_with_it(self) -> None:
        assert WorkingCalendar().after(local("2026-12-31 16:30"), HOUR) == local("2026-12-31 17:30")

    def test_work_that_comes_in_at_night_begins_in_the_morning(self) -> None:
        assert WorkingCalendar().after(local("2026-03-02 22:00"), HOUR) == local("2026-03-03 08:30")

    def test_a_zone_with_summer_time_keeps_its_office_hours(self) -> None:
        berlin = WorkingCalendar(time_zone="Europe/Berlin")
        friday_in_winter, monday_in_summer = (
            datetime(2026, 3, 27, 16, tzinfo=UTC),
            datetime(2026, 3, 30, 5, 30, tzinfo=UTC),
        )
        assert berlin.after(friday_in_winter, HOUR) == monday_in_summer + timedelta(minutes=30)


class TestAnEdit:
    SATURDAYS = (*OFFICE_WEEK[:5], OFFICE_DAY[:1], ())

    def test_new_office_hours_differ_from_their_date_on(self) -> None:
        edited = WorkingCalendar(later_weeks=((date(2026, 3, 9), self.SATURDAYS),))
        assert edited.differs_from(WorkingCalendar()) == local("2026-03-09T00:00")
        assert WorkingCalendar().differs_from(edited) == local("2026-03-09T00:00")

    def test_a_later_week_that_is_as_the_one_before_changes_nothing(self) -> None:
        assert (
            WorkingCalendar(later_weeks=((date(2026, 3, 9), OFFICE_WEEK),)).differs_from(WorkingCalendar())
            is None
        )

    def test_a_closure_before_the_new_hours_is_what_differs_first(self) -> None:
        edited = WorkingCalendar(
            closures=frozenset({date(2026, 3, 4)}), later_weeks=((date(2026, 3, 9), self.SATURDAYS),)
        )
        assert edited.differs_from(WorkingCalendar()) == local("2026-03-04T00:00")


class TestJson:
    def test_a_calendar_comes_back_as_it_was_written(self) -> None:
        calendar = vietnam([2025, 2026])
        assert WorkingCalendar.from_json(calendar.to_json()) == calendar

    def test_a_calendar_names_zone_week_and_dates(self) -> None:
        calendar = WorkingCalendar(closures=frozenset({date(2026, 9, 16), date(2026, 9, 15)}))
        written = calendar.to_json()
        assert written["timeZone"] == "Asia/Ho_Chi_Minh"
        assert written["week"]["monday"][0] == {"opens": "07:30", "closes": "11:30"}
        assert written["week"]["sunday"] == []
        assert written["closures"] == ["2026-09-15", "2026-09-16"]

    def test_all_faults_are_named_at_once(self) -> None:
        monday = [{"opens": "07:30", "closes": "11:30"}, {"opens": "11:00", "closes": "17:30"}]
        value = {
            "timeZone": "Asia/Hanoi",
            "week": {"monday": monday, "tuesday": [{"opens": "9", "closes": "8:00"}], "someday": []},
            "holidays": ["2026-04-30", "30/04/2026"],
            "makeUpDays": ["2026-04-30", None],
            "birthdays": [],
        }
        assert faults_of(value) == {
            ("/timeZone", "unknown_time_zone"),
            ("/week/monday", "sessions_overlap"),
            ("/week/tuesday/0/opens", "wrong_time"),
            ("/week/tuesday/0/closes", "wrong_time"),
            ("/week/someday", "unknown_key"),
            ("/holidays/1", "wrong_date"),
            ("/makeUpDays/0", "date_repeated"),
            ("/makeUpDays/1", "wrong_type"),
            ("/birthdays", "unknown_key"),
        }

    def test_a_session_closes_after_it_opens(self) -> None:
        value = {"timeZone": "UTC", "week": {"monday": [{"opens": "11:30", "closes": "07:30"}]}}
        assert faults_of(value) == {("/week/monday/0", "session_ends_early")}

    def test_an_agency_that_never_works_is_refused(self) -> None:
        assert faults_of({"timeZone": "UTC", "week": {}}) == {("/week", "no_working_time")}

    def test_later_weeks_stand_in_their_order_and_are_worked(self) -> None:
        week = {"monday": [{"opens": "07:30", "closes": "11:30"}]}
        later = [
            {"from": "2026-03-09", "week": week},
            {"from": "2026-03-09", "week": week},
            {"from": "2026-04-01", "week": {}},
        ]
        assert faults_of({"timeZone": "UTC", "week": week, "laterWeeks": later}) == {
            ("/laterWeeks/1/from", "weeks_out_of_order"),
            ("/laterWeeks/2/week", "no_working_time"),
        }

    def test_dates_of_an_empty_cell_and_a_week_of_a_minute_are_out_of_bounds(self) -> None:
        minute = {"monday": [{"opens": "07:30", "closes": "07:31"}]}
        day = {"monday": [{"opens": "07:30", "closes": "15:30"}]}
        value = {
            "timeZone": "Asia/Ho_Chi_Minh",
            "week": minute,
            "laterWeeks": [{"from": "0001-01-01", "week": day}, {"from": "2026-03-09", "week": minute}],
            "holidays": ["1900-01-01", "2200-12-31", "2201-01-01"],
            "makeUpDays": ["0026-04-30"],
        }
        faults = list(out_of_bounds(WorkingCalendar.from_json(value), "/calendar"))
        assert [(fault.pointer, fault.code) for fault in faults] == [
            ("/calendar/week", "too_little_work"),
            ("/calendar/laterWeeks/0/from", "wrong_date"),
            ("/calendar/laterWeeks/1/week", "too_little_work"),
            ("/calendar/holidays", "wrong_date"),
            ("/calendar/makeUpDays", "wrong_date"),
        ]
        assert faults[0].detail.vi == "Mỗi tuần phải làm việc ít nhất 8 giờ."
        assert faults[-1].detail.vi == "Ngày 30/04/0026 không nằm trong các năm từ 1900 đến 2200."
        assert list(out_of_bounds(vietnam([2026]))) == []

    @pytest.mark.parametrize("value", [None, [], "07:30", 5])
    def test_what_is_not_an_object_is_refused(self, value: object) -> None:
        assert ("", "wrong_type") in faults_of(value)


# An independent, slow count: minute by minute, on the JSON as it was sent and on Viet Nam's wall clock.

MORNING = {"opens": "07:30", "closes": "11:30"}
AFTERNOON = {"opens": "13:30", "closes": "17:30"}
THROUGH = {"opens": "08:10", "closes": "16:05"}
FIRST_DAY = date(2026, 12, 28)
"""A Monday; the days that are tried go over a year's end."""

unhurried = settings(deadline=None)  # how long one example takes says nothing on a busy machine
weeks = st.sampled_from(
    [
        {name: [MORNING, AFTERNOON] for name in WEEKDAYS[:5]},
        {name: [MORNING, AFTERNOON] for name in WEEKDAYS[:5]} | {"saturday": [MORNING]},
        {"monday": [THROUGH], "wednesday": [THROUGH], "thursday": [AFTERNOON]},
    ]
)
date_lists = st.sampled_from(["holidays", "closures", "mornings", "afternoons", "makeUpDays"])
days = st.integers(0, 9).map(lambda n: FIRST_DAY + timedelta(days=n))
starts = st.integers(0, 7 * 24 * 60).map(lambda n: local(str(FIRST_DAY)) + timedelta(minutes=n))


@st.composite
def calendars(draw: st.DrawFn) -> dict[str, Any]:
    value: dict[str, Any] = {"timeZone": "Asia/Ho_Chi_Minh", "week": draw(weeks)}
    starts = draw(st.sets(days, max_size=2))
    value["laterWeeks"] = [{"from": day.isoformat(), "week": draw(weeks)} for day in sorted(starts)]
    for day, key in draw(st.dictionaries(days, date_lists, max_size=6)).items():
        value.setdefault(key, []).append(day.isoformat())
    return value


def is_worked(calendar: dict[str, Any], minute: datetime) -> bool:
    """Whether the agency is at work in the minute that begins now."""
    day, clock = (minute + VIETNAM).strftime("%Y-%m-%d %H:%M").split()
    listed = [key for key, dates in calendar.items() if key not in ("timeZone", "week") and day in dates]
    week = [calendar["week"], *(later["week"] for later in calendar["laterWeeks"] if later["from"] <= day)][
        -1
    ]
    ordinary = week.get(WEEKDAYS[date.fromisoformat(day).weekday()], [])
    fullest = week["monday"]
    match listed:
        case ["holidays"] | ["closures"]:
            sessions, part = [], True
        case ["mornings"]:
            sessions, part = ordinary or fullest, clock < "12:00"
        case ["afternoons"]:
            sessions, part = ordinary or fullest, clock >= "12:00"
        case ["makeUpDays"]:
            sessions, part = fullest, True
        case _:
            sessions, part = ordinary, True
    return part and any(session["opens"] <= clock < session["closes"] for session in sessions)


@settings(unhurried, max_examples=60)
@given(calendars(), starts, st.integers(0, 2 * 480))
def test_adding_working_time_agrees_with_counting_minutes(
    value: dict[str, Any], start: datetime, minutes: int
) -> None:
    minute, to_work = start, minutes
    while to_work:
        to_work -= is_worked(value, minute)
        minute += timedelta(minutes=1)
    assert WorkingCalendar.from_json(value).after(start, timedelta(minutes=minutes)) == minute


@settings(unhurried, max_examples=60)
@given(calendars(), starts, st.integers(0, 4 * 24 * 60))
def test_measuring_working_time_agrees_with_counting_minutes(
    value: dict[str, Any], start: datetime, minutes: int
) -> None:
    counted = sum(is_worked(value, start + timedelta(minutes=n)) for n in range(minutes))
    worked = WorkingCalendar.from_json(value).working_time_between(start, start + timedelta(minutes=minutes))
    assert worked == timedelta(minutes=counted)


@unhurried
@given(calendars(), starts, st.timedeltas(timedelta(), timedelta(days=40)))
def test_measuring_undoes_adding(value: dict[str, Any], start: datetime, working_time: timedelta) -> None:
    calendar = WorkingCalendar.from_json(value)
    assert calendar.working_time_between(start, calendar.after(start, working_time)) == working_time


@unhurried
@given(calendars())
def test_every_calendar_comes_back_as_it_was_written(value: dict[str, Any]) -> None:
    calendar = WorkingCalendar.from_json(value)
    assert WorkingCalendar.from_json(calendar.to_json()) == calendar
