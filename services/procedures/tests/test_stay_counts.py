"""Stays counted as events are heard of, and counted anew from all logs, are the same to the last cell."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from procedures.domain.acts import Actor, Entry, Submitted
from procedures.domain.attribution import State
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.calendar_history import CalendarHistory
from procedures.domain.case import Case, Task, opened
from procedures.domain.clock import CaseClock, Stop
from procedures.domain.holidays_vn import vietnam
from procedures.domain.status import Status
from procedures.domain.terms import Term, TermKind
from procedures.stays.operations import Sums, recount_stays
from shared.ids import new_id

EVENTS = int(os.environ.get("MOTCUA_STATISTICS_EVENTS", "5000"))
BEGIN = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = {key: vietnam([2026]).to_json()[key] for key in ("timeZone", "week")}
COUNTRY = WorkingCalendar.from_json(WEEK)
STEPS = ("TIEP_NHAN", "THU_LY", "KY_DUYET")


def task(chance: random.Random, at: datetime) -> Task:
    return Task(chance.choice(STEPS), chance.choice(("PHONG_A", "PHONG_B")), None, "H99.01", at)


def acted(chance: random.Random, case: Case, at: datetime) -> Case:
    """The case after something was done to it: steps are done and come, its clock stands and runs, it ends."""
    case = replace(case, sequence=case.sequence + 1)
    if case.clock is None:
        clock = CaseClock(at, Term(TermKind.WORKING_DAYS, Decimal(3)))
        return replace(case, status=Status.ACCEPTED, clock=clock, tasks=(task(chance, at),))
    match chance.randrange(8):
        case 0 if not case.clock.stops:
            return replace(case, clock=case.clock.pause(at, Stop.SUPPLEMENT))
        case 1 if not case.clock.stops:
            ended = case.clock.end(at)
            return replace(case, status=Status.DECIDED, clock=ended, decided_at=at, tasks=())
        case 2:
            return replace(case, status=Status.LAPSED, ended_at=at, tasks=())
        case 3:
            return replace(case, tasks=(*case.tasks, task(chance, at)))
        case _ if case.clock.stops:
            return replace(case, clock=case.clock.resume(at, Stop.SUPPLEMENT))
        case _:
            return replace(case, tasks=(task(chance, at),))


def invented(chance: random.Random) -> list[State]:
    """A case after each of its acts."""
    at = BEGIN + chance.random() * 200 * DAY
    act = Submitted("TP01", 1, "H99.01", "x", "", (), (task(chance, at),), None)
    case = opened(UUID(int=chance.getrandbits(128)), Entry(1, at, Actor("x", "person"), act))
    history = [State(at, case)]
    while case.status not in (Status.DECIDED, Status.LAPSED) and chance.random() < 0.95:
        at += chance.expovariate(1 / 30) * HOUR
        case = acted(chance, case, at)
        history.append(State(at, case))
    return history


def edits(chance: random.Random) -> list[tuple[datetime, WorkingCalendar]]:
    """A closure declared every ten days or so, for a day before or after."""
    found, at = [], BEGIN
    for _ in range(20):
        at += chance.random() * 20 * DAY
        day = (at + chance.randrange(-15, 15) * DAY).date()
        found.append((at, WorkingCalendar.from_json({**WEEK, "closures": [day.isoformat()]})))
    return found


def heard(chance: random.Random, history: Sequence[State]) -> Iterator[tuple[datetime, int]]:
    """When each act of a case is heard of, at once or days later, some twice and some never, and its number."""
    for state in history[1:-1]:
        if chance.random() < 0.9:
            yield state.since + chance.random() * HOUR, state.case.sequence
        if chance.random() < 0.1:
            yield state.since + chance.random() * 30 * DAY, state.case.sequence
    yield history[-1].since + chance.random() * DAY, history[-1].case.sequence


def test_counting_as_it_is_heard_gives_what_counting_anew_gives_however_calendars_were_edited() -> None:
    chance = random.Random(17)
    declared = edits(chance)
    added, anew, told = Sums(), Sums(), 0
    while told < EVENTS:
        history, counted = invented(chance), 0
        told += len(history)
        for now, sequence in sorted(heard(chance, history)):
            if sequence > counted:
                known = [state for state in history if state.since <= now]
                calendars = tuple(edit for edit in declared if edit[0] <= now)
                added.count(known, counted, CalendarHistory(COUNTRY, calendars))
                counted = known[-1].case.sequence
        anew.count(history, 0, CalendarHistory(COUNTRY, tuple(declared)))
    assert added.numbers == anew.numbers
    assert added.minutes == anew.minutes
    assert added.ways == anew.ways
    assert anew.numbers.total() > told / 4
    assert anew.ways.total() > told / 50


async def cells(world: Any, *agencies: str) -> list[Any]:
    found: list[Any] = []
    async with world.database.reading() as tx:
        for table in ("stay_cells", "way_cells"):
            query = text(f"SELECT * FROM {table} WHERE agency = ANY(:a) ORDER BY {table}")
            found += [tuple(row) for row in await tx.execute(query, {"a": list(agencies)})]
    return found


async def test_a_part_of_a_case_has_stays_at_its_own_agency_however_they_are_counted(world: Any) -> None:
    agency, other = f"H99.{new_id().hex[-6:]}", f"H99.{new_id().hex[-6:]}"
    code, part = await world.publish(agency=agency), await world.publish(agency=other)
    case = (await world.submit(code))["id"]
    await world.act(case, "acceptance", world.official("desk", agency))
    opening = {"procedure": part, "form": {"fullName": "Trần Thị Mẫu"}}
    answer = await world.act(case, "children", world.official("justice", agency), opening)
    (child,) = answer.json()["children"]
    world.clock.advance(2 * HOUR)
    await world.act(child["id"], "acceptance", world.official("desk", other))
    await world.count(agency)
    await world.count(other)
    before = await cells(world, agency, other)
    assert [row[3] for row in before if row[0] == other] == ["TIEP_NHAN"]
    await recount_stays(world.database)
    assert await cells(world, agency, other) == before


async def test_a_closure_that_is_declared_later_changes_no_stay_that_was_over_and_measures_those_after(
    world: Any,
) -> None:
    agency = f"H99.{new_id().hex[-6:]}"
    code = await world.publish(agency=agency)
    desk, justice = world.official("desk", agency), world.official("justice", agency)
    first, second, third = [(await world.submit(code))["id"] for _ in range(3)]
    for case in (first, second, third):
        await world.act(case, "acceptance", desk)
    world.clock.set(datetime(2026, 1, 7, 1, 30, tzinfo=UTC))
    done = {"outcome": "done"}
    await world.act(first, "tasks/THU_LY/completion", justice, done)
    await world.count(agency)
    await world.act(second, "tasks/THU_LY/completion", justice, done)
    await world.close_on(agency, "2026-01-06")
    await world.count(agency)
    world.clock.advance(timedelta(minutes=1))
    await world.act(third, "tasks/THU_LY/completion", justice, done)
    await world.count(agency)
    before = await cells(world, agency)
    lengths = {row[-1]: row[-2] for row in before if row[3] == "THU_LY"}
    assert lengths == {2 * 16 * 60: 2, 8 * 60 + 1: 1}
    await recount_stays(world.database)
    assert await cells(world, agency) == before


async def test_an_edit_counts_from_behind_all_that_was_done_before_it(world: Any) -> None:
    """An act of a process whose clock is ahead was counted already when the edit comes."""
    agency = f"H99.{new_id().hex[-6:]}"
    code = await world.publish(agency=agency)
    case = (await world.submit(code))["id"]
    await world.act(case, "acceptance", world.official("desk", agency))
    edited = world.clock.now()
    world.clock.set(datetime(2026, 1, 7, 1, 30, tzinfo=UTC))
    await world.act(case, "tasks/THU_LY/completion", world.official("justice", agency), {"outcome": "done"})
    await world.count(agency)
    before = await cells(world, agency)
    world.clock.set(edited)
    await world.close_on(agency, "2026-01-06")
    await recount_stays(world.database)
    assert await cells(world, agency) == before
