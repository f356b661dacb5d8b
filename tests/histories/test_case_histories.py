"""Any history of any case: random acts of random people along random graphs keep what the law promises."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from procedures.cases.store import act_json, actor_json, entry_of
from procedures.domain import handling
from procedures.domain.acts import (
    Accepted,
    Act,
    Actor,
    Entry,
    Submitted,
    Supplemented,
    SupplementRequested,
    TaskCompleted,
)
from procedures.domain.attribution import holdings, shares, states
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, fold, opened
from procedures.domain.case_clock import explain
from procedures.domain.clock import Stop
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition, may_be_decided
from procedures.domain.firing import fire
from procedures.domain.handling import Official
from procedures.domain.holidays_vn import vietnam
from procedures.domain.lateness import apologise, extend
from procedures.domain.log import Link
from procedures.domain.phases import phases
from procedures.domain.reassignment import Plan, ToUnit, reassigned
from procedures.domain.reassignment_acts import Reassigned
from procedures.domain.status import ALLOWED, Action, ActionNotAllowed, Status
from procedures.domain.terms import NO_TERM, Term, TermKind
from procedures.domain.time_acts import BecameOverdue, SupplementExpired
from procedures.domain.timer import TimerKind
from procedures.domain.timers import timers_of
from shared.errors import Forbidden, MotcuaError
from shared.ids import new_id
from tests.histories.invented import (
    AGENCIES,
    POSTS,
    UNITS,
    definitions,
    officials,
)

CALENDAR = vietnam(range(2026, 2029))
PAPERS = ("SO_DO", "GIAY_TO")

ACTION_OF = {
    "accepted": Action.ACCEPT,
    "refused": Action.REFUSE,
    "task_completed": Action.COMPLETE_TASK,
    "supplement_requested": Action.REQUEST_SUPPLEMENT,
    "supplemented": Action.SUPPLEMENT,
    "decided": Action.DECIDE,
    "result_recorded": Action.RECORD_RESULT,
    "withdrawn": Action.WITHDRAW,
    "extended": Action.EXTEND,
    "apologised": Action.APOLOGISE,
}
"""The action that leads to an act; a closing comes with the last completion."""

HANDLED = [*ACTION_OF.values()]
"""Results are issued and revoked beside the handling; they have rules, and tests, of their own."""

OF_THE_CLOCK = {"reminded", "became_overdue", "lapsed", "supplement_expired"}
"""Acts that nobody does."""

OF_THE_ANSWERING_AGENCY = {Action.DECIDE, Action.EXTEND, Action.APOLOGISE}
OF_THE_APPLICANT = {Action.SUPPLEMENT, Action.WITHDRAW}


def own_time(act: Act) -> tuple[Status, ...]:
    """Where, besides, a step is late by an allowance of its own."""
    of_a_step = isinstance(act, BecameOverdue) and act.timer.kind is TimerKind.STEP_OVERDUE
    return (Status.SUBMITTED, Status.DECIDED) if of_a_step else ()


class Handling(RuleBasedStateMachine):
    """A case, whatever people try to do to it."""

    @initialize(definition=definitions())
    def submitted(self, definition: Definition) -> None:
        self.definition = definition
        self.now = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
        task = handling.receiving_task(definition, CALENDAR, self.now)
        act = Submitted(definition.code, 1, definition.agency, "citizen", "", (), (task,), None)
        self.log = [Entry(1, self.now, Actor("citizen", "person"), act)]
        self.case = opened(new_id(), self.log[0])

    @rule(hours=st.integers(0, 300), minutes=st.integers(0, 59))
    def time_passes(self, hours: int, minutes: int) -> None:
        self.now += timedelta(hours=hours, minutes=minutes)

    @rule(
        action=st.sampled_from(HANDLED),
        official=officials,
        step=st.integers(0, 5),
        outcome=st.sampled_from([None, "a", "b"]),
        papers=st.lists(st.sampled_from(PAPERS), unique=True, max_size=2),
    )
    def somebody_tries(
        self, action: Action, official: Official, step: int, outcome: str | None, papers: list[str]
    ) -> None:
        """Whoever tries, right or wrong: the act follows from the rules, or nothing changes."""
        code = self.definition.steps[step % len(self.definition.steps)].code
        try:
            acts = self._acts(action, official, code, outcome, papers)
        except ActionNotAllowed:
            assert not self._allowed(action, code)
        except Forbidden:
            assert action not in OF_THE_APPLICANT
            assert action in OF_THE_ANSWERING_AGENCY or not self._may(official, action, code)
        except MotcuaError:
            assert self._allowed(action, code)
        else:
            assert self._allowed(action, code)
            assert {ACTION_OF.get(act.kind, action) for act in acts} == {action}
            if action not in OF_THE_APPLICANT:
                assert self._may(official, action, code)
            self._done(acts)

    @rule()
    def the_timers_fire(self) -> None:
        """What has run out happens, and does not happen again."""
        acts = self._fired()
        assert bool(acts) is any(timer.at < self.now for timer in timers_of(self.case))
        self._done(acts)
        assert [timer for timer in timers_of(self.case) if timer.at < self.now] == []
        assert self._fired() == ()

    @rule(from_unit=st.sampled_from(UNITS), unit=st.sampled_from(UNITS))
    def the_work_of_a_unit_is_given_to_another(self, from_unit: str, unit: str) -> None:
        """Each open step goes over, or it is said why not."""
        steps = [task.step for task in self.case.tasks]
        plan = Plan(new_id(), AGENCIES[0], ToUnit(from_unit, unit))
        act, stay = reassigned(plan, self.case, steps, ())
        gone = [move.step for move in act.moves] if act else []
        assert sorted([*gone, *(one.step for one in stay)]) == sorted(steps)
        self._done((act,) if act else ())

    @rule(outcome=st.sampled_from(["a", "b"]))
    def the_right_official_goes_on(self, outcome: str) -> None:
        """What mostly happens: the open task is done by its post, and the matter decided in time."""
        if not self.case.tasks or self.case.status is Status.SUPPLEMENT_REQUESTED:
            return
        everybody = Official(self.case.tasks[0].agency, frozenset(POSTS))
        if self.case.status is Status.SUBMITTED:
            self.somebody_tries(Action.ACCEPT, everybody, 0, None, [])
            return
        if self.case.status is Status.ACCEPTED and outcome == "b":
            self.somebody_tries(Action.DECIDE, everybody, 0, None, [])
        step = self.definition.step(self.case.tasks[0].step)
        way = outcome if len(step.transitions) > 1 else None
        self.somebody_tries(Action.COMPLETE_TASK, everybody, self.definition.steps.index(step), way, [])

    def _acts(
        self, action: Action, official: Official, step: str, outcome: str | None, papers: list[str]
    ) -> tuple[Act, ...]:
        case, definition, now = self.case, self.definition, self.now
        brought = [Attachment(UUID(int=1), paper, "application/pdf", 1, "00") for paper in papers]
        match action:
            case Action.ACCEPT:
                return handling.accept(case, definition, CALENDAR, official, now)
            case Action.REFUSE:
                return handling.refuse(case, official, reason="x", legal_ground="y")
            case Action.COMPLETE_TASK:
                return handling.complete_task(
                    case, definition, CALENDAR, official, now, step=step, outcome=outcome, note=None
                )
            case Action.REQUEST_SUPPLEMENT:
                items = [MissingItem(paper, "x") for paper in papers]
                return handling.request_supplement(case, CALENDAR, official, now, items)
            case Action.SUPPLEMENT:
                return handling.supplement(case, CALENDAR, now, attachments=brought, note=None)
            case Action.DECIDE:
                return decide(
                    case,
                    definition,
                    official,
                    outcome=Outcome.REJECTED,
                    reason="x",
                    number=None,
                    legal_ground="y",
                )
            case Action.RECORD_RESULT:
                return handling.record_result(case, official, brought)
            case Action.WITHDRAW:
                return handling.withdraw(case, reason=None)
            case Action.EXTEND:
                days = Term(TermKind.WORKING_DAYS, Decimal(2))
                return extend(case, definition, CALENDAR, official, now, by=days, reason="x")
            case Action.APOLOGISE:
                promised = CALENDAR.next_working_day(CALENDAR.local_date(now) + timedelta(days=1))
                return (apologise(case, definition, CALENDAR, official, now, reason="x", promised=promised),)

    def _fired(self) -> tuple[Act, ...]:
        return fire(self.case, self.definition, CALENDAR, self.now)

    def _may(self, official: Official, action: Action, code: str) -> bool:
        """Whether the official holds the post of an open task, of this step to complete it; or, to speak for the
        agency, of any step of its own."""
        named = None if action is not Action.COMPLETE_TASK else code
        places = [(t.agency, t.unit, t.role) for t in self.case.tasks if named in (None, t.step)]
        if action in (Action.EXTEND, Action.APOLOGISE):
            places += [(step.agency or "H99.01", step.unit, step.role) for step in self.definition.steps]
        return any(
            agency == official.agency and held == unit and role in (None, held_role)
            for agency, unit, role in places
            for held, held_role in official.posts
        )

    def _allowed(self, action: Action, step: str) -> bool:
        """Whether the status lets it be done; of tasks the exempt ones also while the applicant is asked."""
        task = self.case.task(step)
        if action is Action.COMPLETE_TASK and task is not None and task.exempt:
            return bool({action, Action.COMPLETE_EXEMPT_TASK} & ALLOWED[self.case.status])
        return action in ALLOWED[self.case.status]

    def _done(self, acts: tuple[Act, ...]) -> None:
        for act in acts:
            entry = Entry(self.case.sequence + 1, self.now, Actor("official", "official", AGENCIES[0]), act)
            self.log.append(entry)
            self.case = self.case.after(entry)

    @invariant()
    def the_log_folds_to_the_case_also_as_it_is_stored(self) -> None:
        assert fold(self.case.id, self.log) == self.case
        stored = [
            Link(entry.sequence, entry.at, actor_json(entry.actor), act_json(entry.act), b"")
            for entry in self.log
        ]
        assert fold(self.case.id, map(entry_of, stored)) == self.case

    @invariant()
    def every_act_was_allowed_where_the_case_stood(self) -> None:
        for before, entry in zip(self._stands(), self.log[1:], strict=False):
            if entry.act.kind in OF_THE_CLOCK:
                assert before.status in (Status.ACCEPTED, Status.SUPPLEMENT_REQUESTED, *own_time(entry.act))
                continue
            if isinstance(entry.act, Reassigned):
                assert not before.status.ended
                continue
            if isinstance(entry.act, TaskCompleted):
                task = before.task(entry.act.step)
                assert task is not None
                if task.exempt and before.status is Status.SUPPLEMENT_REQUESTED:
                    continue
            action = ACTION_OF.get(entry.act.kind, Action.COMPLETE_TASK)
            assert action in ALLOWED[before.status]

    @invariant()
    def a_case_waits_somewhere_until_it_has_ended(self) -> None:
        assert bool(self.case.tasks) is not self.case.status.ended
        assert (self.case.ended_at is not None) is self.case.status.ended
        known = {step.code for step in self.definition.steps}
        assert {task.step for task in self.case.tasks} <= known

    @invariant()
    def no_step_is_done_after_which_nobody_could_decide(self) -> None:
        if isinstance(self.log[-1].act, TaskCompleted) and self.case.status is Status.ACCEPTED:
            assert may_be_decided(self.definition, [task.step for task in self.case.tasks])

    @invariant()
    def for_each_open_step_one_unit_is_responsible(self) -> None:
        """The one that the procedure names, or the last that it was given to since it opened."""
        assert len({task.step for task in self.case.tasks}) == len(self.case.tasks)
        for task in self.case.tasks:
            step = self.definition.step(task.step)
            given: list[str] = []
            for entry in self.log[1:]:
                if isinstance(entry.act, Reassigned):
                    given += [move.unit for move in entry.act.moves if move.step == task.step]
                elif isinstance(entry.act, Accepted) or (
                    isinstance(entry.act, TaskCompleted) and entry.act.step == task.step
                ):
                    given.clear()  # it was done, and may have opened again at this very instant
            assert task.agency == (step.agency or AGENCIES[0])
            assert task.unit == [step.unit, *given][-1]

    @invariant()
    def the_clock_stands_for_what_stopped_it_and_runs_when_all_of_it_is_gone(self) -> None:
        standing: list[Stop] = []
        for entry in self.log:
            if isinstance(entry.act, SupplementRequested):
                standing.append(Stop.SUPPLEMENT)
            elif isinstance(entry.act, Supplemented):
                if not entry.act.still_missing:
                    standing.remove(Stop.SUPPLEMENT)
            elif isinstance(entry.act, SupplementExpired | TaskCompleted | Accepted):
                standing = list(entry.act.stands.stops)
        assert sorted(self.case.stops) == sorted(standing)
        assert len(set(standing)) == len(standing)
        assert (self.case.stopped_at is not None) is bool(standing)
        if standing:
            assert self.case.due_at is None
        elif self.case.received_at and not self.case.status.ended:
            assert (self.case.due_at is None) is (self.definition.term == NO_TERM)

    @invariant()
    def the_clock_that_the_log_tells_agrees_with_the_case(self) -> None:
        clock = self.case.clock
        assert (clock is None) is (self.case.received_at is None)
        if clock is None:
            return
        assert clock.started_at == self.case.received_at
        if self.case.decided_at is not None:
            assert clock.ended_at == self.case.decided_at
            assert clock.due_at(CALENDAR) == self.case.due_when_decided
            assert clock.is_overdue(self.now, CALENDAR) == (self._explained().overdue)
        elif not self.case.status.ended:
            assert clock.stops == self.case.stops
            assert clock.due_at(CALENDAR) == self.case.due_at
            assert clock.remaining(self.now, CALENDAR) == self._explained().remaining
            assert clock.is_overdue(self.now, CALENDAR) == self._explained().overdue

    @invariant()
    def the_explanation_covers_all_the_time_without_a_gap(self) -> None:
        intervals = self._explained().intervals
        until = self.case.decided_at or self.case.ended_at or self.now
        if until == self.case.submitted_at:
            assert intervals == ()
            return
        assert (intervals[0].begins_at, intervals[-1].ends_at) == (self.case.submitted_at, until)
        assert all(before.ends_at == after.begins_at for before, after in pairwise(intervals))

    @invariant()
    def what_each_held_adds_up_to_all_the_time_and_what_was_late_to_the_delay(self) -> None:
        history = states(self.case, self.log)
        held = holdings(history, CALENDAR, self.now)
        until = self.case.decided_at or self.case.ended_at or self.now
        assert history[-1].case == self.case
        if until == self.case.submitted_at:
            assert held == ()
            return
        assert (held[0].begins_at, held[-1].ends_at) == (self.case.submitted_at, until)
        assert all(before.ends_at == after.begins_at for before, after in pairwise(held))
        parts = shares(history, CALENDAR, self.now)
        assert sum((part.held for part in parts), timedelta()) == CALENDAR.working_time_between(
            self.case.submitted_at, until
        )
        late = sum((part.late for part in parts), timedelta())
        assert late == sum((holding.late for holding in held), timedelta())
        assert not late or self._explained().overdue
        phases(history, {1: self.definition}, CALENDAR, self.now)

    def _explained(self) -> Any:
        return explain(self.case, CALENDAR, self.now)

    def _stands(self) -> list[Case]:
        """The case after each entry."""
        return [fold(self.case.id, self.log[:length]) for length in range(1, len(self.log) + 1)]


TestHandlingAtRandom = Handling.TestCase
TestHandlingAtRandom.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
