"""Forecasts of delay: what is said of running cases is what becomes of them, on invented histories."""

import os
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from procedures.domain import handling
from procedures.domain.acts import SYSTEM, Act, Actor, Entry, Submitted
from procedures.domain.attribution import State, states
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Attachment, Case, MissingItem, Outcome, opened
from procedures.domain.definition import Definition
from procedures.domain.definition_json import definition_from_json
from procedures.domain.forecast import Place, Ways, forecast
from procedures.domain.handling import Official, receiving_task
from procedures.domain.histogram import bucket_of
from procedures.domain.holidays_vn import vietnam
from procedures.domain.stays import ways
from shared.ids import new_id

CALENDAR = vietnam([2026, 2027])
CASES = int(os.environ.get("MOTCUA_FORECASTS", "2000"))
BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
APPLICANT = Actor("somebody", "person")
PAPER = Attachment(new_id(), "GIAY_TO", "application/pdf", 1, "0" * 64)
SLOW = 0.3
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
    act = Submitted(definition.code, 1, "H99.01", "x", "", (), (receiving_task(definition, at),), None)
    entries = [Entry(1, at, APPLICANT, act)]
    case = opened(new_id(), entries[0])

    def do(acts: tuple[Act, ...], by: Actor = SYSTEM) -> Case:
        nonlocal case
        for one in acts:
            entries.append(Entry(case.sequence + 1, at, by, one))
            case = case.after(entries[-1])
        return case

    do(handling.accept(case, definition, calendar, official, at))
    slow = dice.random() < SLOW
    for code in STEPS[1:4]:
        work = dice.lognormvariate(2.0 if slow else 1.6, 0.9) * HOUR
        if dice.random() < 0.2:
            done = work * dice.random()
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
    do(handling.decide(case, official, outcome=Outcome.GRANTED, reason="Đủ.", number=None))
    return states(case, entries)


def learnt(histories: list[tuple[State, ...]]) -> Ways:
    numbers: defaultdict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for history in histories:
        for way in ways(history, 0, CALENDAR):
            numbers[way.step, way.pace][bucket_of(way.counted)] += 1
    return Ways(numbers)


def test_of_the_cases_said_to_be_late_with_a_chance_that_share_is_late(definition: Any) -> None:
    """Calibration: learnt from some thousand cases, said of as many others at random instants of their lives."""
    dice, sound = random.Random(5), procedure(definition)
    known = learnt([played(sound, CALENDAR, dice) for _ in range(CASES)])
    said: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for _ in range(CASES):
        history = played(sound, CALENDAR, dice)
        last = history[-1].case
        assert last.decided_at is not None
        assert last.due_when_decided is not None
        late = last.due_when_decided < last.decided_at
        now = history[1].since + dice.random() * (last.decided_at - history[1].since)
        case = [state.case for state in history if state.since <= now][-1]
        assert case.clock is not None
        places = [Place(task.step, task.agency, task.unit, task.opened_at) for task in case.tasks]
        made = forecast(case.clock, places, known, CALENDAR, now)
        if made is not None:
            said[min(int(made.chance * 5), 4)].append((made.chance, late))
    assert len(said) == 5
    for one in said.values():
        chances, came = [chance for chance, _ in one], [late for _, late in one]
        expected, observed = sum(chances) / len(one), sum(came) / len(one)
        # Three standard deviations of what chance alone does, and two points for the buckets.
        assert abs(expected - observed) < 3 * (expected * (1 - expected) / len(one)) ** 0.5 + 0.02
