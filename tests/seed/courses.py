"""What happens to a case, played by the rules of the service in invented time.

A course is played once for the cases that are filed at its instant with its procedure; what is each applicant's
own (who, what was written, which documents) is put in its place afterwards, case by case (`tests.seed.rows`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from procedures.domain import handling
from procedures.domain.acts import SYSTEM, Act, Actor, Entry, Submitted
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, Task, opened
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition
from procedures.domain.firing import fire
from procedures.domain.handling import Official, receiving_task
from procedures.domain.status import Status
from procedures.domain.terms import due_at
from procedures.domain.timers import timers_of
from tests.seed.offices import official_of

APPLICANT = Actor("applicant", "person")
"""Whoever has filed the case."""
NOBODY = UUID(int=0)
_TICK = timedelta(microseconds=1)
"""A due instant belongs to the term: what happens by itself happens after it."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What is to happen, as far as people decide it."""

    refused: bool
    withdrawn_at: int | None
    """Before which task that is completed."""
    supplement_at: int | None
    answered_after: timedelta | None
    """None: what is missing never comes."""
    outcome: Outcome
    hours: float
    """Working hours that a task takes on average."""

    @classmethod
    def by(cls, dice: Random) -> "Plot":
        """Most cases are granted; some are late, supplemented, rejected, refused, withdrawn or left to lapse."""
        return cls(
            refused=dice.random() < 0.03,
            withdrawn_at=dice.randint(1, 4) if dice.random() < 0.03 else None,
            supplement_at=dice.randint(1, 3) if dice.random() < 0.35 else None,
            answered_after=timedelta(hours=dice.expovariate(1 / 90)) if dice.random() < 0.92 else None,
            outcome=Outcome.REJECTED if dice.random() < 0.06 else Outcome.GRANTED,
            hours=dice.choice((2.0, 5.0, 5.0, 8.0, 20.0)),
        )


@dataclass(slots=True)
class Course:
    """The log of such a case, and where it stands."""

    definition: Definition
    calendar: WorkingCalendar
    plot: Plot
    dice: Random
    entries: list[Entry] = field(default_factory=list)
    case: Case = field(init=False)
    ends: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    """When whoever works on an open task is done with it, by step and since when it is open."""

    def play(self, filed_at: datetime, until: datetime) -> None:
        """Play it from its submission to its end, or to where it stands at an instant."""
        self._submit(filed_at)
        completed = 0
        while self.case.tasks:
            task = min(self.case.tasks, key=self._done_at)
            at = max(self._done_at(task), self.entries[-1].at + _TICK)
            if not self._let_pass(min(at, until)) or at >= until:
                return
            if task not in self.case.tasks or at < self.entries[-1].at:
                continue  # something that happened by itself came before
            if self._interrupted(completed, task, at, until):
                continue
            self._work(task, at)
            completed += 1

    def _submit(self, at: datetime) -> None:
        definition = self.definition
        act = Submitted(
            procedure=definition.code,
            version=1,
            agency=definition.agency,
            applicant=APPLICANT.subject,
            form_commitment="",
            attachments=(),
            tasks=(receiving_task(definition, self.calendar, at),),
            expected_due_at=due_at(at, definition.term, self.calendar),
        )
        entry = Entry(1, at, APPLICANT, act)
        self.entries.append(entry)
        self.case = opened(NOBODY, entry)

    def _done_at(self, task: Task) -> datetime:
        key = task.step, task.opened_at
        if key not in self.ends:
            worked = timedelta(hours=0.1 + self.dice.expovariate(1 / self.plot.hours))
            self.ends[key] = self.calendar.after(task.opened_at, worked)
        return self.ends[key]

    def _let_pass(self, until: datetime) -> bool:
        """What happens by itself before an instant; whether the case is open after it."""
        while (timer := next(iter(timers_of(self.case)), None)) is not None and timer.at + _TICK < until:
            at = max(timer.at, self.entries[-1].at) + _TICK
            self._do(at, SYSTEM, fire(self.case, self.definition, self.calendar, at))
        return bool(self.case.tasks)

    def _interrupted(self, completed: int, task: Task, at: datetime, until: datetime) -> bool:
        """Whether the applicant took part just before the task would have been done."""
        plot, case = self.plot, self.case
        if case.status is not Status.ACCEPTED:
            return False
        if plot.withdrawn_at == completed:
            self._do(at, APPLICANT, handling.withdraw(case, reason="Không còn nhu cầu."))
            return True
        if plot.supplement_at == completed and not case.supplement_rounds and not case.stops:
            self._supplement(task, at, until)
            return True
        return False

    def _supplement(self, task: Task, at: datetime, until: datetime) -> None:
        items = (MissingItem("BAN_VE", "Bản vẽ bị mờ, không đọc được số thửa."),)
        rule, (official, actor) = self.definition.time_rules.supplements, _worker(task)
        self._do(at, actor, handling.request_supplement(self.case, self.calendar, official, at, items, rule))
        never = self.plot.answered_after is None
        back = until if never else min(at + (self.plot.answered_after or timedelta()), until)
        if not self._let_pass(back) or back >= until or self.case.status is not Status.SUPPLEMENT_REQUESTED:
            self._put_off(until)
            return
        brought = (Attachment(NOBODY, "BAN_VE", "application/pdf", 240_000, "0" * 64),)
        note = "Gửi lại bản vẽ rõ hơn."
        acts = handling.supplement(self.case, self.calendar, back, attachments=brought, note=note)
        self._do(back, APPLICANT, acts)
        self._put_off(back)

    def _put_off(self, since: datetime) -> None:
        """Nobody works while the case waits."""
        for key, end in self.ends.items():
            self.ends[key] = max(end, self.calendar.after(since, timedelta(minutes=30)))

    def _work(self, task: Task, at: datetime) -> None:
        official, actor = _worker(task)
        case, definition, calendar = self.case, self.definition, self.calendar
        if case.status is Status.SUBMITTED and self.plot.refused:
            ground = "Nghị định 61/2018/NĐ-CP, Điều 17"
            refusal = "Hồ sơ không thuộc thẩm quyền giải quyết."
            self._do(at, actor, handling.refuse(case, official, reason=refusal, legal_ground=ground))
        elif case.status is Status.SUBMITTED:
            self._do(at, actor, handling.accept(case, definition, calendar, official, at))
        else:
            step = definition.step(task.step)
            if step.completes_processing:
                self._do(at, actor, self._decision(official))
            ways = step.transitions
            way = ways[0] if self.dice.random() < 0.9 else ways[-1]
            note = "Đã đối chiếu bản chính." if self.dice.random() < 0.3 else None
            acts = handling.complete_task(
                self.case, definition, calendar, official, at, step=step.code, outcome=way.outcome, note=note
            )
            self._do(at, actor, acts)

    def _decision(self, official: Official) -> tuple[Act, ...]:
        reason, ground = "Đủ điều kiện theo quy định.", None
        if self.plot.outcome is Outcome.REJECTED:
            reason, ground = "Chưa đủ điều kiện theo quy định.", "Nghị định 61/2018/NĐ-CP, Điều 19"
        return decide(
            self.case,
            self.definition,
            official,
            outcome=self.plot.outcome,
            reason=reason,
            number="12/QĐ-UBND",
            legal_ground=ground,
        )

    def _do(self, at: datetime, actor: Actor, acts: Sequence[Act]) -> None:
        for act in acts:
            entry = Entry(self.case.sequence + 1, at, actor, act)
            self.entries.append(entry)
            self.case = self.case.after(entry)


def _worker(task: Task) -> tuple[Official, Actor]:
    """Whoever does the task, as the rules and as the log know them."""
    official = Official(task.agency, frozenset({(task.unit, task.role or "XU_LY")}))
    return official, Actor(official_of(task.agency, task.unit), "official", task.agency)
