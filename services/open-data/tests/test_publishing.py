"""Publishing: a version when the data changed, its file in place before anybody is told, and never twice."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from open_data import operations
from open_data.domain.case_fact import Act, Kind
from open_data.domain.dataset import DEFINITIONS, ON_TIME_PROCESSING
from open_data.domain.version import FactsIncomplete, Number, SameEventsOtherBytes
from open_data.publisher import Publisher
from shared.migrations import check
from shared.testing import eventually

At = Callable[..., datetime]
History = tuple[Act, ...]
SLUG = "on-time-processing"


async def test_nothing_is_published_before_the_first_event(world: Any) -> None:
    assert await world.publish() is None
    assert await world.rebuild() is None


async def test_a_version_is_known_by_its_edition_and_the_events_it_rests_on(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9), due=day(1, 20)))
    version = await world.publish()
    assert version.number == Number(1, 3)
    assert version.issued_at == day(1, 9)
    assert (version.rows, version.first_month, version.last_month) == (1, "2026-01", "2026-01")


async def test_the_file_is_what_the_version_says_of_it(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    version = await world.publish()
    content = world.lake.path(SLUG, version.file).read_bytes()
    assert version.file.sha256 == hashlib.sha256(content).hexdigest()
    assert version.file.size == len(content)


async def test_a_publication_tells_an_event_in_the_same_transaction(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    version = await world.publish()
    ((kind, sequence, payload),) = await world.rows("SELECT type, sequence, payload FROM outbox")
    assert (kind, sequence) == ("open-data.dataset.published.v1", 1)
    assert payload == {
        "dataset": SLUG,
        "version": "1.3",
        "issuedAt": day(1, 9).isoformat().replace("+00:00", "Z"),
        "rows": 1,
        "sha256": version.file.sha256,
    }


async def test_without_new_events_nothing_is_published_again(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    assert await world.publish() is not None
    assert await world.publish() is None


async def test_events_that_change_no_figure_make_no_version(world: Any, day: At) -> None:
    case = (Act(Kind.ACCEPTED, day(1, 5), "H99.01", "TP01", day(1, 20)),)
    case_id = await world.tell(case)
    assert await world.publish() is not None
    await world.tell((*case, Act(Kind.OTHER, day(1, 6), "H99.01", "TP01", day(1, 20))), case_id=case_id)
    assert await world.publish() is None
    assert await world.rows("SELECT count(*) FROM outbox") == [(1,)]


async def test_two_publishers_at_once_publish_one_version(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    published = await asyncio.gather(*(world.publish() for _ in range(4)))
    assert sum(version is not None for version in published) == 1


async def test_an_old_version_stays_as_it_was(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    first = await world.publish()
    before = world.lake.path(SLUG, first.file).read_bytes()
    await world.tell(decided_case(day(2, 5), day(2, 9)))
    second = await world.publish()
    assert second.number > first.number
    assert world.lake.path(SLUG, first.file).read_bytes() == before


async def test_rebuilding_restores_a_lost_file(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    version = await world.publish()
    world.lake.path(SLUG, version.file).unlink()
    assert await world.rebuild() is None
    content = world.lake.path(SLUG, version.file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == version.file.sha256


async def test_rebuilding_folds_the_acts_again(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    version = await world.publish()
    async with world.database.transaction() as tx:
        await tx.execute(
            text("UPDATE case_facts SET received = NULL, decided = false, overdue = '{2025-01}'")
        )
    told = [entry async for entry in Publisher(world.database, world.lake, world.clock).rebuild()]
    assert told == [(slug, None) for slug in DEFINITIONS]
    assert (await _latest(world)) == version


async def test_rebuilding_refuses_to_go_on_from_facts_that_are_not_all_there(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    await world.publish()
    async with world.database.transaction() as tx:
        await tx.execute(text("TRUNCATE case_facts"))
    with pytest.raises(FactsIncomplete):
        await world.rebuild()


async def test_rules_that_changed_without_a_new_edition_are_found_out(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    version = await world.publish()
    async with world.database.transaction() as tx:
        await tx.execute(text("UPDATE case_facts SET on_time = true"))
    with pytest.raises(SameEventsOtherBytes):
        await world.rebuild()
    assert await _latest(world) == version


async def test_events_that_changed_nothing_still_count_when_they_are_read_again(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    cases = [decided_case(day(1, 5), day(1, 9)), (Act(Kind.OTHER, day(1, 9), "H99.01", "TP01"),) * 3]
    for case in cases:
        await world.tell(case)
        await world.publish()
    async with world.database.transaction() as tx:
        await tx.execute(text("TRUNCATE case_facts"))
    await world.tell(decided_case(day(2, 5), day(2, 9)))
    await world.tell(cases[0][:1])
    assert await world.publish() is None


async def test_a_new_edition_begins_with_a_rebuild(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    await world.publish()
    second = replace(ON_TIME_PROCESSING, edition=2)
    await world.tell(decided_case(day(2, 5), day(2, 9)))
    async with world.database.transaction() as tx:
        assert await operations.publish(tx, world.lake, second, now=world.clock.now()) is None
        version = await operations.rebuild(tx, world.lake, second, now=world.clock.now())
    assert (version.number, version.rows) == (Number(2, 6), 2)


async def test_an_edition_that_comes_to_the_same_rows_is_a_version_all_the_same(
    world: Any, day: At, decided_case: Callable[..., History]
) -> None:
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    first = await world.publish()
    second = replace(ON_TIME_PROCESSING, edition=2)
    async with world.database.transaction() as tx:
        version = await operations.rebuild(tx, world.lake, second, now=world.clock.now())
    assert (version.number, version.file) == (Number(2, 3), first.file)


async def test_the_publisher_publishes_beside_the_server_whatever_fails_until_it_is_stopped(
    world: Any, day: At, decided_case: Callable[..., History], tmp_path: Path
) -> None:
    in_the_way = tmp_path / "lake"
    in_the_way.write_text("a file where the folder should be")
    running = asyncio.create_task(Publisher(world.database, world.lake, world.clock).run(0.01))
    await world.tell(decided_case(day(1, 5), day(1, 9)))
    with capture_logs() as logs:
        await eventually(lambda: "publisher.interrupted" in [entry["event"] for entry in logs])
    in_the_way.unlink()
    await eventually(lambda: _latest(world), what="the first version")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_tables_and_migrations_say_the_same(database_url: str) -> None:
    await asyncio.to_thread(check, Path(__file__).parents[1] / "migrations", database_url)


async def _latest(world: Any) -> Any:
    async with world.database.reading() as connection:
        return (await operations.get_dataset(connection, SLUG)).latest
