"""Random histories of cases, told to the domain and to an oracle that counts minutes, compared all along the way.

`MOTCUA_HISTORIES` says how many are tried (100000 for long), `MOTCUA_FIRST_HISTORY` from which on.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest

from procedures.domain import consulting, handling
from procedures.domain.acts import Act, Actor, Decided, Entry, Submitted, TaskCompleted
from procedures.domain.attribution import shares, states
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, opened
from procedures.domain.case_clock import explain
from procedures.domain.consultation import Answer, Consultation, ConsultationOpen, Consultee
from procedures.domain.consultation import Opinion as Said
from procedures.domain.consultation_acts import ConsultationAnswered, ConsultationOverdue
from procedures.domain.dating import redated
from procedures.domain.deciding import decide
from procedures.domain.definition import Fee
from procedures.domain.fee_assessment import Assessed
from procedures.domain.fee_rules import ask as ask_for_fee
from procedures.domain.firing import fire
from procedures.domain.handling import DecisionMissing, Official
from procedures.domain.lateness import ExtensionNotAllowed, extend
from procedures.domain.simulated_payment import pay
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM, Term
from procedures.domain.time_acts import BecameOverdue, Lapsed, Reminded, SupplementExpired
from procedures.domain.timer import TimerKind
from tests.clock.calendars import (
    EDITS,
    FAMILIES,
    MINUTE,
    MINUTES_OF_DAY,
    calendar_of,
    instant,
    worked_minutes,
)
from tests.clock.invented import AGENCY, ASKED, hands, holder, some_definition, some_term
from tests.clock.oracle import APPLICANT, Opened, Opinion, Oracle

HISTORIES = int(os.environ.get("MOTCUA_HISTORIES", "2000"))
FIRST = int(os.environ.get("MOTCUA_FIRST_HISTORY", "0"))
ACTOR = Actor("someone", "official", AGENCY)
NO_LIMITS = consulting.Limits(100, 1000)


class History:
    """One case, told to the domain and to the oracle."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.definition = some_definition(self.dice)
        self.family, self.edit = self.dice.randrange(FAMILIES), 0
        self.now = (60 + self.dice.randrange(20)) * MINUTES_OF_DAY + self.dice.randrange(MINUTES_OF_DAY)
        task = handling.receiving_task(self.definition, self.calendar, instant(self.now))
        act = Submitted("MAU", 1, AGENCY, "citizen", "", (), (task,), None)
        self.log = [Entry(1, instant(self.now), ACTOR, act)]
        self.case = opened(UUID(int=seed), self.log[0])
        table = worked_minutes(self.family, self.edit)
        self.oracle = Oracle(self.definition.term, self.now, hands(task.agency, task.unit), table)
        self.oracle.stand(self.now)
        self.noted: set[tuple[str, str, datetime]] = set()
        """Of what it was noted that it passed, and which instant."""
        self.passed: dict[tuple[str, str], datetime] = {}
        """The same as long as it falls on no other instant: so long it is not noted again."""

    def tell(self) -> None:
        """What can be read from now on; what falls on another instant than was noted may pass again."""
        self.oracle.tell(self.now)
        for what in [*self.passed]:
            falls_on = self.falls_on(*what)
            if falls_on is not None and falls_on != self.passed[what]:
                del self.passed[what]

    def falls_on(self, kind: str, subject: str) -> datetime | None:
        oracle = self.oracle
        match kind:
            case "reminder":
                return oracle.reminded(oracle.case_due(), self.definition.time_rules.reminder)
            case "case_overdue":
                return oracle.case_due()
            case "opinion":
                return next((oracle.opinion_due(one) for one in oracle.opinions if one.by == subject), None)
            case _:
                return oracle.step_due(subject) if subject in oracle.steps else None

    @property
    def calendar(self) -> WorkingCalendar:
        return calendar_of(self.family, self.edit)

    @property
    def over(self) -> bool:
        return self.case.status.ended or self.case.status is Status.DECIDED

    def play(self) -> int:
        """Lets it happen; how often domain and oracle were compared."""
        self.now += self.dice.choice([0, self.dice.randrange(3000)])
        self.accept()
        self.tell()
        compared = 0
        for _ in range(self.dice.randint(2, 12)):
            self.compare()
            compared += 1
            self.now += self.dice.choice([0, 1, self.dice.randrange(600), self.dice.randrange(6000)])
            self.time_passes()
            if not self.over:
                self.dice.choice(self.possible())()
                self.tell()
            if self.over:
                break
        if not self.case.status.ended:
            self.compare()
        self.compare_shares()
        return compared + 2

    def possible(self) -> list[Callable[[], None]]:
        able = [self.complete] * 3 if any(map(self.case.lets_complete, self.case.tasks)) else []
        able += [self.edit_calendar]
        if "unpaid" in self.oracle.reasons:
            able += [self.pay]
        if self.oracle.opinions:
            able += [self.answer]
        if self.case.status is Status.SUPPLEMENT_REQUESTED:
            return [*able, self.bring, self.bring]
        return [*able, self.ask, self.extend, self.demand, self.consult, self.decide]

    def done(self, acts: Sequence[Act]) -> None:
        for act in acts:
            self.log.append(Entry(self.case.sequence + 1, instant(self.now), ACTOR, act))
            self.case = self.case.after(self.log[-1])

    # What people do.

    def accept(self) -> None:
        official = holder(self.case.tasks[0])
        self.done(handling.accept(self.case, self.definition, self.calendar, official, instant(self.now)))
        self.oracle.begin(self.now, self.definition.first.allowance)
        self.open_steps(None)

    def open_steps(self, after: Opened | None) -> None:
        """Which steps are open is no question here; since when and for how long is."""
        for task in self.case.tasks:
            if task.step in self.oracle.steps:
                continue
            step = self.definition.step(task.step)
            stage = self.definition.stage(step.stage)
            same = after is not None and step.stage is not None and after.stage == step.stage
            since = after.stage_since if same and after else self.now
            of_stage = stage is not None and step.allowance == NO_TERM
            self.oracle.steps[task.step] = Opened(
                by=hands(task.agency, task.unit),
                at=self.now,
                allowance=stage.allowance if of_stage and stage else step.allowance,
                counted_from=since if of_stage else self.now,
                stage=step.stage,
                stage_since=since,
                exempt=step.exempt,
                silent=step.silence_consents,
            )
        self.oracle.stand(self.now)

    def complete(self) -> None:
        task = self.dice.choice([task for task in self.case.tasks if self.case.lets_complete(task)])
        outcome = self.dice.choice(["again", "on"]) if task.step == "E" else None
        try:
            acts = handling.complete_task(
                self.case,
                self.definition,
                self.calendar,
                holder(task),
                instant(self.now),
                step=task.step,
                outcome=outcome,
                note=None,
            )
        except DecisionMissing:
            return
        self.done(acts)
        self.was_completed(task.step)

    def was_completed(self, code: str) -> None:
        step, after = self.definition.step(code), self.oracle.finish(code, self.now)
        if step.pauses_clock and not self.oracle.decided:
            self.oracle.reasons.add("step")
        if step.resumes_clock:
            self.oracle.reasons.discard("step")
        self.open_steps(after)

    def ask(self) -> None:
        items = [MissingItem("X", "?"), MissingItem("Y", "?")]
        rule, official = self.definition.time_rules.supplements, holder(self.case.tasks[0])
        self.done(
            handling.request_supplement(self.case, self.calendar, official, instant(self.now), items, rule)
        )
        self.oracle.ask(self.now, rule.answer_within)

    def bring(self) -> None:
        missing = [item.document for item in self.case.missing]
        brought = missing if self.dice.random() < 0.6 else missing[:1]
        papers = [Attachment(UUID(int=1), document, "application/pdf", 1, "") for document in brought]
        self.done(
            handling.supplement(self.case, self.calendar, instant(self.now), attachments=papers, note=None)
        )
        if brought == missing:
            self.was_brought()

    def was_brought(self) -> None:
        self.oracle.asked = None
        self.oracle.reasons.discard("asked")
        self.oracle.stand(self.now)

    def demand(self) -> None:
        if "unpaid" in self.oracle.reasons:
            return
        costs = Assessed(Fee(1000, "VND"))
        self.done([ask_for_fee(self.case, self.calendar, instant(self.now), costs, stops_clock=True)])
        self.oracle.reasons.add("unpaid")
        self.oracle.stand(self.now)

    def pay(self) -> None:
        self.done([pay(self.case, self.case.fees[-1], self.calendar, instant(self.now))])
        self.oracle.reasons.discard("unpaid")
        self.oracle.stand(self.now)

    def consult(self) -> None:
        own = [task for task in self.case.tasks if task.agency == AGENCY]
        if not own or len(self.oracle.opinions) > 1:
            return
        term, exempt = some_term(self.dice), self.dice.random() < 0.5
        silent = term != NO_TERM and self.dice.random() < 0.5
        number, now = len(self.case.consultations), instant(self.now)
        unit, by_law = f"PHONG_{number}", "luật" if exempt else None
        asked = Consultee(UUID(int=number), ASKED, unit, "?", term=term)
        order = Consultation(asked.id, now, "", (asked,), silence_consents=silent, exempted_by=by_law)
        official, known = holder(own[0]), {ASKED: [unit]}
        asking = consulting.consult(
            self.case, self.definition, self.calendar, official, now, order, known, NO_LIMITS
        )
        self.done(asking)
        asks = hands(own[0].agency, own[0].unit)
        self.oracle.opinions.append(Opinion(hands(ASKED, unit), asks, self.now, term, exempt, silent))
        self.oracle.stand(self.now)

    def answer(self) -> None:
        opinion = self.dice.choice(self.oracle.opinions)
        asked = next(one for one in self.case.consulted if hands(one[1].agency, one[1].unit) == opinion.by)
        official = Official(ASKED, frozenset({(asked[1].unit, "XU_LY")}))
        said = Answer(instant(self.now), Said.AGREE)
        self.done(consulting.answer(self.case, self.calendar, official, instant(self.now), asked, said, ()))
        self.was_answered(opinion)

    def was_answered(self, opinion: Opinion) -> None:
        self.oracle.answer(opinion, self.now)
        self.oracle.stand(self.now)

    def extend(self) -> None:
        longest = self.definition.time_rules.extension
        own = [task for task in self.case.tasks if task.agency == AGENCY]
        if longest is None or not own:
            return
        by = Term(longest.longest.kind, Decimal(self.dice.randint(1, 10)))
        now, official = instant(self.now), holder(own[0])
        try:
            acts = extend(self.case, self.definition, self.calendar, official, now, by=by, reason="x")
        except ExtensionNotAllowed:
            return
        self.done(acts)
        self.oracle.extensions.append(by)

    def edit_calendar(self) -> None:
        self.edit = self.dice.randrange(EDITS)
        self.oracle.edit(self.now, worked_minutes(self.family, self.edit))
        act = redated(self.case, self.calendar, instant(self.now), "edited")
        self.done((act,) if act else ())

    def decide(self) -> None:
        own = [task for task in self.case.tasks if task.agency == AGENCY]
        if not own or self.case.stops or self.dice.random() < 0.7:
            return
        try:
            acts = decide(
                self.case, self.definition, holder(own[0]), outcome=Outcome.GRANTED, reason="x", number=None
            )
        except ConsultationOpen:
            assert self.oracle.opinions
            return
        assert not self.oracle.opinions
        self.done(acts)
        self.oracle.end(self.now)

    # What happens by itself.

    def time_passes(self) -> None:
        """What has run out by counting happens, nothing else, and nothing twice."""
        for act in fire(self.case, self.definition, self.calendar, instant(self.now)):
            self.has_run_out(act)
            self.done([act])
            self.follow(act)
            self.tell()
        assert fire(self.case, self.definition, self.calendar, instant(self.now)) == ()
        if not self.over:
            late = {code for code, step in self.oracle.steps.items() if step.silent and self.is_past(code)}
            assert late <= {subject for kind, subject, _ in self.noted if kind == "step_overdue"}
            assert all(self.must_be_done(step) for step in late)
            assert not [
                one
                for one in self.oracle.opinions
                if self.past(self.oracle.opinion_due(one)) and self.is_consent(one)
            ]
            assert not self.past(self.oracle.answer_by())
            if self.past(self.oracle.case_due()):
                assert ("case_overdue", "", self.oracle.case_due()) in self.noted

    def has_run_out(self, act: Act) -> None:
        """What fires is past its minute by counting."""
        match act:
            case TaskCompleted(step=step):
                assert self.oracle.steps[step].silent
                assert self.is_past(step)
                assert not self.must_be_done(step)
            case BecameOverdue(timer=timer) if timer.subject:
                assert self.is_past(timer.subject)
                assert self.must_be_done(timer.subject)
                self.pass_once("step_overdue", timer.subject, self.oracle.step_due(timer.subject))
            case BecameOverdue(timer=timer):
                assert self.past(self.oracle.case_due())
                assert not (self.case.silence_consents and self.oracle.could_be_met("case"))
                self.pass_once("case_overdue", "", self.oracle.case_due())
            case Reminded(timer=timer) if timer.kind is TimerKind.REMINDER:
                self.pass_once("reminder", "", self.falls_on("reminder", ""))
            case Lapsed() | SupplementExpired():
                assert self.past(self.oracle.answer_by())
            case Decided(by_silence=True):
                assert self.definition.time_rules.consent_by_silence
                assert self.past(self.oracle.case_due())
                assert self.oracle.could_be_met("case")
            case ConsultationAnswered() | ConsultationOverdue():
                opinion = self.opinion_of(act)
                assert self.is_consent(opinion) is isinstance(act, ConsultationAnswered)
                if isinstance(act, ConsultationOverdue):
                    self.pass_once("opinion", opinion.by, self.oracle.opinion_due(opinion))
                assert self.past(self.oracle.opinion_due(opinion))

    def follow(self, act: Act) -> None:
        match act:
            case TaskCompleted(step=step):
                self.was_completed(step)
            case SupplementExpired():
                self.was_brought()
            case ConsultationAnswered():
                self.was_answered(self.opinion_of(act))
            case Decided():
                self.oracle.end(self.now)

    def opinion_of(self, act: ConsultationAnswered | ConsultationOverdue) -> Opinion:
        asked = self.case.consultation(act.consultation).consultees[0]
        return next(one for one in self.oracle.opinions if one.by == hands(asked.agency, asked.unit))

    def must_be_done(self, step: str) -> bool:
        """Silence is not consent of one that had no time to speak, nor the last step of a case that is not decided."""
        opened = self.oracle.steps[step]
        last = step == "F" and not self.oracle.decided
        return last or not opened.silent or not self.oracle.could_be_met(f"step {step} of {opened.at}")

    def is_consent(self, opinion: Opinion) -> bool:
        return opinion.silent and self.oracle.could_be_met(f"opinion of {opinion.by}")

    def pass_once(self, kind: str, subject: str, due: datetime | None) -> None:
        """Nothing is told twice, however often the clock stood still since."""
        assert due is not None
        assert self.passed.get((kind, subject)) != due
        self.passed[kind, subject] = due
        self.noted.add((kind, subject, due))

    def is_past(self, step: str) -> bool:
        return self.past(self.oracle.step_due(step))

    def past(self, due: datetime | None) -> bool:
        return due is not None and due < instant(self.now)

    # What is compared.

    def compare(self) -> None:
        case, oracle = self.case, self.oracle
        assert set(self.said(case)) == set(self.counted(oracle))
        explained = explain(case, self.calendar, instant(self.now))
        assert explained.elapsed == oracle.elapsed(self.now) * MINUTE
        if not self.over:
            left = oracle.remaining(self.now)
            assert explained.remaining == (None if left is None else left * MINUTE)

    @staticmethod
    def said(case: Case) -> Iterator[tuple[str, datetime | None]]:
        yield "case", case.due_when_decided if case.decided_at else case.due_at
        yield "reminder", case.remind_at
        for task in case.tasks:
            yield task.step, task.due_at
        for _, one in case.consulted:
            yield hands(one.agency, one.unit), one.due_at
        if case.asked is not None:
            yield "asked", case.asked.answer_by
            yield "asked again", case.asked.remind_at

    def counted(self, oracle: Oracle) -> Iterator[tuple[str, datetime | None]]:
        reminder, due = self.definition.time_rules.reminder, oracle.case_due()
        yield "case", due
        yield "reminder", oracle.reminded(due, reminder)
        for step in oracle.steps:
            yield step, oracle.step_due(step)
        for opinion in oracle.opinions if not self.over else ():
            yield opinion.by, oracle.opinion_due(opinion)
        if oracle.asked is not None:
            answer_by = oracle.answer_by()
            yield "asked", answer_by
            yield "asked again", oracle.reminded(answer_by, reminder)

    def compare_shares(self) -> None:
        """Who held the case, who was late and who overran, each to the minute and its parts."""
        told: dict[str, tuple[Fraction, ...]] = {}
        for share in shares(states(self.case, self.log), self.calendar, instant(self.now)):
            by = hands(share.holder.agency, share.holder.unit) if share.holder.agency else APPLICANT
            parts = (share.held, share.late, share.overran)
            if any(parts):
                told[by] = tuple(Fraction(part // MINUTE.resolution, 60_000_000) for part in parts)
        assert told == self.oracle.shares(self.now)


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
