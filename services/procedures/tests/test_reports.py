"""Reports of months: in one walk what the plain definition says, and in sum what is known, however late it was heard."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from procedures.domain.reports import Counters, ProcedureReport, key_of, report
from procedures.domain.statistics import Figure, Month, month_after
from procedures.statistics import operations, store
from procedures.statistics.operations import freeze_months
from shared.ids import new_id

BEGIN = date(2026, 1, 1)
Past = list[tuple[Month, ProcedureReport]]


def stock(counters: Counters, month: Month, begun: Figure, ended: Figure) -> int:
    sign = {begun: 1, ended: -1}
    return sum(sign.get(figure, 0) * n for (when, figure), n in counters.items() if when <= month)


def plain_figures(counters: Counters, month: Month) -> dict[str, int]:
    """Each stock counted from the beginning."""
    inner = (Figure.OVERDUE_BEGUN, Figure.OVERDUE_ENDED)
    counted = {
        figure.value: counters[month, figure]
        for figure in Figure
        if figure not in inner and counters.get((month, figure))
    }
    return {
        **counted,
        "carried_over": stock(counters, month_after(month, -1), Figure.RECEIVED, Figure.ENDED),
        "in_progress": stock(counters, month, Figure.RECEIVED, Figure.ENDED),
        "overdue": stock(counters, month, *inner),
    }


def told(reports: Iterable[tuple[Month, ProcedureReport]], month: Month) -> Counter[str]:
    """The sum of all rows of a month."""
    found: Counter[str] = Counter()
    for when, row in reports:
        found.update(row.figures if when == month else {})
        found.update(row.corrections.get(key_of(month), {}))
    return found


def plain_report(counters: Counters, month: Month, past: Past) -> ProcedureReport:
    corrections: dict[str, Mapping[str, int]] = {}
    for back in range(20, 0, -1):
        earlier = month_after(month, -back)
        now, before = plain_figures(counters, earlier), told(past, earlier)
        changes = {name: now.get(name, 0) - before[name] for name in sorted({*now, *before})}
        if any(changes.values()):
            corrections[key_of(earlier)] = {name: number for name, number in changes.items() if number}
    return ProcedureReport("TP01", plain_figures(counters, month), corrections)


HEARD = st.lists(st.tuples(st.integers(-12, 40), st.sampled_from(Figure), st.integers(-2, 3)), max_size=12)


@settings(deadline=None)
@given(st.lists(HEARD, min_size=1, max_size=8))
def test_reports_are_those_of_the_plain_definition_and_add_up_to_what_is_known(
    life: list[list[tuple[int, Figure, int]]],
) -> None:
    """In each month something is heard, of that one, of others long past, and of those to come."""
    counters: Counter[tuple[Month, Figure]] = Counter()
    past: Past = []
    for passed, heard in enumerate(life):
        month = month_after(BEGIN, passed)
        for away, figure, number in heard:
            counters[month_after(BEGIN, away), figure] += number
        if not counters:
            continue  # nothing is known of the procedure: the agency reports without it
        made = report("TP01", counters, month, past)
        assert json.dumps(asdict(made)) == json.dumps(asdict(plain_report(counters, month, past)))
        past.append((month, made))
        for back in range(passed + 13):
            earlier = month_after(month, -back)
            assert told(past, earlier) == Counter(plain_figures(counters, earlier))


def test_what_is_first_heard_of_a_month_after_its_report_is_told() -> None:
    late = {(BEGIN, Figure.RECEIVED): 2, (date(2026, 3, 1), Figure.ENDED): 1}
    row = report("TP01", late, date(2026, 3, 1), [])
    assert row.corrections == {
        "2026-01": {"in_progress": 2, "received": 2},
        "2026-02": {"carried_over": 2, "in_progress": 2},
    }
    assert report("TP01", late, date(2026, 4, 1), [(date(2026, 3, 1), row)]).corrections == {}


def steps_of_a_report_after(months: int) -> int:
    """How many lines are run for it."""
    counters = {(month_after(BEGIN, passed), figure): 1 for passed in range(months) for figure in Figure}
    past = [
        (month_after(BEGIN, passed), ProcedureReport("TP01", {"received": 1}, {})) for passed in range(months)
    ]
    steps = 0

    def count(_: FrameType, event: str, __: Any) -> Any:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        report("TP01", counters, month_after(BEGIN, months), past)
    finally:
        sys.settrace(before)
    return steps


def test_after_twice_the_months_a_report_is_twice_the_work() -> None:
    assert steps_of_a_report_after(120) < 2.2 * steps_of_a_report_after(60)


@pytest.fixture
async def busy(world: Any) -> str:
    """An agency that receives a case of each of five procedures in January."""
    agency = f"H99.{new_id().hex[-6:]}"
    async with world.database.transaction() as tx:
        await store.add(tx, {(agency, f"TP0{number}", BEGIN, Figure.RECEIVED): 1 for number in range(5)})
    return agency


def on_the_15th(month: Month) -> datetime:
    return datetime.fromisoformat(f"{month:%Y-%m}-15T03:00:00+00:00")


async def test_others_are_served_between_two_procedures(
    world: Any, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, seen = 0, []

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def watched(procedure: str, counters: Counters, month: Month, past: Past) -> ProcedureReport:
        seen.append(turns)
        return report(procedure, counters, month, past)

    monkeypatch.setattr(operations, "report", watched)
    serving = asyncio.create_task(others())
    await freeze_months(world.database, on_the_15th(month_after(BEGIN)))
    serving.cancel()
    assert len(seen) >= 5
    assert sorted(set(seen)) == seen


async def test_a_procedure_that_is_first_heard_of_after_the_report_is_corrected_in_the_next(
    world: Any, busy: str
) -> None:
    await freeze_months(world.database, on_the_15th(month_after(BEGIN)))
    december = month_after(BEGIN, -1)
    async with world.database.transaction() as tx:
        late = {(busy, "TP99", month, Figure.SUBMITTED): 1 for month in (december, BEGIN)}
        await store.add(tx, late)
    await freeze_months(world.database, on_the_15th(month_after(BEGIN, 2)))
    _, event = await world.told("procedures.statistics.v1", "agency", busy)
    corrections = {row["procedure"]: row["corrections"] for row in event.payload["procedures"]}
    assert corrections.pop("TP99") == {"2025-12": {"submitted": 1}, "2026-01": {"submitted": 1}}
    assert corrections == {f"TP0{number}": {} for number in range(5)}


async def test_a_procedure_of_which_nothing_is_counted_any_more_is_taken_back(world: Any, busy: str) -> None:
    """As when cases are counted anew and the log of its only one cannot be read."""
    await freeze_months(world.database, on_the_15th(month_after(BEGIN)))
    async with world.database.transaction() as tx:
        gone = text("DELETE FROM statistics_cells WHERE agency = :agency AND procedure = 'TP03'")
        await tx.execute(gone, {"agency": busy})
    await freeze_months(world.database, on_the_15th(month_after(BEGIN, 2)))
    _, event = await world.told("procedures.statistics.v1", "agency", busy)
    (row,) = [row for row in event.payload["procedures"] if row["procedure"] == "TP03"]
    assert row["corrections"] == {"2026-01": {"in_progress": -1, "received": -1}}
