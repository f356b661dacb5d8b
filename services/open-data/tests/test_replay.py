"""All events again, duplicated and in any other interleaving, come to the same bytes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from open_data import operations
from open_data.domain.case_fact import Act, fold
from open_data.domain.dataset import DEFINITIONS, ON_TIME_PROCESSING, SERVICE_RATINGS
from open_data.domain.month import Month
from open_data.domain.on_time import CaseGroup, on_time_rows
from open_data.domain.table import Table
from open_data.domain.version import Version
from open_data.lake import Lake
from shared.db import Database

History = tuple[Act, ...]
Told = tuple[str, int, Any]
"""What is told: of which case or rating (its number), and the act with its sequence, or the score."""


class Listener:
    """Hears events and publishes when told to, as the consumers and the publisher do."""

    def __init__(self, database: Database, lake: Lake) -> None:
        self._database = database
        self._lake = lake

    async def forget(self, *, versions: bool) -> None:
        """Empty the inbox and the facts, and perhaps forget what was published."""
        async with self._database.transaction() as tx:
            await tx.execute(text("TRUNCATE inbox, case_facts, rating_facts"))
            if versions:
                await tx.execute(text("TRUNCATE versions"))
                await tx.execute(text("UPDATE datasets SET seen = 0"))

    async def hear(self, *events: Told) -> None:
        """Hear the events of one batch, in one transaction."""
        async with self._database.transaction() as tx:
            for kind, number, (sequence, what) in events:
                if kind == "act":
                    await operations.record_act(tx, UUID(int=number), sequence, what)
                else:
                    agency, score, at = what
                    month = Month.of(at)
                    await operations.record_rating(
                        tx, agency=agency, month=month, number=sequence, score=score, at=at
                    )

    async def publish(self) -> dict[str, Version]:
        """Publish what changed, and return the latest version of each dataset that has one."""
        latest = {}
        for slug, definition in DEFINITIONS.items():
            async with self._database.transaction() as tx:
                await operations.publish(tx, self._lake, definition, now=EPOCH)
                dataset = await operations.get_dataset(tx, slug)
            if dataset.latest:
                latest[slug] = dataset.latest
        return latest

    async def published(self) -> int:
        async with self._database.reading() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM versions")))


EPOCH = Month(2026, 1).start - timedelta(days=1)


def _told(histories: list[History], scores: list[int]) -> list[Told]:
    """Everything there is to tell, case by case and rating by rating."""
    acts = [
        ("act", number, (sequence, act))
        for number, history in enumerate(histories)
        for sequence, act in enumerate(history, start=1)
    ]
    ratings = [
        (
            "rating",
            place,
            (1 + place // 2, ("H99.01", score, EPOCH + timedelta(31 * (place % 2), minutes=place))),
        )
        for place, score in enumerate(scores)
    ]
    return [*acts, *ratings]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_replay_in_another_order_with_duplicates_comes_to_the_same_bytes(
    histories: st.SearchStrategy[list[History]], database: Database, lake: Lake, data: st.DataObject
) -> None:
    cases = data.draw(histories, label="cases")
    told = _told(cases, data.draw(st.lists(st.integers(1, 5), max_size=25), label="scores"))
    listener = Listener(database, lake)
    await listener.forget(versions=True)
    for batch in _batches(told, data.draw(st.integers(1, 9), label="batch")):
        await listener.hear(*batch)
        await listener.publish()
    first, versions = await listener.publish(), await listener.published()

    await listener.forget(versions=False)
    doubled = told + data.draw(st.lists(st.sampled_from(told), max_size=10), label="again")
    shuffled = data.draw(st.permutations(doubled), label="order")
    for batch in _batches(shuffled, 7):
        await listener.hear(*batch)
        await listener.publish()
    assert await listener.publish() == first
    assert await listener.published() == versions

    await listener.forget(versions=True)
    await listener.hear(*reversed(told))
    anew = await listener.publish()
    assert {slug: version.file for slug, version in anew.items()} == {
        slug: version.file for slug, version in first.items()
    }
    await _is_what_the_pure_rules_come_to(lake, cases, anew[ON_TIME_PROCESSING.slug])


def _batches(told: list[Told], size: int) -> list[list[Told]]:
    return [told[start : start + size] for start in range(0, len(told), size)]


async def _is_what_the_pure_rules_come_to(lake: Lake, cases: list[History], version: Version) -> None:
    """The version of facts that grew act by act is that of folding whole histories."""
    last = max(act.at for history in cases for act in history)
    groups = [CaseGroup(fold(dict(enumerate(history))), 1) for history in cases]
    rows = on_time_rows(groups, Month.of(last))
    assert await lake.write("pure", Table(ON_TIME_PROCESSING.columns, rows)) == version.file
    assert version.issued_at == last
    assert version.number.events == sum(map(len, cases))


async def test_events_of_one_case_told_at_once_from_two_processes_are_all_kept(
    database: Database, lake: Lake, decided_case: Callable[..., History], day: Callable[..., Any]
) -> None:
    listener = Listener(database, lake)
    acts = _told([decided_case(day(1, 5), day(1, 9), due=day(1, 8))], [])
    await asyncio.gather(*(listener.hear(act) for act in [*acts, *acts]))
    latest = (await listener.publish())[ON_TIME_PROCESSING.slug]
    assert (latest.number.events, latest.rows) == (3, 1)


async def test_a_rating_told_twice_counts_once(database: Database, lake: Lake) -> None:
    listener = Listener(database, lake)
    for event in _told([], [5] * 10) * 2:
        await listener.hear(event)
    assert (await listener.publish())[SERVICE_RATINGS.slug].number.events == 10
