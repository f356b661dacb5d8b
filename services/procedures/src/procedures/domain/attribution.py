"""Who held a case, and whose delay it is: what its log tells, measured by the agency's calendar.

While the clock runs the units of the open steps hold the case, each an equal part where there are several; while
it stands still those hold it who are waited for. What they held after the case was due is their part of its
delay, so the parts add up to the whole. What one did over the allowance of a step is told apart: it may be the
reason why another was late.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import chain, pairwise

from procedures.domain.acts import Entry
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Task, opened
from procedures.domain.clock import Stop
from procedures.domain.consultation import Consultee
from procedures.domain.status import Status


class HolderKind(StrEnum):
    """What kind of hands a case is in."""

    UNIT = "unit"
    """Of the agency that answers for it."""
    OTHER_AGENCY = "other_agency"
    APPLICANT = "applicant"


@dataclass(frozen=True, slots=True)
class Holder:
    """In whose hands a case is."""

    kind: HolderKind
    agency: str | None = None
    unit: str | None = None
    """None where a whole agency is waited for, which handles a case of its own."""


APPLICANT = Holder(HolderKind.APPLICANT)


@dataclass(frozen=True, slots=True)
class Holding:
    """A stretch of a case's time in the same hands."""

    begins_at: datetime
    ends_at: datetime
    holders: tuple[Holder, ...]
    counts: bool
    """Whether it counts towards the term."""
    working_time: timedelta
    late: timedelta
    """The part of the working time after the case was due."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one held of a case."""

    holder: Holder
    held: timedelta
    late: timedelta
    """Its part of the delay."""
    overran: timedelta
    """For how long it had steps after their allowances had run out."""


@dataclass(frozen=True, slots=True)
class State:
    """A case as it stood from an instant on."""

    since: datetime
    case: Case


def states(case: Case, entries: Sequence[Entry]) -> tuple[State, ...]:
    """The case after each entry of its log."""
    first, *rest = entries
    found = [State(first.at, opened(case.id, first))]
    for entry in rest:
        found.append(State(max(entry.at, found[-1].since), found[-1].case.after(entry)))
    return tuple(found)


def holdings(history: Sequence[State], calendar: WorkingCalendar, now: datetime) -> tuple[Holding, ...]:
    """The time from the submission until the answer, or `now`, without a gap; empty stretches left out."""
    due = _due_at(history[-1].case, calendar)
    found: list[Holding] = []
    for begins, ends, case in _stretches(history, now):
        holders, counts = _holders(case), case.clock is not None and not case.stops
        late = calendar.working_time_between(max(begins, due), ends) if counts and due else timedelta()
        worked = calendar.working_time_between(begins, ends)
        last = found[-1] if found else None
        if last and (last.holders, last.counts) == (holders, counts):
            found[-1] = replace(
                last, ends_at=ends, working_time=last.working_time + worked, late=last.late + late
            )
        else:
            found.append(Holding(begins, ends, holders, counts, worked, late))
    return tuple(found)


def shares(history: Sequence[State], calendar: WorkingCalendar, now: datetime) -> tuple[Share, ...]:
    """What each held of the case, in the order in which they came to it."""
    found: dict[Holder, Share] = {}

    def add(holder: Holder, held: timedelta, late: timedelta, overran: timedelta) -> None:
        had = found.get(holder, Share(holder, timedelta(), timedelta(), timedelta()))
        found[holder] = Share(holder, had.held + held, had.late + late, had.overran + overran)

    held = holdings(history, calendar, now)
    for holding in held:
        parts = zip(
            holding.holders,
            _parts(holding.working_time, len(holding.holders)),
            _parts(holding.late, len(holding.holders)),
            strict=True,
        )
        for holder, worked, late in parts:
            add(holder, worked, late, timedelta())
    for holder, overran in chain(_overruns(history, calendar, now), _late_opinions(history, held, calendar)):
        add(holder, timedelta(), timedelta(), overran)
    return tuple(found.values())


def _stretches(history: Sequence[State], now: datetime) -> Iterator[tuple[datetime, datetime, Case]]:
    last = history[-1].case
    until = min(moment for moment in (now, last.decided_at, last.ended_at) if moment)
    for state, following in pairwise((*history, State(until, last))):
        ends = min(following.since, until)
        if state.since < ends:
            yield state.since, ends, state.case


def _due_at(case: Case, calendar: WorkingCalendar) -> datetime | None:
    """When the case was due: a decision is measured by the due instant of its day."""
    if case.decided_at is not None:
        return case.due_when_decided
    return case.clock.runs_out_at(calendar) if case.clock else None


def _holders(case: Case) -> tuple[Holder, ...]:
    others = {Stop.SUPPLEMENT, Stop.PAYMENT, Stop.STEP} & set(case.stops)
    parts = [
        *map(partial(_holder_now, case), _at_work(case)),
        *(_holder(one, case.agency) for one in _waited_for(case)),
    ]
    return tuple(dict.fromkeys([APPLICANT, *parts] if others else parts))


def _at_work(case: Case) -> list[Task]:
    """The open tasks, without those of units that wait for an opinion before they can go on."""
    if case.stops:
        return [task for task in case.tasks if task.exempt and Stop.CONSULTATION in case.stops]
    waiting = {(case.agency, asked.unit) for asked, _ in case.consulted if asked.mandatory}
    return [task for task in case.tasks if (task.agency, task.unit) not in waiting]


def _waited_for(case: Case) -> list[Consultee]:
    """Those without whose opinion the case does not go on; where the clock stands still, it is for them."""
    return [
        one
        for asked, one in case.consulted
        if asked.mandatory and (not case.stops or (asked.exempted_by and Stop.OPINION in case.stops))
    ]


def _holder_now(case: Case, task: Task) -> Holder:
    """The unit of the step; while that waits for a case of another agency, this one; the applicant, who is asked there."""
    child = case.child_at(task.step)
    if child is not None and child.status is Status.SUPPLEMENT_REQUESTED:
        return APPLICANT
    if child is None or child.agency == case.agency:
        return _holder(task, case.agency)
    return Holder(HolderKind.OTHER_AGENCY, child.agency)


def _holder(part: Task | Consultee, agency: str) -> Holder:
    kind = HolderKind.UNIT if part.agency == agency else HolderKind.OTHER_AGENCY
    return Holder(kind, part.agency, part.unit)


def _parts(whole: timedelta, number: int) -> list[timedelta]:
    """Equal parts to the microsecond; the first takes what is over."""
    if not number:
        return []
    part = whole // number
    return [whole - part * (number - 1), *[part] * (number - 1)]


def _overruns(
    history: Sequence[State], calendar: WorkingCalendar, now: datetime
) -> Iterator[tuple[Holder, timedelta]]:
    """The working time for which each had a step after its allowance had run out: while the clock ran, and of a
    step that keeps it still, all of it."""
    ran_out = {
        _identity(task): end
        for state in history
        for task in state.case.tasks
        if (end := _end_of_allowance(task, history[-1].case, calendar)) is not None
    }
    for begins, ends, case in _stretches(history, now):
        for task in case.tasks:
            end = ran_out.get(_identity(task))
            if end is not None and end < ends and (task.exempt or not case.stops):
                yield _holder_now(case, task), calendar.working_time_between(max(begins, end), ends)


def _end_of_allowance(task: Task, case: Case, calendar: WorkingCalendar) -> datetime | None:
    if task.counted_from is None or case.clock is None:
        return None
    if task.exempt:
        return task.due_at
    return case.clock.part_runs_out_at(task.counted_from, task.allowance, calendar)


def _identity(task: Task) -> tuple[str, datetime]:
    return task.step, task.opened_at


def _late_opinions(
    history: Sequence[State], held: Sequence[Holding], calendar: WorkingCalendar
) -> Iterator[tuple[Holder, timedelta]]:
    """Each that was asked with the working time between its due instant and the end of its being asked."""
    until = held[-1].ends_at if held else history[-1].since
    asked = {
        one.id: (one, min(following.since, until))
        for state, following in pairwise((*history, State(until, history[-1].case)))
        for _, one in state.case.consulted
    }
    for one, ended in asked.values():
        if one.due_at is not None and one.due_at < ended:
            holder = _holder(one, history[-1].case.agency)
            yield holder, calendar.working_time_between(one.due_at, ended)
