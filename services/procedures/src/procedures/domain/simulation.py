"""A procedure tried out before people depend on it: runs of invented cases, one or as many as there are ways."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from procedures.domain.calendar import WorkingCalendar
from procedures.domain.definition import Definition, reachable
from procedures.domain.happenings import Run
from procedures.domain.scenario import Scenario
from procedures.domain.simulated_run import Walk

MOST_RUNS = 200
"""Runs of one simulation at most."""

MOST_COMPLETIONS = 5000
"""Steps that are done in all runs of one simulation together."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """The runs of a scenario."""

    runs: tuple[Run, ...]
    complete: bool
    """Whether every way was gone that the scenario leaves open."""
    untried: tuple[tuple[str, str | None], ...]
    """Ways on (step, outcome) that no run has taken, of steps that may be come to."""


def simulate(definition: Definition, calendar: WorkingCalendar, scenario: Scenario) -> Simulation:
    """Run invented cases through a procedure, sound or not."""
    if definition.first_step not in {step.code for step in definition.steps}:
        return Simulation((), complete=True, untried=())
    most = min(scenario.most_runs, MOST_RUNS) if scenario.explore else 1
    pending: deque[tuple[int, ...]] = deque([()])
    runs: list[Run] = []
    completions = MOST_COMPLETIONS
    while pending and len(runs) < most and completions > 0:
        choices = pending.popleft()
        walk = Walk(definition, calendar, scenario, choices, completions)
        runs.append(walk.run())
        completions -= walk.passes.total()
        pending.extend(_alternatives(choices, walk.open_choices))
    taken, may_come = {way for run in runs for way in run.chosen}, reachable(definition)
    every = [
        (step.code, way.outcome)
        for step in definition.steps
        if step.code in may_come
        for way in step.transitions
    ]
    return Simulation(tuple(runs), not pending, tuple(way for way in every if way not in taken))


def _alternatives(choices: tuple[int, ...], numbers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """What else could have been chosen where the run was not told what to choose, the earliest first."""
    for at in range(len(choices), len(numbers)):
        for other in range(1, numbers[at]):
            yield (*choices, *(0,) * (at - len(choices)), other)
