"""One run of a simulation: an invented case on its way through a procedure, in simulated time.

It is handled by the real rules, `handling` and `firing`, and the agency's calendar. Who works on a step takes as
long as the scenario says; where it says nothing, the step's own allowance, and no time where it has none. So
a run without a word about durations is late exactly when the allowances do not fit into the term.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from procedures.domain import handling
from procedures.domain.acts import Act, Actor, Decided, Entry, Submitted, TaskCompleted
from procedures.domain.by_rule import follow
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Task, opened
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition, Step, UnknownOutcome
from procedures.domain.fees import CaseFee
from procedures.domain.firing import fire
from procedures.domain.handling import DecisionMissing, TaskNotOpen, receiving_task
from procedures.domain.happenings import DeadEnd, Happening, Opened, Run
from procedures.domain.rule_acts import RuleApplied
from procedures.domain.rule_inputs import inputs_of
from procedures.domain.scenario import Scenario
from procedures.domain.simulated_payment import decides, is_awaited, next_payment, pay
from procedures.domain.simulated_requests import ask, bring, brought_at, extend, holder, put_off
from procedures.domain.status import Status
from procedures.domain.terms import Term, due_at
from procedures.domain.time_acts import BecameOverdue, Reminded
from procedures.domain.timer import TimerKind
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

OF_THE_FEE = {"fee_demanded", "fee_exempted", "fee_paid", "fee_reminded", "fee_expired"}
OF_THE_SUPPLEMENT = {"supplement_requested", "supplemented", "supplement_reminded", "supplement_expired"}
_NOBODYS_WORK = {
    "became_overdue",
    "reminded",
    "rule_applied",
    "lapsed",
    "extended",
    *OF_THE_FEE,
    *OF_THE_SUPPLEMENT,
}

_ACTOR = Actor("simulation", "system")
_GOES_ROUND = Text(
    vi="Hồ sơ đi vòng qua các bước này mãi.", en="The case goes round through these steps for ever."
)
_WAITS = Text(
    vi="Không ai làm các bước này và chúng không tự xong.",
    en="Nobody does these steps, and they are not done by themselves.",
)
_UNANSWERED = Text(
    vi="Người nộp không bổ sung, và thủ tục không đặt thời hạn bổ sung.",
    en="The applicant never brings what is asked for, and the procedure sets no time for it.",
)
_CUT = Text(
    vi="Dừng ở đây vì mô phỏng đã đủ dài.", en="Broken off here, since the simulation is long enough."
)


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
        self.supplements, self.extensions = list(scenario.supplements), list(scenario.extensions)
        self.brought_after: Term | None = None
        self.stood: list[tuple[datetime, datetime]] = []
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
            try:
                self._ask()
                if not self._go_on():
                    return self._dead_end(
                        "waits_for_ever", _WAITS if self.case.asked is None else _UNANSWERED
                    )
                self._follow_rules()
            except DecisionMissing as refused:
                return self._dead_end("not_decided", refused.detail)
            except MotcuaError as refused:
                fault = next(iter(refused.faults), None)
                return self._dead_end("not_possible", fault.detail if fault else refused.detail)
        return None

    def _go_on(self) -> bool:
        """What comes next happens; of what comes at one instant, what others wait for goes before. False: nothing does."""
        coming: list[tuple[datetime, Callable[[], None]]] = []
        payment = next_payment(self.case, self.scenario.pays_after, self.calendar)
        if payment is not None:
            coming.append((payment[0], partial(self._pay, payment[1])))
        answer = brought_at(self.case, self.brought_after, self.calendar)
        if answer is not None:
            coming.append((answer, self._bring))
        done = self._next_done()
        if done is not None:
            coming.append((done[0], partial(self._finish, self.case.tasks[done[1]])))
        timer = next(iter(timers_of(self.case)), None)
        if timer is not None:
            coming.append((timer.at, partial(self._let_pass, timer.at + _TICK)))
        if not coming:
            return False
        at, happen = min(coming, key=lambda one: one[0])
        self.now = max(self.now, at)
        happen()
        return True

    def _ask(self) -> None:
        """What the scenario has people ask for where the case stands now."""
        if self.case.status is Status.SUBMITTED:
            return
        for more in [more for more in self.extensions if self.case.task(more.step) and not self.case.missing]:
            self.extensions.remove(more)
            self._note(
                "extended", None, None, extend(self.case, self.definition, self.calendar, self.now, more)
            )
        for wanted in self.supplements:
            task = self.case.task(wanted.step)
            if task is not None and self.case.asked is None:
                self.supplements.remove(wanted)
                self.brought_after = wanted.takes
                acts = ask(self.case, self.definition, self.calendar, self.now, task)
                self._note("supplement_requested", None, None, acts)
                return

    def _bring(self) -> None:
        self._note("supplemented", None, None, bring(self.case, self.calendar, self.now))

    def _pay(self, fee: CaseFee) -> None:
        self._note("fee_paid", None, None, (pay(self.case, fee, self.calendar, self.now),))

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
        ends = (
            (self._end(task), number)
            for number, task in enumerate(self.case.tasks)
            if self.case.status is Status.SUBMITTED or self.case.lets_complete(task)
            if not self._waits(self.definition.step(task.step))
        )
        return min(((at, number) for at, number in ends if at is not None), default=None)

    def _waits(self, step: Step) -> bool:
        """Whether who decides there lets the clock run again first: a fee comes, or others are still at work."""
        if step.decides and self.case.stops and len(self.case.tasks) > 1:
            return True
        return decides(step) and is_awaited(self.case, self.scenario.pays_after, self.calendar)

    def _end(self, task: Task) -> datetime | None:
        """When somebody is done with the task; None when nobody ever is."""
        takes = self.scenario.takes.get(task.step, self.definition.step(task.step).allowance)
        done = due_at(task.opened_at, takes, self.calendar)
        done = task.opened_at if done is None and task.step not in self.scenario.takes else done
        return done and put_off(done, task, self.stood, self.calendar)

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
                outcome = act.outcome if isinstance(act, Decided) and not act.by_silence else None
                self._note(_called(act), self._concerned(act), outcome, (act,))

    def _concerned(self, act: Act) -> Task | None:
        """The task that a noted delay is about; None when it is about the answer."""
        return self.case.task(act.timer.subject) if isinstance(act, BecameOverdue) else None

    def _finish(self, task: Task) -> None:
        self.passes[task.step] += 1
        if self.case.status is Status.SUBMITTED:
            if not self.definition.first.transitions:
                raise UnknownOutcome
            official = holder(task)
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
        except DecisionMissing as missing:
            self._decide_at_last(missing)
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

    def _decide_at_last(self, missing: DecisionMissing) -> None:
        """The last chance to decide.

        Raises:
            DecisionMissing: saying what is in the way.
        """
        try:
            self._decide()
        except TaskNotOpen:
            raise missing from None
        except MotcuaError as refused:
            raise DecisionMissing(refused.detail) from None

    def _decide(self) -> None:
        if self.case.status is not Status.ACCEPTED:
            return
        own = [task for task in self.case.tasks if task.agency == self.case.agency]
        own.sort(key=lambda task: not self.definition.step(task.step).decides)
        decider = holder((own or list(self.case.tasks))[0])
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
        if before.asked is not None and self.case.asked is None:
            self.stood.append((before.asked.at, self.now))
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
                answer_by=self.case.asked.answer_by if self.case.asked else None,
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


def _called(act: Act) -> str:
    """What is told of an act that nobody brings about."""
    if isinstance(act, Decided) and act.by_silence:
        return "granted_by_silence"
    if isinstance(act, Reminded) and act.timer.kind is TimerKind.ANSWER_REMINDER:
        return "supplement_reminded"
    return act.kind
