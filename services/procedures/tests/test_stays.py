"""How long cases stay at steps, told by a log, and counted once however it is heard of."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from procedures.domain.histogram import Histogram, bucket_of
from procedures.stays.operations import follow_case, recount_stays

LEADER = [("LANH_DAO", "KY_DUYET")]
HOUR = timedelta(hours=1)


def of(*lengths: timedelta) -> Histogram:
    return Histogram(Counter(map(bucket_of, lengths)))


def test_what_is_read_from_a_histogram_is_true_to_about_a_fifth() -> None:
    lengths = [timedelta(minutes=7 * number) for number in range(1, 1001)]
    found = of(*lengths)
    assert found.total == 1000
    for share in (0.1, 0.5, 0.8, 0.95, 1.0):
        exact = lengths[round(share * 1000) - 1]
        quantile = found.quantile(share)
        assert quantile is not None
        assert abs(quantile / exact - 1) < 0.2
        assert abs(found.longer_than(exact) - (1000 - share * 1000)) < 30


def test_of_nothing_there_is_no_quantile_and_nothing_is_longer() -> None:
    assert of().quantile(0.5) is None
    assert of().longer_than(HOUR) == 0
    assert of(HOUR).longer_than(2 * HOUR) == 0
    assert of(HOUR, HOUR).longer_than(timedelta()) == 2


def manager(world: Any, agency: str = "H99.01") -> dict[str, str]:
    leads = world.bearer("procedures:work:manage", kind="official", agency=agency, posts=LEADER)
    assert isinstance(leads, dict)
    return leads


async def staying(world: Any, procedure: str, **wanted: str) -> list[dict[str, Any]]:
    query = {"procedure": procedure, "firstMonth": "2026-01", "lastMonth": "2026-01", **wanted}
    answer = await world.http.get("/procedures/v1/stays", params=query, headers=manager(world))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def cells(world: Any, procedure: str) -> dict[str, list[Any]]:
    tables = {"stay_cells": [], "way_cells": []}
    async with world.database.reading() as tx:
        for table in tables:
            query = text(f"SELECT * FROM {table} WHERE procedure = :p AND number <> 0 ORDER BY step, bucket")
            tables[table] = [tuple(row) for row in await tx.execute(query, {"p": procedure})]
    return tables


async def heard(world: Any, case: str, *sequences: int) -> None:
    for sequence in sequences:
        async with world.database.transaction() as tx:
            await follow_case(tx, UUID(case), sequence)


@pytest.fixture
async def decided(world: Any) -> tuple[str, str]:
    """A case that waited two hours at the desk, two and a half at the section, and was decided: id, procedure."""
    code = await world.publish()
    case = (await world.submit(code))["id"]
    world.clock.advance(2 * HOUR)
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.set(datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
    await world.act(case, "tasks/THU_LY/completion", world.official("justice"), {"outcome": "done"})
    await world.act(
        case, "decision", world.official("desk"), {"outcome": "granted", "reason": "Đủ điều kiện."}
    )
    return case, code


async def test_a_leader_sees_how_long_cases_stayed_at_each_step(world: Any, decided: tuple[str, str]) -> None:
    case, code = decided
    await heard(world, case, 2, 3, 4)
    desk, section = sorted(await staying(world, code), key=lambda item: str(item["unit"]))
    assert (desk["step"], desk["number"], desk["mean"]) == ("TIEP_NHAN", 1, "PT2H")
    assert (section["step"], section["unit"], section["mean"]) == ("THU_LY", "PHONG_TU_PHAP", "PT2H30M")
    assert [item["step"] for item in await staying(world, code, unit="PHONG_TU_PHAP")] == ["THU_LY"]
    assert await staying(world, code, step="KHONG_CO") == []


async def test_acts_that_are_heard_of_late_twice_or_not_at_all_are_counted_once(
    world: Any, decided: tuple[str, str]
) -> None:
    case, code = decided
    await heard(world, case, 4, 2, 2, 3, 4)
    found = await cells(world, code)
    assert [row[-2] for row in found["stay_cells"]] == [1, 1]
    assert {row[3] for row in found["way_cells"]} == {"THU_LY", "TRA_KET_QUA"}


async def test_counting_anew_gives_the_same_and_what_is_heard_of_after_it_is_not_counted_again(
    world: Any, decided: tuple[str, str]
) -> None:
    case, code = decided
    await heard(world, case, 2, 3, 4)
    before = await cells(world, code)
    assert await recount_stays(world.database) >= 1
    assert await cells(world, code) == before
    await heard(world, case, 4)
    assert await cells(world, code) == before


async def test_a_case_that_the_applicant_withdrew_tells_nothing_of_the_unit(world: Any) -> None:
    code = await world.publish()
    case = (await world.submit(code))["id"]
    await world.act(case, "acceptance", world.official("desk"))
    world.clock.advance(HOUR)
    await world.act(case, "withdrawal", world.citizen(), {})
    await heard(world, case, 2, 3)
    assert [item["step"] for item in await staying(world, code)] == ["TIEP_NHAN"]


async def test_an_event_of_a_case_that_is_not_there_changes_nothing(world: Any) -> None:
    await heard(world, "0198c0de-0000-7000-8000-000000000000", 7)
