"""Any history of consultations: what is settled, what stands still, who holds the case, what follows by itself.

Beside the case runs a list of who was asked and what became of it, from which the same is told otherwise.
`MOTCUA_CONSULTATIONS` says how many histories are run; the short form is for every run of the tests.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import pytest

from procedures.cases.store import act_json, actor_json, entry_of
from procedures.domain import consulting, handling
from procedures.domain.acts import Act, Actor, Entry, Submitted
from procedures.domain.attribution import holdings, shares, states
from procedures.domain.case import Attachment, MissingItem, Outcome, fold, opened
from procedures.domain.clock import Stop
from procedures.domain.consultation import Answer, Consultation, ConsultationOpen, Consultee, Opinion
from procedures.domain.consultation_acts import ConsultationAnswered
from procedures.domain.deciding import decide
from procedures.domain.definition import END, Definition, Step, Transition
from procedures.domain.firing import fire
from procedures.domain.handling import Official
from procedures.domain.holidays_vn import vietnam
from procedures.domain.log import Link
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.timers import timers_of
from shared.errors import Text
from shared.ids import new_id

CALENDAR = vietnam(range(2026, 2029))
WORDS = Text("Bước", "Step")
UNITS = ("PHONG", "BP_KHAC")
US = Official("H99.01", frozenset((unit, "XU_LY") for unit in UNITS))
THEM = Official("H99.02", frozenset((unit, "XU_LY") for unit in UNITS))
STEPS = (
    Step("NHAN", WORDS, "PHONG", (Transition("XU_LY", beside=("BEN",)),)),
    Step("XU_LY", WORDS, "PHONG", (Transition(END),)),
    Step("BEN", WORDS, "BP_KHAC", (Transition(END),)),
)
LIMITS = consulting.Limits(at_once=25, in_all=25)
HISTORIES, MOVES = int(os.environ.get("MOTCUA_CONSULTATIONS", "60")), 25


@dataclass
class Remembered:
    """One that was asked, as a clerk would write it down."""

    asked_in: UUID
    due_at: datetime | None
    said: str = ""
    """`yes`, `no`, `gone`; nothing yet."""


class History:
    """A case, and whatever people do about it."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.now = dice, datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
        term = dice.choice([NO_TERM, *(Term(TermKind.WORKING_DAYS, Decimal(days)) for days in (2, 15))])
        self.definition = Definition("MAU", WORDS, "H99.01", term, "NHAN", STEPS)
        task = handling.receiving_task(self.definition, CALENDAR, self.now)
        act = Submitted("MAU", 1, "H99.01", "citizen", "", (), (task,), None)
        self.log = [Entry(1, self.now, Actor("citizen", "person"), act)]
        self.case = opened(new_id(), self.log[0])
        self.book: dict[UUID, Remembered] = {}
        self.orders: dict[UUID, Consultation] = {}
        self.done(handling.accept(self.case, self.definition, CALENDAR, US, self.now))

    def done(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            self.log.append(Entry(self.case.sequence + 1, self.now, Actor("x", "official", "H99.01"), act))
            self.case = self.case.after(self.log[-1])

    def time_passes(self) -> None:
        """And what has run out by then happens, each thing once."""
        self.now += timedelta(hours=self.dice.choice([1, 5, 30, 100]))
        acts = fire(self.case, self.definition, CALENDAR, self.now)
        for act in acts:
            if isinstance(act, ConsultationAnswered):
                due = self.book[act.consultee].due_at
                assert due is not None
                assert due < self.now
                self.book[act.consultee].said = "yes"
        self.done(acts)
        assert [timer for timer in timers_of(self.case) if timer.at < self.now] == []
        assert fire(self.case, self.definition, CALENDAR, self.now) == ()

    def ask(self) -> None:
        if self.case.status is not Status.ACCEPTED:
            return
        dice, term = self.dice, Term(TermKind.WORKING_DAYS, Decimal(self.dice.choice([1, 3])))
        exempt, timed = dice.random() < 0.4, dice.random() < 0.7
        asked = tuple(
            Consultee(new_id(), f"H99.0{number + 2}", "PHONG", "x", term=term if timed else NO_TERM)
            for number in range(dice.choice([1, 2, 3]))
        )
        order = Consultation(
            new_id(),
            self.now,
            "",
            asked,
            needed=dice.choice([None, *range(1, len(asked) + 1)]),
            silence_consents=timed and dice.random() < 0.5,
            mandatory=exempt or dice.random() < 0.7,
            exempted_by="x" if exempt else None,
        )
        known = {one.agency: UNITS for one in asked}
        self.done(
            consulting.consult(self.case, self.definition, CALENDAR, US, self.now, order, known, LIMITS)
        )
        self.orders[order.id] = order
        for one in self.case.consultations[-1].consultees:
            self.book[one.id] = Remembered(order.id, one.due_at)

    def answer(self) -> None:
        if not self.case.consulted:
            return
        asked = self.dice.choice(self.case.consulted)
        opinion = self.dice.choice(list(Opinion))
        who = Official(asked[1].agency, THEM.posts)
        given = Answer(self.now, opinion, "x", by="official")
        self.done(consulting.answer(self.case, CALENDAR, who, self.now, asked, given, ()))
        self.book[asked[1].id].said = "no" if opinion is Opinion.DISAGREE else "yes"

    def withdraw(self) -> None:
        if not self.case.consulted:
            return
        asked, one = self.dice.choice(self.case.consulted)
        gone = self.dice.choice([(), (one.id,)])
        self.done(
            consulting.withdraw(self.case, CALENDAR, US, self.now, asked.id, consultees=gone, reason="x")
        )
        for fewer in asked.waits_for:
            if not gone or fewer.id in gone:
                self.book[fewer.id].said = "gone"

    def supplement(self) -> None:
        """The applicant is asked for something, or brings it."""
        if self.case.status is Status.ACCEPTED:
            items = [MissingItem("SO_DO", "x")]
            self.done(handling.request_supplement(self.case, CALENDAR, US, self.now, items))
        elif self.case.status is Status.SUPPLEMENT_REQUESTED:
            brought = [Attachment(UUID(int=1), "SO_DO", "application/pdf", 1, "00")]
            self.done(handling.supplement(self.case, CALENDAR, self.now, attachments=brought, note=None))

    def decide(self) -> None:
        if self.case.status is not Status.ACCEPTED or self.dice.random() < 0.6:
            return

        def decision() -> tuple[Act, ...]:
            return decide(self.case, self.definition, US, outcome=Outcome.GRANTED, reason="x", number=None)

        if any(order.mandatory and self.open(order) for order in self.orders.values()):
            with pytest.raises(ConsultationOpen):
                decision()
        elif not self.case.stops:
            self.done(decision())

    def open(self, order: Consultation) -> bool:
        """By the book: nobody has decided, and neither enough have consented nor all have spoken."""
        if self.case.status in (Status.DECIDED, Status.CLOSED):
            return False
        said = [kept.said for kept in self.book.values() if kept.asked_in == order.id]
        still = [word for word in said if word != "gone"]
        enough = len(still) if order.needed is None else min(order.needed, len(still))
        return "" in still and still.count("yes") < enough


def check(history: History) -> None:
    case = history.case
    stored = [Link(e.sequence, e.at, actor_json(e.actor), act_json(e.act), b"") for e in history.log]
    assert fold(case.id, history.log) == fold(case.id, map(entry_of, stored)) == case
    waiting = {
        one
        for one, kept in history.book.items()
        if not kept.said and history.open(history.orders[kept.asked_in])
    }
    assert {one.id for _, one in case.consulted} == waiting
    for asked in case.consultations:
        if case.status is not Status.DECIDED:
            assert (asked.outcome is None) is history.open(history.orders[asked.id])
    exempt = any(order.exempted_by and history.open(order) for order in history.orders.values())
    assert case.status is Status.DECIDED or (Stop.OPINION in case.stops) is exempt
    assert case.clock is not None
    assert case.status is Status.DECIDED or case.clock.due_at(CALENDAR) == case.due_at


def check_holders(history: History) -> None:
    case, told = history.case, states(history.case, history.log)
    held, until = holdings(told, CALENDAR, history.now), case.decided_at or history.now
    assert all(before.ends_at == after.begins_at for before, after in pairwise(held))
    assert all(holding.holders for holding in held)
    parts = shares(told, CALENDAR, history.now)
    worked = CALENDAR.working_time_between(case.submitted_at, until)
    assert sum((part.held for part in parts), timedelta()) == worked


def test_any_history_comes_to_what_the_book_says() -> None:
    seen: dict[str, int] = {}
    for seed in range(HISTORIES):
        dice = Random(seed)
        history = History(dice)
        moves: list[Callable[[], Any]] = [
            history.time_passes,
            history.ask,
            history.answer,
            history.answer,
            history.withdraw,
            history.supplement,
            history.decide,
        ]
        for _ in range(MOVES):
            dice.choice(moves)()
            check(history)
        check_holders(history)
        for entry in history.log:
            seen[entry.act.kind] = seen.get(entry.act.kind, 0) + 1
    kinds = {"consultation_requested", "consultation_answered", "consultation_withdrawn"}
    assert kinds | {"consultation_overdue", "decided"} <= seen.keys()
    print(f"{HISTORIES} histories, {sum(seen.values())} acts, no difference")
