"""Forecasts of delay: what is said of running cases is what becomes of them, on invented histories."""

import os
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from procedures.domain import handling
from procedures.domain.acts import SYSTEM, Act, Actor, Entry, Submitted
from procedures.domain.attribution import State, states
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.calendar_history import CalendarHistory
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, opened
from procedures.domain.deciding import decide
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.forecast import Place, Ways, forecast
from procedures.domain.handling import Official, receiving_task
from procedures.domain.histogram import bucket_of
from procedures.domain.holidays_vn import vietnam
from procedures.domain.statistics import month_of
from procedures.domain.stays import ways
from procedures.forecasts.operations import make_forecasts
from procedures.stays.store import WayCell, add_ways
from shared.ids import new_id

CALENDAR = vietnam([2026, 2027])
CASES = int(os.environ.get("MOTCUA_FORECASTS", "700"))
BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY = 29 * HOUR
APPLICANT = Actor("somebody", "person")
PAPER = Attachment(new_id(), "GIAY_TO", "application/pdf", 1, "0" * 64)
STEPS = ("TIEP_NHAN", "THU_LY", "SOAT_XET", "KY_DUYET", "TRA_KET_QUA")


def procedure(definition: Any) -> Definition:
    """Five steps in a row; a term of four working days."""
    steps = [
        {
            "code": code,
            "title": {"vi": code, "en": code},
            "unit": "PHONG",
            "transitions": [{"to": following}],
        }
        for code, following in zip(STEPS, (*STEPS[1:], None), strict=True)
    ]
    term = {"kind": "working_days", "amount": 4}
    return definition_from_json(definition(steps=steps, first=STEPS[0], term=term))


def played(definition: Definition, calendar: WorkingCalendar, dice: random.Random) -> tuple[State, ...]:
    """A case from its submission to its decision; units are quick or slow, applicants are waited for."""
    at = calendar.after(BEGIN, dice.random() * 1500 * HOUR)
    official = Official("H99.01", frozenset({("PHONG", "XU_LY")}))
    act = Submitted(
        definition.code, 1, "H99.01", "x", "", (), (receiving_task(definition, calendar, at),), None
    )
    entries = [Entry(1, at, APPLICANT, act)]
    case = opened(new_id(), entries[0])

    def do(acts: tuple[Act, ...], by: Actor = SYSTEM) -> Case:
        nonlocal case
        for one in acts:
            entries.append(Entry(case.sequence + 1, at, by, one))
            case = case.after(entries[-1])
        return case

    do(handling.accept(case, definition, calendar, official, at))
    slow = dice.random() < 0.3
    for code in STEPS[1:4]:
        work = dice.lognormvariate(2.0 if slow else 1.6, 0.9) * HOUR
        done = dice.expovariate(1 / 30) * HOUR
        if done < work:
            at, work = calendar.after(at, done), work - done
            items = (MissingItem("GIAY_TO", "Mờ."),)
            rule = definition.time_rules.supplements
            do(handling.request_supplement(case, calendar, official, at, items, rule))
            at += timedelta(days=dice.randint(1, 9))
            do(handling.supplement(case, calendar, at, attachments=(PAPER,), note=None))
        at = calendar.after(at, work)
        do(
            handling.complete_task(
                case, definition, calendar, official, at, step=code, outcome=None, note=None
            )
        )
    do(decide(case, definition, official, outcome=Outcome.GRANTED, reason="Đủ.", number=None))
    return states(case, entries)


def learnt(histories: list[tuple[State, ...]]) -> Ways:
    numbers: defaultdict[tuple[str, int], Counter[tuple[int, int]]] = defaultdict(Counter)
    for history in histories:
        for way in ways(history, 0, CalendarHistory(CALENDAR)):
            numbers[way.step, way.pace][bucket_of(way.stayed), bucket_of(way.counted)] += 1
    return Ways(numbers)


Said = defaultdict[int, list[tuple[UUID, float, bool]]]
"""By fifth of the chance: of which case, the chance, and whether it was late in the end."""


def said_of(history: tuple[State, ...], known: Ways, said: Said) -> None:
    """What is said of a case every 29 hours, from its being received until it is decided."""
    last = history[-1].case
    assert last.decided_at is not None
    assert last.due_when_decided is not None
    late = last.due_when_decided < last.decided_at
    now = BEGIN + -(-(history[1].since - BEGIN) // EVERY) * EVERY
    while now < last.decided_at:
        case = [state.case for state in history if state.since <= now][-1]
        assert case.clock is not None
        places = [Place(task.step, task.agency, task.unit, task.opened_at) for task in case.tasks]
        made = forecast(case.clock, places, known, CALENDAR, now)
        if made is not None:
            said[min(int(made.chance * 5), 4)].append((case.id, made.chance, late))
        now += EVERY


def test_of_the_cases_said_to_be_late_with_a_chance_that_share_is_late(definition: Any) -> None:
    """Calibration: learnt from many cases, some of them slow throughout, and said of as many others."""
    dice, sound = random.Random(5), procedure(definition)
    known = learnt([played(sound, CALENDAR, dice) for _ in range(CASES)])
    said: Said = defaultdict(list)
    for _ in range(CASES):
        said_of(played(sound, CALENDAR, dice), known, said)
    assert sorted(said) == [0, 1, 2, 3, 4]
    for fifth in said.values():
        expected = sum(chance for _, chance, _ in fifth) / len(fifth)
        observed = sum(late for _, _, late in fifth) / len(fifth)
        cases = len({case for case, _, _ in fifth})
        # What is said of one case hangs together; so it is the cases that chance has a hand in.
        assert abs(expected - observed) < 3 * (expected * (1 - expected) / cases) ** 0.5 + 0.03


def test_nothing_is_said_where_few_were_alike_or_it_is_late_already(definition: Any) -> None:
    history = played(procedure(definition), CALENDAR, random.Random(1))
    case = history[1].case
    assert case.clock is not None
    places = [Place(task.step, task.agency, task.unit, task.opened_at) for task in case.tasks]
    week = bucket_of(40 * HOUR)

    def said(number: int, now: datetime) -> float | None:
        assert case.clock is not None
        made = forecast(case.clock, places, Ways({("THU_LY", 0): {(week, week): number}}), CALENDAR, now)
        return made and made.chance

    soon = history[1].since + timedelta(minutes=1)
    assert said(19, soon) is None
    assert said(21, soon) == 1
    assert said(21, soon + timedelta(days=30)) is None


@pytest.fixture
async def running(world: Any) -> tuple[str, str, dict[str, Any]]:
    """An agency of its own whose cases always took long, and a case that its section has: agency, code, receipt."""
    agency = f"H99.{new_id().hex[-6:]}"
    code = await world.publish(agency=agency)
    case = await world.submit(code)
    await world.act(case["id"], "acceptance", world.official("desk", agency))
    month, long, short = month_of(world.clock.now()), bucket_of(90 * HOUR), bucket_of(8 * HOUR)
    cells = {
        WayCell(agency, code, month, "THU_LY", 0, short, long): 80,
        WayCell(agency, code, month, "THU_LY", 0, short, short): 20,
    }
    async with world.database.transaction() as tx:
        await add_ways(tx, cells)
    return agency, code, case


async def likely(world: Any, agency: str, **query: str) -> list[dict[str, Any]]:
    posts = [("LANH_DAO", "KY_DUYET")]
    who = world.bearer("procedures:work:manage", kind="official", agency=agency, posts=posts)
    answer = await world.http.get("/procedures/v1/likely-late-cases", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_leader_is_told_of_a_case_that_is_likely_to_be_late_and_why(
    world: Any, running: tuple[str, str, dict[str, Any]]
) -> None:
    agency, _, case = running
    world.clock.advance(HOUR)
    assert await make_forecasts(world.database, world.clock.now())
    (found,) = await likely(world, agency)
    assert (found["caseId"], found["code"], found["step"]) == (case["id"], case["code"], "THU_LY")
    assert (found["chance"], found["spent"], found["left"], found["alike"]) == (80, "PT1H", "PT23H", 100)
    assert await likely(world, agency, atLeast="81") == []
    assert await likely(world, "H99.03") == []
    assert await likely(world, agency, unit="BP_MOT_CUA") == []


async def test_what_was_said_is_forgotten_when_the_case_is_late_and_shown_of_none_that_ended(
    world: Any, running: tuple[str, str, dict[str, Any]]
) -> None:
    agency, code, case = running
    another = await world.submit(code)
    await world.act(another["id"], "acceptance", world.official("desk", agency))
    await make_forecasts(world.database, world.clock.now())
    assert len(await likely(world, agency)) == 2
    await world.act(another["id"], "withdrawal", world.citizen(), {})
    assert [item["caseId"] for item in await likely(world, agency)] == [case["id"]]
    world.clock.advance(timedelta(days=10))
    await make_forecasts(world.database, world.clock.now())
    assert await likely(world, agency) == []
