"""The stages that a case went through, each with its deadline."""

from collections.abc import Sequence
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
    history: Sequence[State], definition: Definition, calendar: WorkingCalendar, now: datetime
) -> tuple[Phase, ...]:
    """The stages in the order in which the case came to them; one that it came to twice stands twice."""
    clock = history[-1].case.clock
    if clock is None:
        return ()
    found: dict[tuple[str, datetime], datetime | None] = {}
    for state in history:
        open_now = {
            (code, task.stage_since)
            for task in state.case.tasks
            if (code := definition.step(task.step).stage) and task.stage_since
        }
        for place, until in found.items():
            if until is None and place not in open_now:
                found[place] = state.since
        for place in open_now:
            found.setdefault(place, None)
    return tuple(
        _phase(stage, since, until, clock, calendar, now)
        for (code, since), until in sorted(found.items(), key=lambda item: item[0][1])
        if (stage := definition.stage(code)) is not None
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
