"""What open-data can be asked and told: one function each, inside the caller's transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from open_data import store
from open_data.domain.case_fact import Act
from open_data.domain.dataset import (
    DEFINITIONS,
    ON_TIME_PROCESSING,
    QUALITY_INDEX,
    REPORTED_STATISTICS,
    SERVICE_RATINGS,
    Dataset,
    DatasetNotFound,
    Definition,
    Metadata,
    Publisher,
)
from open_data.domain.month import Month
from open_data.domain.on_time import on_time_rows
from open_data.domain.quality import quality_rows
from open_data.domain.ratings import rating_rows
from open_data.domain.reported import reported_rows
from open_data.domain.table import Table
from open_data.domain.version import (
    Basis,
    FactsIncomplete,
    Number,
    SameEventsOtherBytes,
    Version,
    VersionNotFound,
)
from open_data.lake import Lake
from shared import outbox
from shared.auth import Principal
from shared.errors import Text
from shared.events.open_data import DatasetDescribed, DatasetPublished
from shared.ids import new_id


async def record_act(tx: AsyncConnection, case_id: UUID, sequence: int, act: Act) -> None:
    """Take note of an act of a case; the same one again, or an earlier one late, changes nothing else."""
    await store.add_act(tx, case_id, sequence, act)


async def record_rating(
    tx: AsyncConnection, *, agency: str, month: Month, number: int, score: int, at: datetime
) -> None:
    """Take note of a rating, by its number in the agency's month, once."""
    await store.add_rating(tx, agency=agency, month=month, number=number, score=score, at=at)


async def record_report(
    tx: AsyncConnection,
    report_id: UUID,
    *,
    agency: str,
    month: str,
    procedures: Any,
    quality: Any,
    at: datetime,
) -> None:
    """Take note of a reported month, once."""
    told = {"procedures": procedures, "quality": quality}
    await store.add_reported_month(tx, report_id, agency=agency, month=month, at=at, **told)


async def name_agency(tx: AsyncConnection, *, code: str, sequence: int, name: Text) -> None:
    """Take note of how an agency is called."""
    await store.save_agency(tx, code=code, sequence=sequence, name=name)


async def offer_datasets(tx: AsyncConnection, publisher: str) -> None:
    """Offer the datasets that are not offered yet, on behalf of this agency."""
    for definition in DEFINITIONS.values():
        offered = Dataset(new_id(), definition.slug, Publisher(publisher), definition.metadata)
        await store.add_dataset(tx, offered)


async def list_datasets(connection: AsyncConnection, *, after: str, limit: int) -> list[Dataset]:
    """The datasets after this slug."""
    return await store.list_datasets(connection, after=after, limit=limit)


async def get_dataset(connection: AsyncConnection, slug: str) -> Dataset:
    """
    Raises:
        DatasetNotFound.
    """
    dataset = await store.find_dataset(connection, slug)
    if dataset is None:
        raise DatasetNotFound
    return dataset


async def get_publisher(connection: AsyncConnection, code: str) -> Publisher:
    """The agency of this code, with its name as far as it is known."""
    return await store.find_publisher(connection, code) or Publisher(code)


async def list_versions(
    connection: AsyncConnection, slug: str, *, before: Number | None, limit: int
) -> Sequence[Version]:
    """The versions before this one (or all), newest first.

    Raises:
        DatasetNotFound.
    """
    await get_dataset(connection, slug)
    return await store.list_versions(connection, slug, before=before, limit=limit)


async def get_version(connection: AsyncConnection, slug: str, number: Number | None) -> Version:
    """The version of this number, or the latest.

    Raises:
        DatasetNotFound, VersionNotFound.
    """
    version = await store.find_version(connection, slug, number)
    if version is None:
        await get_dataset(connection, slug)
        raise VersionNotFound
    return version


async def describe_dataset(
    tx: AsyncConnection,
    slug: str,
    metadata: Metadata,
    *,
    by: Principal,
    meant_for: Callable[[Dataset], None],
    now: datetime,
) -> Dataset:
    """Offer a dataset under other words.

    Args:
        meant_for: refuses the dataset when the command was meant for another state of it.

    Raises:
        DatasetNotFound, NotThePublisher, and what `meant_for` raises.
    """
    await store.lock_dataset(tx, slug)
    dataset = await get_dataset(tx, slug)
    described = dataset.described(metadata, by=by.agency)
    meant_for(dataset)
    await store.save_dataset(tx, described)
    await store.log_description(tx, described, by=by.subject, at=now)
    event = DatasetDescribed(dataset=slug)
    await outbox.add(tx, event.envelope(subject=described.id, sequence=described.sequence, at=now))
    return described


async def publish(
    tx: AsyncConnection, lake: Lake, definition: Definition, *, now: datetime
) -> Version | None:
    """Publish a dataset's next version, when there are new events and they come to other rows.

    A new edition waits for `rebuild`: until then the facts are still those of the rules before.
    """
    dataset, events = await _locked(tx, definition)
    latest = dataset.latest
    if events <= dataset.seen or (latest and latest.number.edition != definition.edition):
        return None
    return await _issue(tx, dataset, await _written(tx, lake, definition), now)


async def rebuild(
    tx: AsyncConnection, lake: Lake, definition: Definition, *, now: datetime
) -> Version | None:
    """Compute a dataset from the facts again: publish it when it changed, else restore and prove the latest.

    Raises:
        FactsIncomplete: there are fewer events than there were.
        SameEventsOtherBytes: there are as many, and they come to another file.
    """
    dataset, events = await _locked(tx, definition)
    if events < dataset.seen:
        raise FactsIncomplete(dataset=dataset.slug, events=events, seen=dataset.seen)
    if not events:
        return None
    version = await _written(tx, lake, definition)
    if dataset.contradicts(version):
        raise SameEventsOtherBytes(dataset=dataset.slug, version=str(version.number))
    return await _issue(tx, dataset, version, now)


async def fold_again(tx: AsyncConnection, after: UUID) -> UUID | None:
    """Compute the next cases after this one from their acts, as after a change of the rules; None at the end."""
    return await store.refold_page(tx, after)


async def _locked(tx: AsyncConnection, definition: Definition) -> tuple[Dataset, int]:
    """The dataset, which nobody else changes until the transaction ends, and how many events there are."""
    await store.lock_dataset(tx, definition.slug)
    return await get_dataset(tx, definition.slug), await _SOURCES[definition.slug].events(tx)


async def _written(tx: AsyncConnection, lake: Lake, definition: Definition) -> Version:
    """The version that the facts come to, its file in its place already.

    The file comes before the row: a row always has its file, and a file without a row is nobody's.
    """
    basis = await _SOURCES[definition.slug].basis(tx)
    rows = await asyncio.to_thread(basis.rows)
    file = await lake.write(definition.slug, Table(definition.columns, rows))
    month = [column.name for column in definition.columns].index("month")
    covered = [str(row[month]) for row in rows]
    return Version(
        number=Number(definition.edition, basis.events),
        issued_at=basis.last_at,
        rows=len(rows),
        file=file,
        columns=definition.columns,
        first_month=min(covered, default=None),
        last_month=max(covered, default=None),
    )


async def _issue(tx: AsyncConnection, dataset: Dataset, version: Version, now: datetime) -> Version | None:
    """Make a written version the latest, if it says anything new."""
    published = dataset.published(version)
    await store.save_dataset(tx, published)
    if published.latest is not version:
        return None
    await store.add_version(tx, dataset.slug, version)
    event = DatasetPublished(
        dataset=dataset.slug,
        version=str(version.number),
        issued_at=version.issued_at,
        rows=version.rows,
        sha256=version.file.sha256,
    )
    await outbox.add(tx, event.envelope(subject=dataset.id, sequence=published.sequence, at=now))
    return version


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a dataset comes from: how many events there are, and what they come to."""

    events: Callable[[AsyncConnection], Awaitable[int]]
    basis: Callable[[AsyncConnection], Awaitable[Basis]]


async def _on_time(connection: AsyncConnection) -> Basis:
    groups, events, last_at = await store.case_groups(connection)
    return Basis(events, last_at, partial(on_time_rows, groups, Month.of(last_at)))


async def _ratings(connection: AsyncConnection) -> Basis:
    cells, events, last_at = await store.rating_cells(connection)
    return Basis(events, last_at, partial(rating_rows, cells))


async def _reported(connection: AsyncConnection) -> Basis:
    reports, events, last_at = await store.reports(connection)
    return Basis(events, last_at, partial(reported_rows, reports))


async def _quality(connection: AsyncConnection) -> Basis:
    measures, events, last_at = await store.measures(connection)
    return Basis(events, last_at, partial(quality_rows, measures))


_SOURCES: Mapping[str, _Source] = {
    ON_TIME_PROCESSING.slug: _Source(store.case_events, _on_time),
    SERVICE_RATINGS.slug: _Source(store.rating_events, _ratings),
    REPORTED_STATISTICS.slug: _Source(store.reported_events, _reported),
    QUALITY_INDEX.slug: _Source(store.quality_events, _quality),
}
