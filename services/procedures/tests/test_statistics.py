"""Statistics: what cases come to, told by examples a clerk would recognise, and by a million random events."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from procedures.consumers import HANDLERS
from procedures.domain.holidays_vn import vietnam
from procedures.domain.reports import ProcedureReport, figures_of, freezes_at, report
from procedures.domain.statistics import Fact, Figure, contribution, difference, month_after
from procedures.statistics import store
from procedures.statistics.operations import freeze_months, recount
from shared.events.participation import FeedbackRated
from shared.ids import new_id

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
EVENTS = int(os.environ.get("MOTCUA_STATISTICS_EVENTS", "20000"))


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T03:00:00+00:00")


def history(*facts: Fact) -> dict[int, Fact]:
    return dict(enumerate(facts, start=1))


def test_a_case_is_received_in_one_month_and_decided_late_in_another() -> None:
    counters = contribution(
        history(
            Fact("submitted", at("2026-01-28")),
            Fact("accepted", at("2026-01-29"), at("2026-02-03")),
            Fact("decided", at("2026-02-10"), at("2026-02-03"), "granted"),
            Fact("result_recorded", at("2026-02-11"), at("2026-02-03")),
            Fact("closed", at("2026-03-02")),
        )
    )
    assert counters == Counter(
        {
            (JANUARY, Figure.SUBMITTED): 1,
            (JANUARY, Figure.RECEIVED): 1,
            (FEBRUARY, Figure.GRANTED): 1,
            (FEBRUARY, Figure.LATE): 1,
            (FEBRUARY, Figure.ENDED): 1,
            (FEBRUARY, Figure.WITH_ELECTRONIC_RESULT): 1,
            (FEBRUARY, Figure.OVERDUE_BEGUN): 1,
            (FEBRUARY, Figure.OVERDUE_ENDED): 1,
            (MARCH, Figure.CLOSED): 1,
        }
    )
    by_month = figures_of(counters, JANUARY, MARCH)
    assert [figures["in_progress"] for figures in by_month.values()] == [1, 0, 0]


@pytest.mark.parametrize(
    ("decided", "figure"),
    [
        ("2026-01-07T03:00:00+00:00", Figure.EARLY),
        ("2026-01-08T01:00:00+00:00", Figure.ON_TIME),
        ("2026-01-08T03:00:01+00:00", Figure.LATE),
    ],
)
def test_a_decision_is_early_on_a_day_before_and_late_a_second_after(decided: str, figure: Figure) -> None:
    facts = history(
        Fact("accepted", at("2026-01-05"), at("2026-01-08")),
        Fact("decided", datetime.fromisoformat(decided), at("2026-01-08"), "rejected"),
    )
    assert contribution(facts)[JANUARY, figure] == 1


def test_a_case_that_nobody_touches_is_overdue_by_itself_and_not_while_its_clock_stands() -> None:
    open_case = history(Fact("accepted", at("2026-01-05"), at("2026-01-08")))
    assert figures_of(contribution(open_case), JANUARY, MARCH)[MARCH]["overdue"] == 1
    stopped = {**open_case, 2: Fact("supplement_requested", at("2026-01-07"))}
    assert figures_of(contribution(stopped), JANUARY, MARCH)[MARCH]["overdue"] == 0


def test_the_last_instant_of_a_month_is_one_of_its_own_in_viet_nam() -> None:
    facts = history(Fact("submitted", datetime(2026, 1, 31, 17, 0, tzinfo=UTC)))
    assert contribution(facts) == Counter({(FEBRUARY, Figure.SUBMITTED): 1})


def invented(chance: random.Random) -> list[Fact]:
    """The facts of a case as they might come about."""
    now = at("2026-01-05") + timedelta(minutes=chance.randrange(500_000))
    facts = [Fact("submitted", now)]
    due: datetime | None = now + timedelta(days=chance.randrange(1, 40))
    if chance.random() < 0.05:
        return [*facts, Fact("refused", now + timedelta(hours=2))]
    for kind in ("accepted", *chance.choices(["task_completed", "redated"], k=chance.randrange(4))):
        now += timedelta(minutes=chance.randrange(1, 8000))
        facts.append(Fact(kind, now, due))
    if chance.random() < 0.3:
        facts.append(Fact("supplement_requested", now + timedelta(hours=1)))
        now += timedelta(minutes=chance.randrange(100, 20000))
        due = now + timedelta(days=chance.randrange(1, 20))
        facts.append(Fact("supplemented", now, due))
    now += timedelta(minutes=chance.randrange(1, 30000))
    match chance.randrange(6):
        case 0:
            pass
        case 1:
            facts.append(Fact(chance.choice(["withdrawn", "lapsed"]), now))
        case _:
            if chance.random() < 0.1:
                facts.append(Fact("ruled", now, due))
            facts.append(Fact("decided", now, due, chance.choice(["granted", "rejected"])))
            if chance.random() < 0.5:
                later = now + timedelta(days=chance.randrange(40))
                facts.insert(1, Fact("fee_demanded", facts[0].at, due, fee=1))
                facts.append(Fact(chance.choice(["fee_paid", "fee_exempted"]), later, fee=1))
            if chance.random() < 0.8:
                facts.append(Fact("result_recorded", now + timedelta(hours=1), due))
                facts.append(Fact("closed", now + timedelta(days=chance.randrange(9))))
    return facts


def shuffled(chance: random.Random, count: int) -> Iterator[tuple[int, int, Fact]]:
    """Events of many cases: (case, sequence, fact), late ones among them, some of them twice."""
    waiting: list[tuple[int, int, Fact]] = []
    case = told = 0
    while told < count:
        case += 1
        waiting += [(case, number, fact) for number, fact in enumerate(invented(chance), start=1)]
        while len(waiting) > 500 and told < count:
            event = waiting.pop(chance.randrange(len(waiting)))
            told += 1
            yield event
            if chance.random() < 0.02:
                yield event


def test_adding_up_event_by_event_gives_what_counting_anew_gives() -> None:
    chance = random.Random(11)
    histories: dict[int, dict[int, Fact]] = {}
    cells: Counter[Any] = Counter()
    for case, number, fact in shuffled(chance, EVENTS):
        known = histories.setdefault(case, {})
        before = contribution(known)
        known[number] = fact
        for key, change in difference(before, contribution(known)).items():
            cells[key] += change
    anew: Counter[Any] = Counter()
    for known in histories.values():
        anew.update(contribution(known))
    assert sorted((+cells).items()) == sorted((+anew).items())
    months = [month for month, _ in cells]
    for found in figures_of(anew, min(months), max(months)).values():
        ended = found.get("ended", 0)
        assert found["carried_over"] + found.get("received", 0) == ended + found["in_progress"]
        assert 0 <= found["overdue"] <= found["in_progress"]


def test_a_month_is_reported_on_the_fifth_working_day_after_it() -> None:
    calendar = vietnam([2026])
    assert freezes_at(JANUARY, calendar) == calendar.end_of(date(2026, 2, 6))
    # Thursday the 30th of April and Friday the 1st of May are off
    assert freezes_at(date(2026, 4, 1), calendar) == calendar.end_of(date(2026, 5, 8))


def test_what_comes_late_is_a_correction_in_the_next_report_and_is_told_once() -> None:
    early = {(JANUARY, Figure.RECEIVED): 5, (JANUARY, Figure.ON_TIME): 3, (JANUARY, Figure.ENDED): 3}
    january = report("TP01", early, JANUARY, [])
    assert january.figures == {
        "received": 5, "on_time": 3, "ended": 3, "carried_over": 0, "in_progress": 2, "overdue": 0,
    }  # fmt: skip
    late = {**early, (JANUARY, Figure.ON_TIME): 2, (JANUARY, Figure.LATE): 1}
    february = report("TP01", late, FEBRUARY, [(JANUARY, january)])
    assert february.corrections == {"2026-01": {"late": 1, "on_time": -1}}
    march = report("TP01", late, MARCH, [(JANUARY, january), (FEBRUARY, february)])
    assert march.corrections == {}


def test_a_procedure_that_first_appears_late_has_no_correction_of_months_without_it() -> None:
    row: ProcedureReport = report("TP02", {(MARCH, Figure.RECEIVED): 1}, MARCH, [])
    assert row.corrections == {}


@pytest.fixture
async def counted(world: Any) -> str:
    """An agency of its own with a decided case, an open one and a withdrawn one, all counted."""
    agency = f"H99.{new_id().hex[-6:]}"
    code = await world.publish(agency=agency)
    desk, justice = world.official("desk", agency), world.official("justice", agency)
    cases = [(await world.submit(code))["id"] for _ in range(3)]
    for case in cases:
        await world.act(case, "acceptance", desk)
    decision = {"outcome": "granted", "reason": "Đủ điều kiện."}
    await world.act(cases[0], "tasks/THU_LY/completion", justice, {"outcome": "done"})
    await world.act(cases[0], "decision", desk, decision)
    await world.act(cases[0], "tasks/TRA_KET_QUA/completion", desk, {})
    await world.act(cases[2], "withdrawal", world.citizen(), {})
    await world.count(agency)
    return agency


async def cells_of(world: Any, agency: str) -> list[tuple[store.Cell, int]]:
    async with world.database.reading() as tx:
        return [cell for cell in await store.cells(tx) if cell[0][0] == agency]


MONTHS = {"firstMonth": "2026-01", "lastMonth": "2026-01"}


async def test_figures_and_index_of_an_agency_are_open_to_everybody(world: Any, counted: str) -> None:
    answer = await world.http.get(f"/procedures/v1/agencies/{counted}/statistics", params=MONTHS)
    figures = answer.json()["figures"]
    assert {name: figures[name] for name in ("submitted", "received", "early", "granted", "withdrawn", "closed")} == {
        "submitted": 3, "received": 3, "early": 1, "granted": 1, "withdrawn": 1, "closed": 1,
    }  # fmt: skip
    index = await world.http.get(f"/procedures/v1/agencies/{counted}/quality-index", params=MONTHS)
    points = {group["group"]: group.get("points") for group in index.json()["groups"]}
    assert float(points["progress"]) == 20
    assert points["satisfaction"] is None


async def test_events_that_come_again_or_late_change_nothing(world: Any, counted: str) -> None:
    before = await cells_of(world, counted)
    await world.count(counted)
    assert await cells_of(world, counted) == before


async def test_counting_anew_from_the_logs_gives_the_same_to_the_last_row(world: Any, counted: str) -> None:
    before = await cells_of(world, counted)
    async with world.database.reading() as tx:
        kept = text("SELECT case_id, history::text FROM statistics_cases WHERE agency = :a ORDER BY 1")
        histories = (await tx.execute(kept, {"a": counted})).all()
    assert (await recount(world.database))[0] >= 10
    assert await cells_of(world, counted) == before
    async with world.database.reading() as tx:
        assert (await tx.execute(kept, {"a": counted})).all() == histories


async def test_a_month_is_reported_once_and_told_and_never_changes(world: Any, counted: str) -> None:
    address = f"/procedures/v1/agencies/{counted}/reports"
    assert (await world.http.get(address)).json()["items"] == []
    await freeze_months(world.database, at("2026-02-09"))
    await freeze_months(world.database, at("2026-02-09"))
    (reported,) = (await world.http.get(address)).json()["items"]
    assert reported["month"] == "2026-01"
    (row,) = reported["procedures"]
    assert (row["figures"]["received"], row["figures"]["inProgress"], row["figures"]["overdue"]) == (3, 1, 1)
    (event,) = await world.told("procedures.statistics.v1", "agency", counted)
    assert (event.payload["month"], event.sequence) == ("2026-01", 1)
    rating = FeedbackRated(agency=counted, procedure="X", score=5, month="2026-01")
    async with world.database.transaction() as tx:
        await HANDLERS[FeedbackRated](
            tx, rating.envelope(subject=new_id(), sequence=1, at=world.clock.now()), rating
        )
    await freeze_months(world.database, at(f"{month_after(MARCH):%Y-%m}-15"))
    items = (await world.http.get(address)).json()["items"]
    assert [item["month"] for item in items] == ["2026-03", "2026-02", "2026-01"]
    assert items[-1] == reported


async def test_months_in_the_wrong_order_are_refused(world: Any) -> None:
    answer = await world.http.get(
        "/procedures/v1/agencies/H99.01/statistics", params={"firstMonth": "2026-02", "lastMonth": "2026-01"}
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "months_reversed")


@pytest.mark.parametrize("path", ["statistics", "quality-index"])
@pytest.mark.parametrize("month", ["0000-01", "2026-13", "9999-12", "2026"])
async def test_a_month_that_no_calendar_has_is_refused(world: Any, path: str, month: str) -> None:
    answer = await world.http.get(
        f"/procedures/v1/agencies/H99.01/{path}", params={"firstMonth": month, "lastMonth": month}
    )
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [
        "/query/firstMonth",
        "/query/lastMonth",
    ]


async def test_what_is_filed_once_is_counted_once_however_many_agencies_work_on_it(world: Any) -> None:
    agency, other = f"H99.{new_id().hex[-6:]}", f"H99.{new_id().hex[-6:]}"
    code, part = await world.publish(agency=agency), await world.publish(agency=other)
    case = (await world.submit(code))["id"]
    await world.act(case, "acceptance", world.official("desk", agency))
    opening = {"procedure": part, "form": {"fullName": "Trần Thị Mẫu"}}
    opened = await world.act(case, "children", world.official("justice", agency), opening)
    (child,) = opened.json()["children"]
    await world.act(child["id"], "acceptance", world.official("desk", other))
    for code in (agency, other):
        assert await world.count(code)
    cells = await cells_of(world, agency)
    assert sum(number for (*_, figure), number in cells if figure is Figure.SUBMITTED) == 1
    assert await cells_of(world, other) == []
    await recount(world.database)
    assert await cells_of(world, other) == []
