"""The working calendar of an agency: when it is at work, and how working time is added and measured.

Working time runs along the sessions of each day, usually a morning and an afternoon, and stands still
between them. Let W(t) be the working time up to the instant t. Then

    from a to b                the working time is W(b) - W(a)
    an amount after a start    is the first instant, not before the start, by which that much was worked

so an amount that fills a day ends when that day's last session closes, not when the next day opens. W is a
table for each year, made once for each calendar and year; both questions are a binary search in it.
"""

from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

from procedures.domain.json_input import Node
from shared.errors import Fault, Invalid

NOON = time(12)
"""Where a day's morning ends and its afternoon begins."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DATES = {
    "holidays": "holidays",
    "closures": "closures",
    "mornings": "mornings",
    "afternoons": "afternoons",
    "makeUpDays": "make_up_days",
}
"""The calendar's sets of dates: the name on the wire and the name here."""

ONE_DAY = timedelta(days=1)

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Before any case that is still open."""


@dataclass(frozen=True, slots=True)
class Session:
    """A stretch of work within a day, in the agency's local time."""

    opens: time
    closes: time

    def between(self, earliest: time, latest: time) -> tuple["Session", ...]:
        """What of the session lies between two times of the day; nothing, perhaps."""
        opens, closes = max(self.opens, earliest), min(self.closes, latest)
        return (Session(opens, closes),) if opens < closes else ()

    @property
    def length(self) -> timedelta:
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)


Day = tuple[Session, ...]
"""The sessions of a day, in order and apart; none on a day off."""

Week = tuple[Day, ...]
"""Seven days, Monday first."""

OFFICE_DAY: Day = (Session(time(7, 30), time(11, 30)), Session(time(13, 30), time(17, 30)))
"""Eight hours. The agency sets when they begin and end; these are usual."""

OFFICE_WEEK = (*(OFFICE_DAY,) * 5, (), ())
"""Forty hours on five days, Saturday and Sunday off (Decision 188/1999/QĐ-TTg, art. 1)."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """When an agency is at work: its ordinary weeks, and the dates that differ from them.

    A date stands in at most one of the sets. The value is hashable, and equal calendars share their tables.
    """

    time_zone: str = "Asia/Ho_Chi_Minh"
    """IANA name; legal dates are dates of this zone."""
    week: Week = OFFICE_WEEK
    """The ordinary week, until the first of the later ones."""
    holidays: frozenset[date] = frozenset()
    closures: frozenset[date] = frozenset()
    """Closed out of turn: a storm, an epidemic, a move."""
    mornings: frozenset[date] = frozenset()
    """Worked in the morning only."""
    afternoons: frozenset[date] = frozenset()
    """Worked in the afternoon only."""
    make_up_days: frozenset[date] = frozenset()
    """Days off that are worked in exchange for another; they have the hours of the week's fullest day."""
    later_weeks: tuple[tuple[date, Week], ...] = ()
    """The ordinary week from each of these dates on, in their order: time worked before keeps its hours."""

    def __hash__(self) -> int:
        """Of what tells calendars apart in practice, and is hashed in no time: it is asked for at every step."""
        return hash((self.time_zone, self.holidays, self.closures))

    def sessions(self, day: date) -> Day:
        """When the agency is at work on a date."""
        if day in self.holidays or day in self.closures:
            return ()
        week = self.week_of(day)
        ordinary = week[day.weekday()]
        if day in self.make_up_days:
            return _fullest(week)
        if day in self.mornings:
            return _part(ordinary or _fullest(week), time.min, NOON)
        if day in self.afternoons:
            return _part(ordinary or _fullest(week), NOON, time.max)
        return ordinary

    def week_of(self, day: date) -> Week:
        """The ordinary week that is worked on a date."""
        return next((week for start, week in reversed(self.later_weeks) if start <= day), self.week)

    def local_date(self, instant: datetime) -> date:
        """The date of an instant in the agency's zone."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()

    def end_of(self, day: date) -> datetime:
        """The last instant of a date, in UTC: a term in days ends at 24:00 (Civil Code 2015, art. 148.6)."""
        return self._instant(day, time.max)

    def next_working_day(self, day: date) -> date:
        """The date itself when the agency works on it, or else the first such date after it."""
        while not self.sessions(day):
            day += ONE_DAY
        return day

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from one instant to a later one; none when `end` is not later."""
        if end <= start:
            return timedelta()
        first, last = self.local_date(start).year, self.local_date(end).year
        full_years = sum((_year(self, year).total for year in range(first, last)), timedelta())
        return full_years + _year(self, last).worked_by(end) - _year(self, first).worked_by(start)

    def after(self, start: datetime, working_time: timedelta) -> datetime:
        """The first instant, not before `start`, by which this much was worked since; in UTC."""
        if not working_time:
            return start.astimezone(UTC)
        number = self.local_date(start).year
        year = _year(self, number)
        to_work = year.worked_by(start) + working_time
        while to_work > year.total:
            to_work -= year.total
            number += 1
            year = _year(self, number)
        return year.first_with(to_work)

    def before(self, end: datetime, working_time: timedelta) -> datetime:
        """The last instant, not after `end`, at which this much is still to be worked until then; in UTC."""
        if not working_time:
            return end.astimezone(UTC)
        number = self.local_date(end).year
        year = _year(self, number)
        worked = year.worked_by(end) - working_time
        while worked < timedelta():
            number -= 1
            year = _year(self, number)
            worked += year.total
        return year.last_with(worked)

    def differs_from(self, other: Self) -> datetime | None:
        """The first instant from which the two are at work at different times; None when they never are.

        Where the first weeks differ that is as long ago as there are cases.
        """
        if (self.time_zone, self.week) != (other.time_zone, other.week):
            return LONG_AGO
        special = {day for name in DATES.values() for day in getattr(self, name) ^ getattr(other, name)}
        changed = [day for day in special if self.sessions(day) != other.sessions(day)]
        starts = {start for start, _ in (*self.later_weeks, *other.later_weeks)}
        changed += [day for day in starts if self.week_of(day) != other.week_of(day)]
        return self._instant(min(changed), time.min) if changed else None

    def to_json(self) -> dict[str, Any]:
        """A plain dict, as it is stored and sent; `from_json` reads it."""
        return {
            "timeZone": self.time_zone,
            "week": _week_json(self.week),
            "laterWeeks": [
                {"from": start.isoformat(), "week": _week_json(week)} for start, week in self.later_weeks
            ],
            **{key: [day.isoformat() for day in sorted(getattr(self, name))] for key, name in DATES.items()},
        }

    @classmethod
    def from_json(cls, value: object, pointer: str = "") -> Self:
        """The calendar that parsed JSON describes; a weekday or a list of dates may be left out.

        Args:
            pointer: where it stands in what was sent, for the faults to say.

        Raises:
            Invalid: with every fault of it.
        """
        faults: list[Fault] = []
        node = Node(value, pointer, faults)
        if node.object():
            node.only("timeZone", "week", "laterWeeks", *DATES)
        time_zone = _read_zone(node.get("timeZone"))
        week = _read_week(node.get("week"))
        later_weeks = _read_later_weeks(node.get("laterWeeks"))
        taken: set[date] = set()
        dates = {name: _read_dates(node.get(key), taken) for key, name in DATES.items()}
        if faults:
            raise Invalid(faults=faults)
        return cls(time_zone, week, later_weeks=later_weeks, **dates)

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _WorkingYear:
    """The sessions of a local year as instants, and the working time of the year before each of them."""

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    worked_before: tuple[timedelta, ...]
    total: timedelta

    def worked_by(self, instant: datetime) -> timedelta:
        """The working time from the year's beginning to an instant."""
        session = bisect_right(self.opens, instant) - 1
        if session < 0:
            return timedelta()
        return self.worked_before[session] + min(instant, self.closes[session]) - self.opens[session]

    def last_with(self, worked: timedelta) -> datetime:
        """The last instant by which no more than this was worked; less than `total`, or all of it."""
        session = max(bisect_right(self.worked_before, worked) - 1, 0)
        return min(self.opens[session] + (worked - self.worked_before[session]), self.closes[session])

    def first_with(self, worked: timedelta) -> datetime:
        """The first instant by which this much was worked; more than nothing, and not more than `total`."""
        session = bisect_left(self.worked_before, worked) - 1
        return self.opens[session] + (worked - self.worked_before[session])


@lru_cache(maxsize=1024)
def _year(calendar: WorkingCalendar, year: int) -> _WorkingYear:
    opens, closes, worked_before = [], [], []
    worked = timedelta()
    day = date(year, 1, 1)
    while day.year == year:
        for session in calendar.sessions(day):
            opens.append(calendar._instant(day, session.opens))
            closes.append(calendar._instant(day, session.closes))
            worked_before.append(worked)
            worked += closes[-1] - opens[-1]
        day += ONE_DAY
    return _WorkingYear(tuple(opens), tuple(closes), tuple(worked_before), worked)


def _part(day: Day, earliest: time, latest: time) -> Day:
    return tuple(part for session in day for part in session.between(earliest, latest))


def _fullest(week: Week) -> Day:
    return max(week, key=lambda day: sum((s.length for s in day), timedelta()))


def _week_json(week: Week) -> dict[str, Any]:
    return {
        name: [{"opens": f"{s.opens:%H:%M}", "closes": f"{s.closes:%H:%M}"} for s in day]
        for name, day in zip(WEEKDAYS, week, strict=True)
    }


def _read_zone(node: Node) -> str:
    name = node.code()
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        node.fault(
            "unknown_time_zone",
            vi="Không có múi giờ này; dùng tên IANA, ví dụ Asia/Ho_Chi_Minh.",
            en="There is no such time zone; use an IANA name, for example Asia/Ho_Chi_Minh.",
        )
    return name


def _read_later_weeks(node: Node) -> tuple[tuple[date, Week], ...]:
    """Each with the date from which it is worked, in their order."""
    later: list[tuple[date, Week]] = []
    for item in node.items() if node.given else ():
        if not item.object():
            continue
        item.only("from", "week")
        start, week = _read_date(item.get("from")), _read_week(item.get("week"))
        if start and later and start <= later[-1][0]:
            item.get("from").fault(
                "weeks_out_of_order",
                vi="Các tuần làm việc mới phải theo thứ tự ngày bắt đầu, không trùng ngày.",
                en="Later weeks must be in the order of their dates, one for a date.",
            )
        if start:
            later.append((start, week))
    return tuple(later)


def _read_week(node: Node) -> Week:
    if not node.object():
        return ()
    node.only(*WEEKDAYS)
    before = len(node.faults)
    week = tuple(_read_day(node.get(name)) for name in WEEKDAYS)
    if not any(week) and len(node.faults) == before:
        node.fault(
            "no_working_time",
            vi="Trong tuần phải có ít nhất một buổi làm việc.",
            en="The week must have a working session.",
        )
    return week


def _read_day(node: Node) -> Day:
    read = [_read_session(item) for item in node.items()] if node.given else []
    day = tuple(session for session in read if session)
    if any(earlier.closes > later.opens for earlier, later in pairwise(day)):
        node.fault(
            "sessions_overlap",
            vi="Các buổi làm việc phải theo thứ tự và không chồng lên nhau.",
            en="The sessions must be in order and must not overlap.",
        )
    return day


def _read_session(node: Node) -> Session | None:
    if not node.object():
        return None
    node.only("opens", "closes")
    opens, closes = _read_time(node.get("opens")), _read_time(node.get("closes"))
    if opens is None or closes is None:
        return None
    if opens >= closes:
        node.fault(
            "session_ends_early",
            vi="Buổi làm việc phải kết thúc sau khi bắt đầu.",
            en="A session must close after it opens.",
        )
        return None
    return Session(opens, closes)


def _read_time(node: Node) -> time | None:
    """A time of the day to the minute; a fault when it is none, or has a zone or seconds."""
    if text := node.code():
        with suppress(ValueError):
            read = time.fromisoformat(text)
            if text == f"{read:%H:%M}":
                return read
        node.fault("wrong_time", vi="Cần giờ dạng 07:30.", en="A time such as 07:30 is needed.")
    return None


def _read_date(node: Node) -> date | None:
    if text := node.code():
        with suppress(ValueError):
            read = date.fromisoformat(text)
            if text == read.isoformat():
                return read
        node.fault("wrong_date", vi="Cần ngày dạng 2026-04-30.", en="A date such as 2026-04-30 is needed.")
    return None


def _read_dates(node: Node, taken: set[date]) -> frozenset[date]:
    """The dates of a list; `taken` are those of the lists before it, and these join them."""
    dates: set[date] = set()
    for item in node.items() if node.given else ():
        day = _read_date(item)
        if day in taken:
            item.fault(
                "date_repeated",
                vi=f"Ngày {day:%d/%m/%Y} đã có trong một danh sách khác.",
                en=f"The date {day} stands in another list already.",
            )
        elif day:
            dates.add(day)
    taken |= dates
    return frozenset(dates)
