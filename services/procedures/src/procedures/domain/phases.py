"""The stages that a case went through, each with its deadline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from procedures.domain.attribution import State
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.clock import CaseClock
from procedures.domain.definition import Definition, Stage


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage of the procedure that the case came to."""

    stage: Stage
    since: datetime
    until: datetime | None
    """None while a step of it is open."""
    due_at: datetime | None
    """None without an allowance, and while it is open and the clock stands still."""
    overdue: bool


def phases(
    history: Sequence[State], versions: Mapping[int, Definition], calendar: WorkingCalendar, now: datetime
) -> tuple[Phase, ...]:
    """The stages in the order in which the case came to them; one that it came to twice stands twice.

    `versions` are those by which it was handled: each stage is that of the last by which it was open.
    """
    clock = history[-1].case.clock
    if clock is None:
        return ()
    stages: dict[tuple[str, datetime], Stage] = {}
    ended: dict[tuple[str, datetime], datetime] = {}
    for state in history:
        definition = versions[state.case.version]
        open_now = {
            (stage.code, task.stage_since): stage
            for task in state.case.tasks
            if (stage := definition.stage(definition.step(task.step).stage)) and task.stage_since
        }
        for place in stages.keys() - open_now.keys():
            ended.setdefault(place, state.since)
        stages |= open_now
    return tuple(
        _phase(stage, place[1], ended.get(place), clock, calendar, now)
        for place, stage in sorted(stages.items(), key=lambda item: item[0][1])
    )


def _phase(
    stage: Stage,
    since: datetime,
    until: datetime | None,
    clock: CaseClock,
    calendar: WorkingCalendar,
    now: datetime,
) -> Phase:
    due = clock.part_runs_out_at(since, stage.allowance, calendar)
    reached = min(moment for moment in (until, clock.ended_at, clock.stopped_at, now) if moment)
    waits = until is None and clock.stops
    return Phase(stage, since, until, None if waits else due, due is not None and due < reached)
