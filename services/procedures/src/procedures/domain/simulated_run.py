"""One run of a simulation: an invented case on its way through a procedure, in simulated time.

It is handled by the real rules, `handling` and `firing`, and the agency's calendar. Who works on a step takes as
long as the scenario says; where it says nothing, the step's own allowance, and no time where it has none. So
a run without a word about durations is late exactly when the allowances do not fit into the term.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from procedures.domain import handling
from procedures.domain.acts import Act, Actor, Decided, Entry, Submitted, TaskCompleted
from procedures.domain.automation import AppliedRule
from procedures.domain.by_rule import follow
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Task, opened
from procedures.domain.clock import Stop
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition, Step, UnknownOutcome
from procedures.domain.fees import CaseFee
from procedures.domain.firing import fire
from procedures.domain.handling import DecisionMissing, Official, receiving_task
from procedures.domain.rule_acts import RuleApplied
from procedures.domain.rule_inputs import inputs_of
from procedures.domain.scenario import Scenario
from procedures.domain.simulated_payment import decides, is_awaited, next_payment, pay
from procedures.domain.status import Status
from procedures.domain.terms import due_at
from procedures.domain.time_acts import BecameOverdue
from procedures.domain.timers import timers_of
from procedures.domain.usual_way import usual_ways
from shared.errors import MotcuaError, Text

MOST_PASSES = 10
"""How often a run may come through the same step before it is taken to go round for ever."""

LONGEST = timedelta(days=20 * 365)
"""Simulated time after which a run is broken off."""

_EXPLORED_PASSES = 2
"""How often other ways than the usual are tried from the same step in one run: a loop is gone once."""

_TICK = timedelta(microseconds=1)
"""A due instant belongs to the term: what happens by itself happens after it."""

_BY_THEMSELVES = {"decided": "granted_by_silence"}
"""What happenings are called that nobody brings about, where it is not by the kind of their act."""

OF_THE_FEE = {"fee_demanded", "fee_exempted", "fee_paid", "fee_reminded", "fee_expired"}
_NOBODYS_WORK = {"became_overdue", "reminded", "rule_applied", "lapsed", *OF_THE_FEE}

_ACTOR = Actor("simulation", "system")
_GOES_ROUND = Text(
    vi="Hồ sơ đi vòng qua các bước này mãi.", en="The case goes round through these steps for ever."
)
_WAITS = Text(
    vi="Không ai làm các bước này và chúng không tự xong.",
    en="Nobody does these steps, and they are not done by themselves.",
)
_CUT = Text(
    vi="Dừng ở đây vì mô phỏng đã đủ dài.", en="Broken off here, since the simulation is long enough."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A step that opened, and when it is due."""

    step: str
    title: Text
    agency: str
    unit: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to the case of a run."""

    at: datetime
    kind: str
    """`submitted`, `accepted`, `completed`, `consented_by_silence`, `decided`, `granted_by_silence`, `closed`,
    `reminded`, `became_overdue`, `rule_applied`, `fee_demanded`, `fee_exempted`, `fee_paid`, `fee_reminded`,
    `fee_expired` or `lapsed`."""
    step: Opened | None = None
    """The step that was done or became overdue; its due instant is the one that it had."""
    outcome: str | None = None
    late: timedelta = timedelta()
    """Working time for which the unit had the step after it was due; at a decision, by which the answer is late."""
    opens: tuple[Opened, ...] = ()
    lapses: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    """Why the clock stands still from now on."""
    due_at: datetime | None = None
    """When the answer is due from now on."""
    rule: AppliedRule | None = None
    """The rule that was asked."""
    fee: CaseFee | None = None
    """What is asked for, waived, paid, or not paid in time."""


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Why a run did not come to its end, and the steps at which it hangs."""

    code: str
    """`goes_round`, `waits_for_ever`, `not_decided`, `not_possible` or `broken_off`."""
    steps: tuple[str, ...]
    reason: Text


@dataclass(frozen=True, slots=True)
class Run:
    """One case from its submission to its end, or to where it could not go on."""

    happenings: tuple[Happening, ...]
    chosen: tuple[tuple[str, str | None], ...]
    """The ways that were chosen, step by step."""
    due_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    on_time: bool | None
    dead_end: DeadEnd | None

    @property
    def delays(self) -> dict[tuple[str, str], timedelta]:
        """The working time by which each unit (agency, unit) was late with its steps."""
        late: dict[tuple[str, str], timedelta] = {}
        for happening in self.happenings:
            if happening.step is not None and happening.late:
                unit = happening.step.agency, happening.step.unit
                late[unit] = late.get(unit, timedelta()) + happening.late
        return late


class Walk:
    """A run while it goes on."""

    def __init__(
        self,
        definition: Definition,
        calendar: WorkingCalendar,
        scenario: Scenario,
        choices: Sequence[int],
        completions: int,
    ) -> None:
        self.definition, self.calendar, self.scenario = definition, calendar, scenario
        self.choices, self.completions = choices, completions
        self.usual = usual_ways(definition)
        self.now = scenario.starts_at
        self.passes: Counter[str] = Counter()
        self.open_choices: list[int] = []
        self.chosen: list[tuple[str, str | None]] = []
        self.happenings: list[Happening] = []
        self.case = self._submitted()
        self._follow_rules()

    def run(self) -> Run:
        dead_end = self._go()
        case = self.case
        return Run(
            happenings=tuple(self.happenings),
            chosen=tuple(self.chosen),
            due_at=case.due_when_decided or case.due_at,
            decided_at=case.decided_at,
            ended_at=case.ended_at,
            on_time=case.on_time,
            dead_end=dead_end,
        )

    def _go(self) -> DeadEnd | None:
        while self.case.tasks:
            if self.passes and max(self.passes.values()) > MOST_PASSES:
                return self._dead_end("goes_round", _GOES_ROUND)
            if self.passes.total() > self.completions or self.now - self.scenario.starts_at > LONGEST:
                return self._dead_end("broken_off", _CUT)
            done, timer = self._next_done(), next(iter(timers_of(self.case)), None)
            payment = next_payment(self.case, self.scenario.pays_after, self.calendar)
            others = [*([done[0]] if done else ()), *([timer.at] if timer else ())]
            try:
                if payment is not None and all(payment[0] <= at for at in others):
                    self.now = max(self.now, payment[0])
                    act = pay(self.case, payment[1], self.calendar, self.now)
                    self._note("fee_paid", None, None, (act,))
                elif timer is not None and (done is None or timer.at < done[0]):
                    self._let_pass(timer.at + _TICK)
                elif done is not None:
                    self.now = max(self.now, done[0])
                    self._finish(self.case.tasks[done[1]])
                else:
                    return self._dead_end("waits_for_ever", _WAITS)
                self._follow_rules()
            except DecisionMissing as refused:
                return self._dead_end("not_decided", refused.detail)
            except MotcuaError as refused:
                return self._dead_end("not_possible", refused.detail)
        return None

    def _submitted(self) -> Case:
        task = receiving_task(self.definition, self.calendar, self.now)
        act = Submitted(
            procedure=self.definition.code,
            version=0,
            agency=self.definition.agency,
            applicant="",
            form_commitment="",
            attachments=(),
            tasks=(task,),
            expected_due_at=due_at(self.now, self.definition.term, self.calendar),
        )
        self.happenings.append(Happening(self.now, "submitted", opens=(self._opened(task),)))
        return opened(UUID(int=0), Entry(1, self.now, _ACTOR, act))

    def _inputs(self) -> Mapping[str, Any]:
        listed = [document.code for document in self.definition.documents]
        documents = listed if self.scenario.documents is None else self.scenario.documents
        return inputs_of(self.scenario.form, documents, self.calendar.local_date(self.case.submitted_at))

    def _follow_rules(self) -> None:
        """What rules make of the case, as far as it goes on by itself."""
        for act in follow(self.case, self.definition, self.calendar, self._inputs(), self.now):
            if isinstance(act, RuleApplied):
                self._note("rule_applied", None, None, (act,))
            elif isinstance(act, TaskCompleted):
                self.passes[act.step] += 1
                self.chosen.append((act.step, act.outcome))
                self._note("completed", self.case.task(act.step), act.outcome, (act,))
            else:
                self._note(act.kind, None, act.outcome if isinstance(act, Decided) else None, (act,))

    def _next_done(self) -> tuple[datetime, int] | None:
        """When somebody is done with an open task, and with which; None when nobody ever is."""
        waits = is_awaited(self.case, self.scenario.pays_after, self.calendar)
        ends = (
            (self._end(task), number)
            for number, task in enumerate(self.case.tasks)
            if not (waits and decides(self.definition.step(task.step)))
        )
        return min(((at, number) for at, number in ends if at is not None), default=None)

    def _end(self, task: Task) -> datetime | None:
        """When somebody is done with the task; None when nobody ever is."""
        takes = self.scenario.takes.get(task.step, self.definition.step(task.step).allowance)
        done = due_at(task.opened_at, takes, self.calendar)
        return task.opened_at if done is None and task.step not in self.scenario.takes else done

    def _let_pass(self, now: datetime) -> None:
        """What happens by itself: reminders, delays that are noted, consent by silence."""
        self.now = max(self.now, now)
        silent = [task.step for task in self.case.tasks if task.silence_consents]
        if not all(self.definition.step(step).transitions for step in silent):
            raise UnknownOutcome
        for act in fire(self.case, self.definition, self.calendar, self.now):
            task = self.case.task(act.step) if isinstance(act, TaskCompleted) else None
            if task is not None:
                self.passes[task.step] += 1
                first = self.definition.step(task.step).transitions[0]
                self.chosen.append((task.step, first.outcome))
                self._note("consented_by_silence", task, first.outcome, (act,))
            else:
                self._note(_BY_THEMSELVES.get(act.kind, act.kind), self._concerned(act), None, (act,))

    def _concerned(self, act: Act) -> Task | None:
        """The task that a noted delay is about; None when it is about the answer."""
        return self.case.task(act.timer.subject) if isinstance(act, BecameOverdue) else None

    def _finish(self, task: Task) -> None:
        self.passes[task.step] += 1
        if self.case.status is Status.SUBMITTED:
            if not self.definition.first.transitions:
                raise UnknownOutcome
            official = _holder(task)
            acts = handling.accept(self.case, self.definition, self.calendar, official, self.now)
            if self.definition.first.transitions[0].targets:
                self.chosen.append((task.step, self.definition.first.transitions[0].outcome))
            self._note("accepted", task, None, acts)
            return
        step = self.definition.step(task.step)
        outcome = self._outcome(step)
        if step.completes_processing or step.decides:
            self._decide_if_possible()
        try:
            acts = self._completed(task, outcome)
        except DecisionMissing:
            self._decide_at_last()
            acts = self._completed(task, outcome)
        self.chosen.append((step.code, outcome if len(step.transitions) > 1 else step.transitions[0].outcome))
        self._note("completed", task, outcome, acts)

    def _completed(self, task: Task, outcome: str | None) -> tuple[Act, ...]:
        return handling.completed(
            self.case, self.definition, self.calendar, self.now, task, outcome=outcome, note=None
        )

    def _outcome(self, step: Step) -> str | None:
        """How the step ends: as the scenario says, else as is being explored, else as usual."""
        told = self.scenario.outcomes.get(step.code)
        if told:
            return told[min(self.passes[step.code], len(told)) - 1]
        ways = step.transitions
        if len(ways) < 2:
            return ways[0].outcome if ways else None
        usual = ways.index(self.usual[step.code]) if step.code in self.usual else 0
        if not self.scenario.explore or self.passes[step.code] > _EXPLORED_PASSES:
            return ways[usual].outcome
        at = len(self.open_choices)
        self.open_choices.append(len(ways))
        chosen = self.choices[at] if at < len(self.choices) else 0
        return ways[(usual + chosen) % len(ways)].outcome

    def _decide_if_possible(self) -> None:
        """Where the procedure says that processing ends, the matter is decided; later, when it cannot be there."""
        with suppress(MotcuaError):
            self._decide()

    def _decide_at_last(self) -> None:
        """The last chance to decide.

        Raises:
            DecisionMissing: saying what is in the way.
        """
        try:
            self._decide()
        except MotcuaError as refused:
            raise DecisionMissing(refused.detail) from None

    def _decide(self) -> None:
        if self.case.status is not Status.ACCEPTED:
            return
        own = [task for task in self.case.tasks if task.agency == self.case.agency]
        own.sort(key=lambda task: not self.definition.step(task.step).decides)
        decider = _holder((own or list(self.case.tasks))[0])
        acts = decide(
            self.case,
            self.definition,
            decider,
            outcome=self.scenario.decision,
            reason="",
            number=None,
            legal_ground="x",
        )
        self._note("decided", None, self.scenario.decision.value, acts)

    def _note(self, kind: str, task: Task | None, outcome: str | None, acts: Sequence[Act]) -> None:
        """Do the acts to the case, and tell of them."""
        before = self.case
        for act in acts:
            self.case = self.case.after(Entry(self.case.sequence + 1, self.now, _ACTOR, act))
        late = self._late(before.due_at) if task is None else self._late(task.due_at, task.opened_at)
        if kind in _NOBODYS_WORK:
            late = timedelta()
        done = {task.step} if task is not None and kind != "became_overdue" else set()
        still = {open_.step for open_ in before.tasks} - done
        now_open = {open_.step for open_ in self.case.tasks}
        self.happenings.append(
            Happening(
                at=self.now,
                kind=kind,
                step=self._opened(task) if task else None,
                outcome=outcome,
                late=late,
                opens=tuple(self._opened(new) for new in self.case.tasks if new.step not in still),
                lapses=tuple(step for step in still if step not in now_open),
                stops=self.case.stops,
                due_at=self.case.due_at,
                rule=self.case.rules_applied[-1] if kind == "rule_applied" else None,
                fee=self.case.fees[-1] if kind in OF_THE_FEE else None,
            )
        )
        if self.case.status is Status.CLOSED and kind != "closed":
            self.happenings.append(Happening(self.now, "closed", outcome=self.case.outcome))

    def _late(self, was_due: datetime | None, since: datetime | None = None) -> timedelta:
        """By how much working time it is late now; of that before `since`, others are to blame."""
        if was_due is None or was_due >= self.now:
            return timedelta()
        return self.calendar.working_time_between(max(was_due, since or was_due), self.now)

    def _opened(self, task: Task) -> Opened:
        title = self.definition.step(task.step).title
        return Opened(task.step, title, task.agency, task.unit, task.due_at)

    def _dead_end(self, code: str, reason: Text) -> DeadEnd:
        return DeadEnd(code, tuple(task.step for task in self.case.tasks), reason)


def _holder(task: Task) -> Official:
    """Somebody who may do the task."""
    return Official(task.agency, frozenset({(task.unit, task.role or "")}))
