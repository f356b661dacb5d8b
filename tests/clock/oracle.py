"""What happened to a case, in minutes: when what is due, who held it, who was late, all by counting.

It knows nothing of how the domain reckons. It has one byte for each minute of the agency's time, worked or not,
blots out the minutes in which the clock stood still, and counts.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from procedures.domain.terms import NO_TERM, Term, TermKind
from tests.clock.calendars import HORIZON, MINUTES_OF_DAY, instant, minute_of

APPLICANT = "applicant"
OF_THE_APPLICANT = {"asked", "unpaid", "step"}
"""Reasons to stand still for which the applicant is waited for."""


@dataclass(frozen=True)
class Opened:
    """A step that was opened."""

    by: str
    """Whose it is: `agency/unit`."""
    at: int
    allowance: Term
    counted_from: int
    stage: str | None
    stage_since: int
    exempt: bool
    silent: bool
    """Silence is consent."""


@dataclass(frozen=True)
class Opinion:
    """One that was asked, without whose word the case is not decided."""

    by: str
    asked_by: str
    at: int
    term: Term
    exempt: bool
    silent: bool


@dataclass(frozen=True)
class Spent:
    """A time with an end of its own that is over: it was somebody's, ran out, and was used until a minute."""

    by: str
    at: int
    until: int
    ran_out: datetime | None
    """None: as the clock tells in the end."""
    of: Opened | None = None


@dataclass
class Oracle:
    """A case from its submission on."""

    term: Term
    submitted: int
    receiving: str
    table: bytes
    """One byte a minute: 1 when the agency is at work."""
    start: int | None = None
    decided: bool = False
    extensions: list[Term] = field(default_factory=list)
    still: list[tuple[int, int | None]] = field(default_factory=list)
    """From when to when the clock stood still; the last may go on."""
    reasons: set[str] = field(default_factory=set)
    steps: dict[str, Opened] = field(default_factory=dict)
    asked: tuple[int, Term] | None = None
    opinions: list[Opinion] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    held: list[tuple[int, frozenset[str], bool]] = field(default_factory=list)
    """From a minute on: in whose hands, and whether the clock ran."""
    told: dict[str, tuple[datetime | None, int]] = field(default_factory=dict)
    """What everybody could read: when what was due, and since which minute it said so."""
    promised: datetime | None = None
    """Until when the applicant was told to have time, before a calendar was put right too late to take it back."""

    # What happens.

    def tell(self, now: int) -> None:
        """What can be read from now on, where it is not what could be read before."""
        due = {f"step {step} of {opened.at}": self.step_due(step) for step, opened in self.steps.items()}
        due |= {f"opinion of {opinion.by}": self.opinion_due(opinion) for opinion in self.opinions}
        if self.start is not None and not self.decided:
            due["case"] = self.case_due()
        for what, instant_ in due.items():
            if what not in self.told or self.told[what][0] != instant_:
                self.told[what] = (instant_, now)

    def could_be_met(self, what: str) -> bool:
        """Whether one who read it at once had time left; silence of any other says nothing."""
        due, since = self.told[what]
        return due is not None and instant(since) < due

    def edit(self, now: int, table: bytes) -> None:
        """Other minutes are worked. Who was told of an instant that by them has passed is told of no other."""
        before = self.answer_by()
        self.table, self.promised = table, None
        after = self.answer_by()
        if after is not None and after <= instant(now):
            self.promised = before

    def stand(self, now: int) -> None:
        """Something has happened: how the case stands from now on; once it is decided, as it stood then."""
        if self.decided:
            return
        for name, wanted in (
            ("exempt", any(step.exempt for step in self.steps.values())),
            ("opinion", any(opinion.exempt for opinion in self.opinions)),
        ):
            (self.reasons.add if wanted else self.reasons.discard)(name)
        stood = bool(self.still) and self.still[-1][1] is None
        if self.reasons and not stood:
            self.still.append((now, None))
        if stood and not self.reasons:
            self.still[-1] = (self.still[-1][0], now)
        self.held.append((now, self._hands(), not self.reasons))

    def begin(self, now: int, allowance: Term) -> None:
        """The case is received, for which the receiving step had this time."""
        self.start = now
        if allowance != NO_TERM:
            by, at = self.receiving, self.submitted
            self.spent.append(Spent(by, at, now, None, Opened(by, at, allowance, at, None, at, False, False)))

    def end(self, now: int) -> None:
        """The matter is decided: nothing is waited for any more."""
        self.decided = True
        if self.reasons:
            self.still[-1] = (self.still[-1][0], now)
            self.reasons.clear()

    def finish(self, step: str, now: int) -> Opened:
        """A step is done, by whomever."""
        done, due = self.steps[step], self.step_due(step)
        if done.allowance != NO_TERM:
            self.spent.append(Spent(done.by, done.at, now, due if done.exempt else None, done))
        return self.steps.pop(step)

    def answer(self, opinion: Opinion, now: int) -> None:
        """One that was asked has answered, or is taken to have."""
        self.spent.append(Spent(opinion.by, opinion.at, now, self.opinion_due(opinion) or instant(HORIZON)))
        self.opinions.remove(opinion)

    def _hands(self) -> frozenset[str]:
        if self.start is None:
            return frozenset({self.receiving})
        if self.reasons:
            hands = {APPLICANT} if self.reasons & OF_THE_APPLICANT else set()
            hands |= {step.by for step in self.steps.values() if step.exempt}
            return frozenset(hands | {opinion.by for opinion in self.opinions if opinion.exempt})
        waiting = {opinion.asked_by for opinion in self.opinions}
        at_work = {step.by for step in self.steps.values()} - waiting
        return frozenset(at_work | {opinion.by for opinion in self.opinions})

    # When what is due.

    def case_due(self) -> datetime | None:
        return None if self.reasons else self.runs_out()

    def runs_out(self) -> datetime | None:
        """When it would be due if the clock ran on now."""
        assert self.start is not None
        return self.due(self.start, self.term, self.extensions)

    def step_due(self, step: str) -> datetime | None:
        opened = self.steps[step]
        if opened.exempt and opened.allowance != NO_TERM:  # its own time runs while it keeps the clock still
            return self.due_regardless(opened.counted_from, opened.allowance)
        if self.reasons:
            return None
        own = self.due(opened.counted_from, opened.allowance)
        return (
            own if own is not None or self.decided else self.case_due()
        )  # an answer that is given is not due

    def opinion_due(self, opinion: Opinion) -> datetime | None:
        return self.due_regardless(opinion.at, opinion.term)

    def answer_by(self) -> datetime | None:
        """Until when the applicant who is asked has time."""
        return (self.promised or self.due_regardless(*self.asked)) if self.asked else None

    def ask(self, now: int, term: Term) -> None:
        """The applicant is asked for something."""
        self.asked, self.promised = (now, term), None
        self.reasons.add("asked")
        self.stand(now)

    def due_regardless(self, start: int, term: Term) -> datetime | None:
        """When a time runs out that no clock stops."""
        return replace(self, still=[]).due(start, term)

    def due(self, start: int, term: Term, extensions: list[Term] | None = None) -> datetime | None:
        parts = [term, *(extensions or [])]
        if term.kind is TermKind.NONE:
            return None
        if term.kind is TermKind.CALENDAR_DAYS:
            return self._due_by_days(start, sum(int(part.amount) for part in parts))
        return instant(self._minute_with(start, sum(minutes_of(part) for part in parts)))

    def _ran(self) -> bytearray:
        """One byte a minute: 1 when the agency is at work and the clock runs, as it does from now on."""
        ticks = bytearray(self.table)
        for begins, ends in self.still:
            if ends is not None:
                ticks[begins:ends] = bytes(ends - begins)
        return ticks

    def _minute_with(self, start: int, needed: int) -> int:
        """The minute that begins when so many minutes were worked while the clock ran."""
        if not needed:
            return start
        ticks, place = self._ran(), start
        while True:  # day by day, then minute by minute
            in_day = ticks.count(1, place, place + MINUTES_OF_DAY)
            if in_day >= needed:
                break
            needed -= in_day
            place += MINUTES_OF_DAY
            assert place < HORIZON
        for minute in range(place, HORIZON):
            needed -= ticks[minute]
            if not needed:
                return minute + 1
        raise AssertionError

    def _due_by_days(self, start: int, left: int) -> datetime:
        """Midnights pass; each that the clock runs through takes a day of those that are left. When none is, the
        term ends with the first day that is worked."""
        place = start
        while True:
            day, midnight = place // MINUTES_OF_DAY, (place // MINUTES_OF_DAY + 1) * MINUTES_OF_DAY
            stands = any(begins < midnight <= ends for begins, ends in self.still if ends is not None)
            if not stands and left:
                left -= 1
            elif not stands and self.table.count(1, day * MINUTES_OF_DAY, midnight):
                return instant(midnight) - timedelta(microseconds=1)
            place = midnight
            assert place < HORIZON

    def reminded(self, due: datetime | None, term: Term) -> datetime | None:
        """So much working time before it is due, counted backwards."""
        if due is None or term.kind is TermKind.NONE:
            return None
        minute, needed = minute_of(due), minutes_of(term)
        while needed:
            minute -= 1
            needed -= self.table[minute]
        return instant(minute)

    # How much of it.

    def elapsed(self, now: int) -> int:
        assert self.start is not None
        return self._ran().count(1, self.start, self._ran_until(now))

    def remaining(self, now: int) -> int | None:
        due = self.runs_out()
        return None if due is None else self.table.count(1, self._ran_until(now), minute_of(due))

    def _ran_until(self, now: int) -> int:
        return min(now, self.still[-1][0]) if self.still and self.still[-1][1] is None else now

    # Whose it is.

    def shares(self, now: int) -> dict[str, tuple[Fraction, ...]]:
        """Of everybody who had any: minutes held, of the delay, and over the end of a time of their own."""
        due = self.runs_out() if self.start is not None else None
        late_from = HORIZON if due is None else minute_of(due)
        held: dict[str, Fraction] = defaultdict(Fraction)
        late: dict[str, Fraction] = defaultdict(Fraction)
        over: dict[str, Fraction] = defaultdict(Fraction)
        ends = [*(begins for begins, _, _ in self.held[1:]), now]
        for (begins, hands, counts), until in zip(self.held, ends, strict=True):
            for one in hands:
                held[one] += Fraction(self.table.count(1, begins, until), len(hands))
                if counts:
                    late[one] += Fraction(self.table.count(1, max(begins, late_from), until), len(hands))
        for by, minutes in self._overruns(now):
            over[by] += minutes
        told = {one: (held[one], late[one], over[one]) for one in {*held, *over}}
        return {one: shares for one, shares in told.items() if any(shares)}

    def _overruns(self, now: int) -> Iterator[tuple[str, int]]:
        as_if_done = replace(self, steps=dict(self.steps), opinions=[*self.opinions], spent=[*self.spent])
        for step in self.steps:
            as_if_done.finish(step, now)
        for opinion in self.opinions:
            as_if_done.answer(opinion, now)
        for one in as_if_done.spent:
            ran_out, minutes = one.ran_out, self.table
            if one.of is not None and not one.of.exempt:
                ran_out, minutes = self.due(one.of.counted_from, one.of.allowance), self._running(now)
            assert ran_out is not None
            yield one.by, minutes.count(1, max(minute_of(ran_out), one.at), max(one.until, one.at))

    def _running(self, now: int) -> bytes:
        """One byte a minute until now: 1 when the agency was at work and the clock ran."""
        until = self._ran_until(now)
        return bytes(self._ran()[:until])


def minutes_of(term: Term) -> int:
    return int(term.amount * (480 if term.kind is TermKind.WORKING_DAYS else 60))
