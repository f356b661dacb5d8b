"""The log of a case as process mining reads it: what happened at which step, when, in which unit.

An act becomes an event of its own kind, and so does what it did to the steps: `schedule` when a step waits for
its unit, `complete` when it is done, `withdraw` when it is not waited for any more. Of those who acted it is told
what kind they are, of an official the agency and, at a step, the unit; never who. Nothing that anybody wrote is
told, so that a log can be handed to whoever improves the process.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count
from uuid import UUID

from procedures.domain.acts import Accepted, Act, Decided, Entry, Refused, TaskCompleted
from procedures.domain.attribution import states
from procedures.domain.case import Case, Task, opened


class Transition(StrEnum):
    """What became of an activity, by the standard lifecycle of XES."""

    SCHEDULE = "schedule"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Stop:
    """A case at a step of a unit, once: a task as an object of its own."""

    number: int
    """In the order in which the case came to them, from 1."""
    step: str
    agency: str
    unit: str


_Place = tuple[str, str, str, datetime]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a case."""

    number: int
    """From 1, in order."""
    activity: str
    transition: Transition
    at: datetime
    actor: str
    """person, official, client or system."""
    status: str
    """Of the case, after it."""
    stop: Stop | None = None
    """None of what concerns the whole case."""
    outcome: str | None = None


_Change = tuple[str, Transition, Stop | None, str | None]


@dataclass(frozen=True, slots=True)
class Trace:
    """A case with its events."""

    case_id: UUID
    agency: str
    procedure: str
    version: int
    submitted_at: datetime
    events: tuple[LogEvent, ...]

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Where it was, in order."""
        return tuple(dict.fromkeys(event.stop for event in self.events if event.stop is not None))


def trace_of(case_id: UUID, entries: Sequence[Entry]) -> Trace:
    """The trace that a log makes."""
    history = [state.case for state in states(opened(case_id, entries[0]), entries)]
    last = history[-1]
    return Trace(
        case_id=case_id,
        agency=last.agency,
        procedure=last.procedure,
        version=last.version,
        submitted_at=last.submitted_at,
        events=tuple(_events(history, entries)),
    )


def _events(history: Sequence[Case], entries: Sequence[Entry]) -> Iterator[LogEvent]:
    stops, numbers = count(1), count(1)
    there: dict[_Place, Stop] = {}
    for entry, case in zip(entries, history, strict=True):
        before, there = there, {}
        for task in case.tasks:
            place = _place(task)
            there[place] = before.get(place) or Stop(next(stops), task.step, task.agency, task.unit)
        ended = [stop for place, stop in before.items() if place not in there]
        begun = [stop for place, stop in there.items() if place not in before]
        for activity, transition, stop, outcome in _changes(entry.act, ended, begun):
            yield LogEvent(
                next(numbers),
                activity,
                transition,
                entry.at,
                entry.actor.kind,
                case.status.value,
                stop,
                outcome,
            )


def _changes(act: Act, ended: Sequence[Stop], begun: Sequence[Stop]) -> Iterator[_Change]:
    """What an act made happen: what it is itself, the steps that it ended, and those that began by it."""
    if not isinstance(act, TaskCompleted):
        yield act.kind, Transition.COMPLETE, None, act.outcome.value if isinstance(act, Decided) else None
    for stop in ended:
        if isinstance(act, Accepted | Refused):
            yield stop.step, Transition.COMPLETE, stop, None
        elif isinstance(act, TaskCompleted) and stop.step == act.step:
            yield stop.step, Transition.COMPLETE, stop, act.outcome
        else:
            yield stop.step, Transition.WITHDRAW, stop, None
    for stop in begun:
        yield stop.step, Transition.SCHEDULE, stop, None


def _place(task: Task) -> _Place:
    return task.step, task.agency, task.unit, task.opened_at
