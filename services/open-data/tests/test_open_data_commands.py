"""`python -m open_data`: what an operator types, and what is said in return."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from open_data import operations
from open_data.domain.query import read_query


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Any:
    """`run("publish")` runs the command on the test's database and lake."""
    environment = os.environ | {
        "OPEN_DATA_DATABASE_URL": database_url,
        "OPEN_DATA_STORE": str(tmp_path / "lake"),
    }

    def command(name: str, *, code: int = 0) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "open_data", name]
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stderr
        return done

    return command


async def test_loading_the_sample_again_changes_nothing(world: Any, run: Any) -> None:
    first, second = run("sample"), run("sample")
    assert [line.partition(" version ")[0] for line in first.stdout.splitlines()] == [
        "open_data: 147 invented cases are loaded",
        "open_data: on-time-processing:",
        "open_data: service-ratings:",
        "open_data: reported-statistics: nothing new",
        "open_data: quality-index: nothing new",
    ]
    assert second.stdout.splitlines()[1:] == [
        "open_data: on-time-processing: nothing new",
        "open_data: service-ratings: nothing new",
        "open_data: reported-statistics: nothing new",
        "open_data: quality-index: nothing new",
    ]
    assert await world.rows("SELECT count(*) FROM versions") == [(2,)]


@pytest.mark.parametrize(
    ("slug", "filters"),
    [
        ("on-time-processing", [("late.gt", "0"), ("overdue.gt", "0"), ("inProgress.gt", "0")]),
        ("on-time-processing", [("withdrawn.gt", "0")]),
        ("on-time-processing", [("refused.gt", "0")]),
        ("service-ratings", [("suppressed", "true")]),
        ("service-ratings", [("suppressed", "false")]),
    ],
)
async def test_the_sample_has_something_of_everything(
    world: Any, run: Any, slug: str, filters: list[tuple[str, str]]
) -> None:
    run("sample")
    async with world.database.reading() as connection:
        version = await operations.get_version(connection, slug, None)
    query = read_query(version.columns, filters)
    assert await world.lake.page(world.lake.path(slug, version.file), query, after=None, limit=1)


async def test_rebuilding_proves_what_was_published(world: Any, run: Any) -> None:
    run("sample")
    assert run("rebuild").stdout.splitlines() == [
        "open_data: on-time-processing: nothing new",
        "open_data: service-ratings: nothing new",
        "open_data: reported-statistics: nothing new",
        "open_data: quality-index: nothing new",
    ]


async def test_a_refusal_is_one_line_and_not_a_stack_trace(world: Any, run: Any) -> None:
    run("sample")
    async with world.database.transaction() as tx:
        await tx.execute(text("DELETE FROM case_facts WHERE agency = '000.00.02.H99'"))
    refused = run("rebuild", code=1)
    assert refused.stderr.count("\n") == 1
    assert "fewer events" in refused.stderr
