"""The rules of steps that systems do: who holds one, how often it is tried, what is wrong with a definition."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procedures.domain import external_task as rules
from procedures.domain.case import Case, Task
from procedures.domain.definition import END, Definition, Step, Transition
from procedures.domain.external_task import (
    Cause,
    ExternalTask,
    IncidentSettled,
    Lease,
    LeaseLost,
    NotWithSystems,
    TaskLeased,
)
from procedures.domain.external_work import ExternalWork
from procedures.domain.findings import findings
from procedures.domain.holidays_vn import vietnam
from procedures.domain.linked_cases import ChildCase, ChildStillRunning
from procedures.domain.status import Status
from procedures.domain.terms import NO_TERM
from shared.errors import Text
from shared.ids import new_id

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
VIETNAM = vietnam(range(2026, 2027))
MINUTE = timedelta(minutes=1)
MINE = Lease(new_id(), "a-system")
FREE = ExternalTask(new_id(), new_id(), "ASK", "TAX", "LAND", None, attempts=3, attempts_left=3, free_at=NOW)
HELD = replace(FREE, attempts_left=2, free_at=NOW + MINUTE, lease=MINE)


def fail(task: ExternalTask, now: datetime = NOW, **more: Any) -> ExternalTask:
    given: dict[str, Any] = {"message": "sealed", "incident": new_id(), "again_after": None, "final": False}
    return rules.failed(task, now, **{**given, **more})


@pytest.mark.parametrize("lease", [Lease(new_id(), "a-system"), Lease(MINE.id, "another-system")])
def test_a_lease_is_held_by_its_id_and_its_holder_together(lease: Lease) -> None:
    rules.require_held(HELD, MINE, NOW)
    with pytest.raises(LeaseLost):
        rules.require_held(HELD, lease, NOW)


def test_a_lease_is_held_up_to_its_end_and_not_at_it() -> None:
    end, tick = HELD.free_at, timedelta(microseconds=1)
    rules.require_held(HELD, MINE, end - tick)
    with pytest.raises(TaskLeased):
        rules.require_not_leased(HELD, end - tick)
    with pytest.raises(LeaseLost):
        rules.require_held(HELD, MINE, end)
    rules.require_not_leased(HELD, end)


def test_no_system_finishes_a_step_whose_part_still_runs() -> None:
    part = ChildCase(new_id(), "B-260105-0001", "Q", "B", NOW, "ASK")
    task = Task("ASK", "TAX", "LAND", "A", NOW)
    case = Case(
        new_id(), "P", 1, "A", "person", Status.ACCEPTED, 2, NOW, "", (), tasks=(task,), children=(part,)
    )
    title = Text("Mẫu", "Sample")
    asking = Definition("P", title, "A", NO_TERM, "ASK", (Step("ASK", title, "TAX", (Transition(END),)),))
    with pytest.raises(ChildStillRunning) as refused:
        rules.complete(case, asking, VIETNAM, NOW, step="ASK", outcome=None, note=None, attachments=())
    assert refused.value.extensions == {"child": part.code}


def test_what_is_given_back_untouched_was_no_attempt() -> None:
    assert rules.released(HELD, NOW) == FREE


def test_a_task_rests_longer_after_each_failure_and_a_day_at_most() -> None:
    rests = [rules.back_off(failures) for failures in (1, 2, 3, 4, 12, 20)]
    assert rests == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, timedelta(days=1), timedelta(days=1)]
    assert fail(HELD).free_at == NOW + MINUTE
    assert fail(HELD, again_after=timedelta(0)).free_at == NOW


def test_the_last_failure_or_one_that_is_final_is_an_incident() -> None:
    assert fail(HELD).incident is None
    for stuck in (fail(replace(HELD, attempts_left=0)), fail(HELD, final=True)):
        assert stuck.incident is not None
        assert (stuck.incident.cause, stuck.attempts_left, stuck.lease) == (Cause.FAILED, 0, None)


def test_an_incident_is_resolved_by_its_id_and_all_attempts_are_there_again() -> None:
    stuck = fail(HELD, final=True)
    assert stuck.incident is not None
    with pytest.raises(IncidentSettled):
        rules.resolved(stuck, NOW, new_id())
    again = rules.resolved(stuck, NOW, stuck.incident.id)
    assert again == FREE
    with pytest.raises(IncidentSettled):
        rules.resolved(again, NOW, stuck.incident.id)


def test_an_official_can_recall_what_a_system_holds_and_only_once() -> None:
    recalled = rules.recalled(HELD, NOW, new_id())
    with pytest.raises(LeaseLost):
        rules.require_held(recalled, MINE, NOW)
    rules.require_not_leased(recalled, NOW)
    with pytest.raises(NotWithSystems):
        rules.recalled(recalled, NOW, new_id())


@given(st.lists(st.sampled_from(["release", "fail", "final", "expire", "recall", "resolve"]), max_size=30))
def test_whatever_happens_attempts_stay_in_bounds_and_nothing_is_both_free_and_an_incident(
    happens: list[str],
) -> None:
    task, now = FREE, NOW
    for what in happens:
        now += timedelta(days=2)
        if task.attempts_left and task.incident is None:  # a system claims it
            task = replace(task, lease=MINE, free_at=now + MINUTE, attempts_left=task.attempts_left - 1)
        if what == "release" and task.lease:
            task = rules.released(task, now)
        elif what in ("fail", "final") and task.lease:
            task = fail(task, now, final=what == "final")
        elif what == "expire" and task.lease and task.attempts_left == 0:
            task = rules.expired(task, now, new_id())
        elif what == "recall" and task.incident is None:
            task = rules.recalled(task, now, new_id())
        elif what == "resolve" and task.incident is not None:
            task = rules.resolved(task, now, task.incident.id)
        assert 0 <= task.attempts_left <= task.attempts
        assert task.incident is None or (task.attempts_left, task.lease) == (0, None)


def step(code: str, to: str | None, external: ExternalWork | None = None, agency: str | None = None) -> Step:
    return Step(code, Text(code, code), "DESK", (Transition(to),), external=external, agency=agency)


def found(definition: Definition, **known: Any) -> list[tuple[str, str]]:
    ours = ("external_first_step", "external_without_system")
    return [(one.code, one.pointer) for one in findings(definition, **known) if one.code in ours]


def test_the_linter_refuses_to_leave_the_receiving_step_to_systems() -> None:
    left = ExternalWork()
    definition = Definition(
        "P", Text("P", "P"), "A", NO_TERM, "IN", (step("IN", "OUT", left), step("OUT", END))
    )
    assert found(definition) == [("external_first_step", "/steps/0/external")]


def test_the_linter_warns_of_a_step_that_no_system_of_its_agency_may_take() -> None:
    steps = (step("IN", "ASK"), step("ASK", "OUT", ExternalWork(), "TAX"), step("OUT", END, ExternalWork()))
    definition = Definition("P", Text("P", "P"), "A", NO_TERM, "IN", steps)
    assert found(definition) == []
    assert found(definition, systems={"A": {"our-system"}}) == [
        ("external_without_system", "/steps/1/external")
    ]
    assert found(definition, systems={"A": {"our-system"}, "TAX": {"theirs"}}) == []
