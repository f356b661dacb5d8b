"""Random histories of cases against an oracle that counts minutes, written without a look at the domain.

The domain reckons with tables of working time and relays due instants over each standstill. The oracle knows
none of that: it has one byte for each minute of the agency's time, worked or not, blots out the minutes in
which the clock stood still, and counts. MOTCUA_HISTORIES says how many histories are tried (100000 for long).
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from uuid import UUID

import pytest

from procedures.domain import handling
from procedures.domain.acts import Act, Actor, Entry, Submitted
from procedures.domain.calendar import Session, WorkingCalendar
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, opened
from procedures.domain.case_clock import explain
from procedures.domain.dating import redated
from procedures.domain.deciding import decide
from procedures.domain.definition import END, Definition, Join, Stage, Step, Transition
from procedures.domain.handling import DecisionMissing, Official
from procedures.domain.lateness import ExtensionNotAllowed, extend
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_rules import Extension, SupplementRule, TimeRules
from shared.errors import Text

HISTORIES = int(os.environ.get("MOTCUA_HISTORIES", "2000"))
FIRST = int(os.environ.get("MOTCUA_FIRST_HISTORY", "0"))

BASE = datetime(2025, 12, 31, 17, tzinfo=UTC)
"""Midnight of 1 January 2026 in Viet Nam: minute 0."""
DAYS, MINUTES_OF_DAY = 450, 24 * 60
HORIZON = DAYS * MINUTES_OF_DAY
MINUTE = timedelta(minutes=1)
AGENCY, WORDS = "H99.01", Text("Mẫu", "Sample")
EVERYBODY = Official(AGENCY, frozenset({("PHONG", "XU_LY")}))
ACTOR = Actor("someone", "official", AGENCY)
FAMILIES, EDITS = 40, 6


# Calendars: the same choices told to the domain as a value, and to the oracle as minutes.


@dataclass(frozen=True)
class Choices:
    """What a calendar is made of, in minutes of the day and days since minute 0."""

    week: tuple[tuple[tuple[int, int], ...], ...]
    off: frozenset[int]
    closed: frozenset[int]
    mornings: frozenset[int]
    afternoons: frozenset[int]
    make_up: frozenset[int]


USUAL = ((450, 690), (810, 1050))
WEEKS: tuple[tuple[tuple[tuple[int, int], ...], ...], ...] = (
    (USUAL,) * 5 + ((), ()),
    (USUAL,) * 5 + (((450, 690),), ()),
    (((420, 705), (780, 1020)),) * 5 + ((), ()),
    (((480, 1013),),) * 4 + (((480, 720),), (), ()),
    ((), ((0, 1),), USUAL, (), ((600, 660), (660, 720), (721, 1439)), (), ()),
)


@cache
def choices(family: int, edit: int) -> Choices:
    """Edits of one family have its week, and other special days."""
    week = WEEKS[family % len(WEEKS)]
    few = random.Random(family * 1000 + edit)
    special = few.sample(range(40, 260), few.randint(0, 40))
    lists: list[set[int]] = [set() for _ in range(5)]
    for day in special:
        few.choice(lists).add(day)
    if few.random() < 0.2:
        gap = few.randint(40, 200)
        lists[1] |= set(range(gap, gap + 12)) - set().union(*lists)
    return Choices(week, *map(frozenset, lists))


@cache
def calendar_of(family: int, edit: int) -> WorkingCalendar:
    chosen = choices(family, edit)

    def session(opens: int, closes: int) -> Session:
        return Session(time(*divmod(opens, 60)), time(*divmod(closes, 60)))

    def dates(days: frozenset[int]) -> frozenset[date]:
        return frozenset(date(2026, 1, 1) + timedelta(days=day) for day in days)

    week = tuple(tuple(session(*pair) for pair in day) for day in chosen.week)
    return WorkingCalendar(
        week=week,
        holidays=dates(chosen.off),
        closures=dates(chosen.closed),
        mornings=dates(chosen.mornings),
        afternoons=dates(chosen.afternoons),
        make_up_days=dates(chosen.make_up),
    )


@cache
def worked_minutes(family: int, edit: int) -> bytes:
    """One byte a minute: 1 when the agency is at work."""
    chosen, minutes = choices(family, edit), bytearray(HORIZON)
    fullest = max(chosen.week, key=lambda day: sum(closes - opens for opens, closes in day))
    for day in range(DAYS):
        ordinary = chosen.week[(day + 3) % 7]  # 1 January 2026 is a Thursday
        if day in chosen.off or day in chosen.closed:
            continue
        half = day in chosen.mornings or day in chosen.afternoons
        hours = fullest if day in chosen.make_up or (half and not ordinary) else ordinary
        for opens, closes in hours:
            for minute in range(opens, closes):
                if half and (minute < 720) is not (day in chosen.mornings):
                    continue
                minutes[day * MINUTES_OF_DAY + minute] = 1
    return bytes(minutes)


# The oracle.


@dataclass
class Opened:
    """An open step as the oracle remembers it."""

    at: int
    allowance: Term
    counted_from: int
    stage: str | None
    stage_since: int
    exempt: bool = False


@dataclass
class Oracle:
    """What happened to a case, in minutes; and when what is due, by counting."""

    term: Term
    start: int
    table: bytes
    extensions: list[Term] = field(default_factory=list)
    still: list[tuple[int, int | None]] = field(default_factory=list)
    """From when to when the clock stood still; the last may go on."""
    reasons: set[str] = field(default_factory=set)
    steps: dict[str, Opened] = field(default_factory=dict)
    asked: tuple[int, Term] | None = None

    def stand(self, now: int, reasons: set[str]) -> None:
        if reasons and not self.reasons:
            self.still.append((now, None))
        if self.reasons and not reasons:
            self.still[-1] = (self.still[-1][0], now)
        self.reasons = reasons

    def case_due(self) -> datetime | None:
        return None if self.reasons else self.due(self.start, self.term, self.extensions)

    def step_due(self, step: str) -> datetime | None:
        opened = self.steps[step]
        if opened.exempt and opened.allowance != NO_TERM:  # its own time runs while it keeps the clock still
            return Oracle(NO_TERM, 0, self.table).due(opened.counted_from, opened.allowance, [])
        if self.reasons:
            return None
        return self.due(opened.counted_from, opened.allowance, []) or self.case_due()

    def due(self, start: int, term: Term, extensions: list[Term]) -> datetime | None:
        if term.kind is TermKind.NONE:
            return None
        if term.kind is TermKind.CALENDAR_DAYS:
            return self._due_by_days(start, [int(part.amount) for part in (term, *extensions)])
        needed = sum(minutes_of(part) for part in (term, *extensions))
        return instant(self._minute_with(start, needed))

    def _minute_with(self, start: int, needed: int) -> int:
        """The minute that begins when so many minutes were worked while the clock ran."""
        if not needed:
            return start
        ticks = bytearray(self.table)
        for begins, ends in self.still:
            until = HORIZON if ends is None else ends
            ticks[begins:until] = bytes(until - begins)
        place = start
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

    def _due_by_days(self, start: int, parts: list[int]) -> datetime:
        """Midnights pass; each that the clock runs through takes a day of those that are left. When none is, the
        term ends with the first day that is worked."""
        left, place = sum(parts), start
        while True:
            day, midnight = place // MINUTES_OF_DAY, (place // MINUTES_OF_DAY + 1) * MINUTES_OF_DAY
            stands = any(
                begins < midnight and (ends is None or midnight <= ends) for begins, ends in self.still
            )
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
        minute, needed = minute_of(due + timedelta(microseconds=1)), minutes_of(term)
        if due.microsecond == 0:
            minute = minute_of(due)
        while needed:
            minute -= 1
            needed -= self.table[minute]
        return instant(minute)

    def elapsed(self, now: int) -> int:
        ticks = bytearray(self.table[:now])
        for begins, ends in self.still:
            until = now if ends is None else min(ends, now)
            ticks[begins:until] = bytes(max(until - begins, 0))
        return ticks.count(1, self.start, now)


def minutes_of(term: Term) -> int:
    return int(term.amount * (480 if term.kind is TermKind.WORKING_DAYS else 60))


def instant(minute: int) -> datetime:
    return BASE + minute * MINUTE


def minute_of(at: datetime) -> int:
    return (at - BASE) // MINUTE


# Procedures and histories.


def some_term(dice: random.Random, *, none: float = 0.2) -> Term:
    if dice.random() < none:
        return NO_TERM
    kind = dice.choice([TermKind.WORKING_DAYS, TermKind.WORKING_HOURS, TermKind.CALENDAR_DAYS])
    if kind is TermKind.WORKING_DAYS:
        return Term(kind, Decimal(dice.randint(0, 20)) / 2)
    if kind is TermKind.WORKING_HOURS:
        return Term(kind, Decimal(dice.randint(0, 160)) / 4)
    return Term(kind, Decimal(dice.randint(0, 15)))


def some_definition(dice: random.Random) -> Definition:
    """Received; a step or two; two side by side; a step on which they join; steps that loop; handed over."""

    def step(code: str, *ways: Transition, **more: object) -> Step:
        return Step(code, WORDS, "PHONG", ways, allowance=some_term(dice, none=0.4), **more)  # type: ignore[arg-type]

    def stage() -> str | None:
        return dice.choice([None, "1", "2"])

    pauses = dice.random() < 0.5
    term = some_term(dice, none=0.1)
    kinds = [TermKind.CALENDAR_DAYS] if term.kind is TermKind.CALENDAR_DAYS else [TermKind.WORKING_HOURS]
    return Definition(
        "MAU",
        WORDS,
        AGENCY,
        term,
        "NHAN",
        (
            step("NHAN", Transition("A")),
            step("A", Transition("B"), stage=stage(), pauses_clock=pauses),
            step("B", Transition("C", beside=("D",)), stage=stage(), resumes_clock=pauses),
            step("C", Transition("E"), stage=stage(), exempt=dice.random() < 0.5),
            step("D", Transition("E"), stage=stage(), exempt=dice.random() < 0.3),
            step("E", Transition("A", "again"), Transition("F", "on"), stage=stage(), join=Join()),
            step("F", Transition(END)),
        ),
        (Stage("1", WORDS, some_term(dice)), Stage("2", WORDS, some_term(dice))),
        time_rules=TimeRules(
            reminder=dice.choice([NO_TERM, Term(TermKind.WORKING_HOURS, Decimal(dice.randint(1, 30)))]),
            extension=Extension(Term(dice.choice(kinds), Decimal(10)), 3),
            supplements=SupplementRule(answer_within=some_term(dice)),
        ),
    )


class History:
    """One case, told to the domain and to the oracle, compared after everything that happens."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.definition = some_definition(self.dice)
        self.family, self.edit = self.dice.randrange(FAMILIES), 0
        self.now = (60 + self.dice.randrange(20)) * MINUTES_OF_DAY + self.dice.randrange(MINUTES_OF_DAY)
        task = handling.receiving_task(self.definition, self.calendar, instant(self.now))
        act = Submitted("MAU", 1, AGENCY, "citizen", "", (), (task,), None)
        self.case = opened(UUID(int=seed), Entry(1, instant(self.now), ACTOR, act))
        self.oracle: Oracle

    @property
    def calendar(self) -> WorkingCalendar:
        return calendar_of(self.family, self.edit)

    def play(self) -> int:
        """Lets it happen; how often domain and oracle were compared."""
        self.accept()
        compared = 0
        for _ in range(self.dice.randint(2, 12)):
            self.compare()
            compared += 1
            if self.case.status is Status.DECIDED:
                break
            self.now += self.dice.choice([0, 1, self.dice.randrange(600), self.dice.randrange(6000)])
            self.dice.choice(self.possible())()
        self.compare()
        return compared + 1

    def possible(self) -> list[object]:
        if self.case.status is Status.SUPPLEMENT_REQUESTED:
            return [self.bring, self.bring, self.edit_calendar]
        return [
            self.complete,
            self.complete,
            self.complete,
            self.ask,
            self.extend,
            self.edit_calendar,
            self.decide,
        ]

    def done(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            self.case = self.case.after(Entry(self.case.sequence + 1, instant(self.now), ACTOR, act))

    def accept(self) -> None:
        self.done(handling.accept(self.case, self.definition, self.calendar, EVERYBODY, instant(self.now)))
        table = worked_minutes(self.family, self.edit)
        self.oracle = Oracle(self.definition.term, self.now, table)
        self.open_steps(None, set())

    def open_steps(self, after: Opened | None, reasons: set[str]) -> None:
        """Which steps are open is no question here; since when and for how long is."""
        steps = {}
        for task in self.case.tasks:
            if task.step in self.oracle.steps and not (
                after and task.step == getattr(self, "finished", None)
            ):
                steps[task.step] = self.oracle.steps[task.step]
                continue
            step = self.definition.step(task.step)
            same = after is not None and step.stage is not None and after.stage == step.stage
            since = after.stage_since if same and after else self.now
            stage = self.definition.stage(step.stage)
            if stage is None or step.allowance != NO_TERM:
                opened = Opened(self.now, step.allowance, self.now, step.stage, since, step.exempt)
            else:
                opened = Opened(self.now, stage.allowance, since, step.stage, since, step.exempt)
            steps[task.step] = opened
        self.oracle.steps = steps
        exempt = any(self.definition.step(step).exempt for step in steps)
        self.oracle.stand(self.now, (reasons - {"exempt"}) | ({"exempt"} if exempt else set()))

    def complete(self) -> None:
        task = self.dice.choice(self.case.tasks)
        step = self.definition.step(task.step)
        outcome = self.dice.choice(["again", "on"]) if step.code == "E" else None
        try:
            self.done(
                handling.complete_task(
                    self.case,
                    self.definition,
                    self.calendar,
                    EVERYBODY,
                    instant(self.now),
                    step=step.code,
                    outcome=outcome,
                    note=None,
                )
            )
        except DecisionMissing:
            return
        after, reasons = self.oracle.steps.pop(step.code), set(self.oracle.reasons)
        if step.pauses_clock:
            reasons.add("step")
        if step.resumes_clock:
            reasons.discard("step")
        self.open_steps(after, reasons)

    def ask(self) -> None:
        items = [MissingItem("X", "?"), MissingItem("Y", "?")]
        rule = self.definition.time_rules.supplements
        self.done(
            handling.request_supplement(self.case, self.calendar, EVERYBODY, instant(self.now), items, rule)
        )
        self.oracle.asked = (self.now, rule.answer_within)
        self.oracle.stand(self.now, self.oracle.reasons | {"asked"})

    def bring(self) -> None:
        missing = [item.document for item in self.case.missing]
        brought = missing if self.dice.random() < 0.6 else missing[:1]
        papers = [Attachment(UUID(int=1), document, "application/pdf", 1, "") for document in brought]
        self.done(
            handling.supplement(self.case, self.calendar, instant(self.now), attachments=papers, note=None)
        )
        if brought == missing:
            self.oracle.asked = None
            self.oracle.stand(self.now, self.oracle.reasons - {"asked"})

    def extend(self) -> None:
        longest = self.definition.time_rules.extension
        assert longest is not None
        by = Term(longest.longest.kind, Decimal(self.dice.randint(1, 10)))
        try:
            self.done(
                extend(
                    self.case,
                    self.definition,
                    self.calendar,
                    EVERYBODY,
                    instant(self.now),
                    by=by,
                    reason="x",
                )
            )
        except ExtensionNotAllowed:
            return
        self.oracle.extensions.append(by)

    def edit_calendar(self) -> None:
        self.edit = self.dice.randrange(EDITS)
        self.oracle.table = worked_minutes(self.family, self.edit)
        act = redated(self.case, self.calendar, "edited")
        self.done((act,) if act else ())

    def decide(self) -> None:
        if not self.case.stops and self.dice.random() < 0.3:
            self.done(
                decide(
                    self.case, self.definition, EVERYBODY, outcome=Outcome.GRANTED, reason="x", number=None
                )
            )

    def compare(self) -> None:
        case, oracle = self.case, self.oracle
        assert set(self.said(case)) == set(self.counted(oracle, case)), self.dice
        explained = explain(case, self.calendar, instant(self.now))
        assert explained.elapsed == oracle.elapsed(self.now) * MINUTE

    @staticmethod
    def said(case: Case) -> Iterator[tuple[str, datetime | None]]:
        yield "case", case.due_when_decided if case.decided_at else case.due_at
        yield "reminder", case.remind_at
        for task in case.tasks:
            yield task.step, task.due_at
        if case.asked is not None:
            yield "asked", case.asked.answer_by
            yield "asked again", case.asked.remind_at

    def counted(self, oracle: Oracle, case: Case) -> Iterator[tuple[str, datetime | None]]:
        reminder, due = self.definition.time_rules.reminder, oracle.case_due()
        yield "case", due
        yield "reminder", oracle.reminded(due, reminder)
        for step in oracle.steps:
            yield step, oracle.step_due(step)
        if oracle.asked is not None:
            answer_by = Oracle(NO_TERM, 0, oracle.table).due(*oracle.asked, [])
            yield "asked", answer_by
            yield "asked again", oracle.reminded(answer_by, reminder)


@pytest.mark.timeout(300 + HISTORIES // 10)
def test_the_clock_agrees_with_counting_minutes() -> None:
    compared = 0
    for seed in range(FIRST, FIRST + HISTORIES):
        try:
            compared += History(seed).play()
        except AssertionError as different:
            raise AssertionError(f"history {seed}: {different}") from different
    print(f"{HISTORIES} histories from {FIRST} on, {compared} comparisons, no difference")
    assert compared > HISTORIES
