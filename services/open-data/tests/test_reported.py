"""Reported statistics: each report for good, each correction a row of its own."""

from decimal import Decimal
from typing import Any

from open_data.consumers import HANDLERS
from open_data.domain.dataset import QUALITY_INDEX, REPORTED_STATISTICS
from open_data.domain.quality import Measure, quality_rows
from open_data.domain.reported import FIGURES, Report, reported_rows
from open_data.domain.table import Table
from open_data.store import reports
from shared.events.procedures import MonthFrozen, ProcedureFigures, QualityMeasure
from shared.ids import new_id


def frozen(month: str, **corrections: dict[str, int]) -> MonthFrozen:
    figures = ProcedureFigures(
        procedure="TP01",
        figures={"received": 5, "on_time": 3},
        corrections={key.replace("_", "-").removeprefix("m"): value for key, value in corrections.items()},
    )
    return MonthFrozen(agency="H99.01", month=month, procedures=(figures,))


async def hear(world: Any, event: MonthFrozen, times: int = 1) -> None:
    envelope = event.envelope(subject=new_id(), sequence=1, at=world.clock.now())
    for _ in range(times):
        async with world.database.transaction() as tx:
            await HANDLERS[MonthFrozen](tx, envelope, event)


def test_a_correction_names_the_month_it_corrects_and_the_report_it_came_with() -> None:
    report = Report("H99.01", "2026-02", "TP01", {"received": 2}, {"2026-01": {"late": 1, "on_time": -1}})
    first, second = reported_rows([report])
    assert first[:5] == ("H99.01", "TP01", "2026-01", "2026-02", True)
    assert (first[5 + FIGURES.index("late")], first[5 + FIGURES.index("on_time")]) == (1, -1)
    assert second[:5] == ("H99.01", "TP01", "2026-02", "2026-02", False)
    assert len(first) == len(REPORTED_STATISTICS.columns)


async def test_reported_months_become_versions_however_often_they_are_told(world: Any) -> None:
    await hear(world, frozen("2026-01"), times=2)
    version = await world.publish("reported-statistics")
    assert (version.rows, version.first_month, version.last_month) == (1, "2026-01", "2026-01")
    assert await world.publish("reported-statistics") is None
    await hear(world, frozen("2026-02", m2026_01={"late": 1}))
    version = await world.publish("reported-statistics")
    assert (version.rows, version.last_month) == (3, "2026-02")


async def test_months_that_were_not_reported_or_without_the_procedure_come_as_corrections(world: Any) -> None:
    await hear(world, frozen("2026-02"))
    await hear(world, frozen("2026-03", m2025_12={"received": 1, "in_progress": 1}, m2026_01={"closed": 1}))
    version = await world.publish("reported-statistics")
    assert (version.rows, version.first_month, version.last_month) == (4, "2025-12", "2026-03")
    async with world.database.reading() as tx:
        rows = reported_rows((await reports(tx))[0])
    assert [row[2:5] for row in rows] == [
        ("2025-12", "2026-03", True),
        ("2026-01", "2026-03", True),
        ("2026-02", "2026-02", False),
        ("2026-03", "2026-03", False),
    ]
    december = dict(zip(FIGURES, rows[0][5:], strict=True))
    assert {name: number for name, number in december.items() if number} == {"received": 1, "in_progress": 1}


def test_a_correction_of_what_has_no_column_is_no_row() -> None:
    report = Report("H99.01", "2026-02", "TP01", {"received": 2}, {"2026-01": {"fee_paid_online": 1}})
    assert len(reported_rows([report])) == 1


async def test_what_a_month_was_measured_by_is_a_dataset_and_one_told_before_it_was_is_no_row(
    world: Any,
) -> None:
    await hear(world, frozen("2026-01"))
    assert await world.publish("quality-index") is None
    told = (
        QualityMeasure(indicator="in_time", group="progress", part=9, whole=10, points="18.0", most=20),
        QualityMeasure(indicator="satisfied", group="satisfaction", most=6),
    )
    await hear(world, frozen("2026-02").model_copy(update={"quality": told}), times=2)
    version = await world.publish("quality-index")
    assert (version.rows, version.first_month, version.last_month) == (2, "2026-02", "2026-02")
    rows = quality_rows(
        [
            Measure("H99.01", "2026-02", one.indicator, one.group, one.part, one.whole, points, one.most)
            for one, points in zip(told, (Decimal("18.0"), None), strict=True)
        ]
    )
    assert version.file == await world.lake.write("quality-index", Table(QUALITY_INDEX.columns, rows))
