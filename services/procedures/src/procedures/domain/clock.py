"""The legal clock of a case: it starts, stands still while others are waited for, is extended, and ends.

    started ──► runs ──pause──► stands still ──resume──► runs ──► ended
                                (for one reason or several; it runs again when the last is gone)

Only the time in which the clock runs counts towards the term. While it stands still nothing is due: a
suspended case does not run out of time. When something falls due follows from the whole history and the
agency's calendar, so after an edit of the calendar it is simply asked again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Self

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.terms import NO_TERM, Term, TermKind, before, nominal_end, relaid, rolled
from shared.errors import Conflict, Text


class Stop(StrEnum):
    """What makes the legal clock stand still."""

    SUPPLEMENT = "supplement"
    PAYMENT = "payment"
    CONSULTATION = "consultation"
    STEP = "step"
    """A step of the procedure that the law exempts."""
    OPINION = "opinion"
    """Opinions that were asked for on the spot, where the law exempts the time."""


STOP_TEXT: Mapping[Stop, Text] = {
    Stop.SUPPLEMENT: Text(vi="Chờ người nộp bổ sung hồ sơ", en="Waiting for the applicant's supplement"),
    Stop.PAYMENT: Text(vi="Chờ người nộp nộp tiền", en="Waiting for the applicant's payment"),
    Stop.CONSULTATION: Text(vi="Chờ cơ quan khác trả lời", en="Waiting for another agency's answer"),
    Stop.OPINION: Text(
        vi="Chờ ý kiến của cơ quan được hỏi", en="Waiting for the opinion of agencies that were asked"
    ),
    Stop.STEP: Text(vi="Bước không tính vào thời hạn", en="A step that does not count towards the term"),
}

RUNNING_TEXT = Text(vi="Cơ quan đang giải quyết", en="The agency is at work on it")


class ClockOutOfOrder(Conflict):
    """The clock cannot take this turn: it has ended, stands still for that already, or ran on meanwhile."""

    slug = "clock-out-of-order"
    title = Text(vi="Thời hạn không thể thay đổi như vậy.", en="The legal clock cannot change like this.")


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` on, the clock stands still for these reasons; for none, it runs."""

    at: datetime
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of a case's time: whether it counts towards the term, why, and the working time in it."""

    begins_at: datetime
    ends_at: datetime
    counts: bool
    reason: Text
    working_time: timedelta


@dataclass(frozen=True, slots=True)
class CaseClock:
    """The clock of a case, as its history made it. Every command returns another clock."""

    started_at: datetime
    term: Term
    extensions: tuple[Term, ...] = ()
    turns: tuple[Turn, ...] = ()
    ended_at: datetime | None = None
    reminder: Term = NO_TERM
    """How long before it is due the agency is reminded; no term: not at all."""

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Why the clock stands still now; empty while it runs."""
        return self.turns[-1].stops if self.turns else ()

    @property
    def stopped_at(self) -> datetime | None:
        """Since when the clock stands still; None while it runs."""
        return next((begins for begins, ends in self._standstills() if ends is None), None)

    def pause(self, at: datetime, reason: Stop) -> Self:
        """Let the clock stand still.

        Raises:
            ClockOutOfOrder: it does for that reason already, has ended, or changed after `at`.
        """
        if reason in self.stops:
            raise ClockOutOfOrder
        return self._turned(at, (*self.stops, reason))

    def resume(self, at: datetime, reason: Stop) -> Self:
        """A reason to stand still is gone; the clock runs again when it was the last.

        Raises:
            ClockOutOfOrder: it does not stand still for that, has ended, or changed after `at`.
        """
        if reason not in self.stops:
            raise ClockOutOfOrder
        return self._turned(at, tuple(stop for stop in self.stops if stop is not reason))

    def standing_for(self, stops: tuple[Stop, ...], at: datetime) -> Self:
        """Let the clock stand still for just these reasons; for none, run. Unchanged when it has ended.

        The clocks of machines differ a little: what bears an earlier instant than the turn before it is taken
        to have come with that one.
        """
        if self.ended_at is not None or stops == self.stops:
            return self
        return replace(self, turns=(*self.turns, Turn(max(at, self._latest), stops)))

    def ended_by(self, at: datetime) -> Self:
        """The clock when the agency has answered or the case is over; unchanged when it has ended before."""
        return self if self.ended_at is not None else replace(self, ended_at=max(at, self._latest))

    def extend(self, by: Term) -> Self:
        """Give the agency more time: the term is longer by it.

        Raises:
            ClockOutOfOrder: it has ended, or there is no term to extend, or none to extend it by.
        """
        self._require_going()
        if TermKind.NONE in (self.term.kind, by.kind):
            raise ClockOutOfOrder
        return replace(self, extensions=(*self.extensions, by))

    def end(self, at: datetime) -> Self:
        """The agency has answered, or the case is over for another reason.

        Raises:
            ClockOutOfOrder: it has ended already, or changed after `at`.
        """
        self._require_going(at)
        return replace(self, ended_at=at)

    def due_at(self, calendar: WorkingCalendar) -> datetime | None:
        """When the answer is due; None without a term, and while the clock stands still."""
        return None if self.stops else self.runs_out_at(calendar)

    def remind_at(self, calendar: WorkingCalendar) -> datetime | None:
        """When the agency is to be reminded of what is due; None when nothing is, or it wants none."""
        due = self.due_at(calendar)
        return due and before(due, self.reminder, calendar)

    def remaining(self, now: datetime, calendar: WorkingCalendar) -> timedelta | None:
        """The working time that is left, nothing when it ran out; None without a term."""
        due = self.runs_out_at(calendar)
        return None if due is None else calendar.working_time_between(self._ran_until(now), due)

    def is_overdue(self, now: datetime, calendar: WorkingCalendar) -> bool:
        """Whether the term ran out before the clock last stood still or ended."""
        due = self.runs_out_at(calendar)
        return due is not None and due < self._ran_until(now)

    def elapsed(self, now: datetime, calendar: WorkingCalendar) -> timedelta:
        """The working time that counted towards the term."""
        counted = (i.working_time for i in self.intervals(now, calendar) if i.counts)
        return sum(counted, timedelta())

    def intervals(self, now: datetime, calendar: WorkingCalendar) -> tuple[Interval, ...]:
        """The time from the start until `now` or the end, explained without a gap; empty stretches left out."""
        until = min(now, self.ended_at or now)
        turns = (
            Turn(self.started_at, ()),
            *(turn for turn in self.turns if turn.at < until),
            Turn(until, ()),
        )
        return tuple(
            Interval(
                begins_at=turn.at,
                ends_at=following.at,
                counts=not turn.stops,
                reason=_reason(turn.stops),
                working_time=calendar.working_time_between(turn.at, following.at),
            )
            for turn, following in pairwise(turns)
            if turn.at < following.at
        )

    def part_due_at(self, start: datetime, allowance: Term, calendar: WorkingCalendar) -> datetime | None:
        """When a part of the time that is counted from `start` runs out; None as for `due_at`."""
        return None if self.stops else self.part_runs_out_at(start, allowance, calendar)

    def part_runs_out_at(
        self, start: datetime, allowance: Term, calendar: WorkingCalendar
    ) -> datetime | None:
        """The same, also while the clock stands still: when it would if it ran on now."""
        return self._put_off(start, nominal_end(start, allowance, calendar), calendar)

    def runs_out_at(self, calendar: WorkingCalendar) -> datetime | None:
        """When the term runs out, or would if the clock did not stand still now."""
        end = nominal_end(self.started_at, self.term, calendar)
        for extension in self.extensions:
            end = end and nominal_end(end, extension, calendar)
        return self._put_off(self.started_at, end, calendar)

    def _put_off(self, start: datetime, end: datetime | None, calendar: WorkingCalendar) -> datetime | None:
        """When time with this nominal end runs out, each standstill counted that has a part after `start`."""
        for begins, ends in self._standstills():
            if ends is not None and ends > start:
                end = relaid(end, max(begins, start), ends, calendar)
        return end and rolled(end, calendar)

    def _standstills(self) -> Iterator[tuple[datetime, datetime | None]]:
        """From when to when the clock stood still, for whatever reason; the last may go on."""
        begins = None
        for turn in self.turns:
            if begins is None:
                begins = turn.at
            elif not turn.stops:
                yield begins, turn.at
                begins = None
        if begins is not None:
            yield begins, None

    def _ran_until(self, now: datetime) -> datetime:
        """Where the running of the clock has come to."""
        return min(moment for moment in (now, self.ended_at, self.stopped_at) if moment)

    def _turned(self, at: datetime, stops: tuple[Stop, ...]) -> Self:
        self._require_going(at)
        return replace(self, turns=(*self.turns, Turn(at, stops)))

    def _require_going(self, at: datetime | None = None) -> None:
        if self.ended_at is not None or (at is not None and at < self._latest):
            raise ClockOutOfOrder

    @property
    def _latest(self) -> datetime:
        return self.turns[-1].at if self.turns else self.started_at


def _reason(stops: tuple[Stop, ...]) -> Text:
    texts = [STOP_TEXT[stop] for stop in stops] or [RUNNING_TEXT]
    return Text(vi="; ".join(text.vi for text in texts), en="; ".join(text.en for text in texts))
