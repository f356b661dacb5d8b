"""Every SQL statement of open-data in PostgreSQL; the Parquet files are the lake's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, null, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from open_data.domain.case_fact import Act, CaseFact, fold
from open_data.domain.dataset import Dataset, Metadata, Publisher
from open_data.domain.month import Month
from open_data.domain.on_time import CaseGroup
from open_data.domain.quality import Measure
from open_data.domain.ratings import RatingCell
from open_data.domain.reported import Report
from open_data.domain.table import Column
from open_data.domain.version import File, Number, Version
from open_data.tables import (
    agencies,
    case_facts,
    datasets,
    descriptions,
    rating_facts,
    reported_months,
    versions,
)
from shared.errors import Text

_ACTS = TypeAdapter(dict[int, Act])
_METADATA = TypeAdapter(Metadata)
_COLUMNS = TypeAdapter(tuple[Column, ...])
_MEASURE = TypeAdapter(Measure)
_FOLDED = [
    case_facts.c[name]
    for name in (
        *("agency", "procedure", "received", "ended", "decided", "lapsed", "on_time"),
        *("days", "closed", "refused", "overdue", "overdue_from"),
    )
]
_place = tuple_(versions.c.edition, versions.c.events)
_newest_first = (versions.c.edition.desc(), versions.c.events.desc())
_BATCH = 1000

# The two statements of every event, built once: building them costs more than running them.
_NEW_ACT = insert(case_facts)
_ADD_ACT = _NEW_ACT.on_conflict_do_update(
    index_elements=[case_facts.c.case_id],
    set_={"acts": case_facts.c.acts.concat(_NEW_ACT.excluded.acts)},
).returning(case_facts.c.acts)
_REFOLD = update(case_facts).where(case_facts.c.case_id == bindparam("which"))


async def add_act(tx: AsyncConnection, case_id: UUID, sequence: int, act: Act) -> None:
    """Add an act to its case, where it may be already, and keep the fact the fold of all its acts."""
    merged = await tx.scalar(_ADD_ACT, {"case_id": case_id, **_folded({sequence: act})})
    if len(merged) > 1:
        await _refold(tx, case_id, merged)


async def refold_page(tx: AsyncConnection, after: UUID) -> UUID | None:
    """Fold the acts of the next cases after this one again; returns the last of them, None at the end.

    A case that is locked is passed over: whoever holds it is folding it just now, or will try again.
    """
    page = select(case_facts.c.case_id, case_facts.c.acts).where(case_facts.c.case_id > after)
    page = page.order_by(case_facts.c.case_id).limit(_BATCH).with_for_update(skip_locked=True)
    rows = (await tx.execute(page)).all()
    for row in rows:
        await _refold(tx, row.case_id, row.acts)
    return rows[-1].case_id if rows else None


async def _refold(tx: AsyncConnection, case_id: UUID, acts: Mapping[str, Any]) -> None:
    await tx.execute(_REFOLD, {"which": case_id, **_folded(_ACTS.validate_python(acts))})


def _folded(acts: dict[int, Act]) -> dict[str, Any]:
    """The columns of a case with these acts."""
    fact = fold(acts)
    return {
        "acts": _ACTS.dump_python(acts, mode="json", exclude_none=True),
        "events": len(acts),
        "last_at": max(act.at for act in acts.values()),
        "agency": fact.agency,
        "procedure": fact.procedure,
        "received": _text(fact.received),
        "ended": _text(fact.ended),
        "decided": fact.decided,
        "lapsed": fact.lapsed,
        "on_time": fact.on_time,
        "days": fact.days,
        "closed": _text(fact.closed),
        "refused": _text(fact.refused),
        "overdue": [str(month) for month in fact.overdue],
        "overdue_from": _text(fact.overdue_from),
    }


async def case_events(connection: AsyncConnection) -> int:
    """How many events all cases rest on: a tenth of the work of asking what they come to."""
    return await connection.scalar(select(func.sum(case_facts.c.events))) or 0


async def case_groups(connection: AsyncConnection) -> tuple[list[CaseGroup], int, datetime]:
    """All cases, those whose facts are alike counted together; how many events they rest on, and the last's time.

    There is at least one. With PostgreSQL's usual memory for a query it would sort all cases on the disk.
    """
    await connection.execute(text("SET LOCAL work_mem = '64MB'"))
    counts = (func.count().label("cases"), func.sum(case_facts.c.events), func.max(case_facts.c.last_at))
    rows = (await connection.execute(select(*_FOLDED, *counts).group_by(*_FOLDED))).all()
    groups = [CaseGroup(_fact(row), row.cases) for row in rows]
    return groups, sum(row[-2] for row in rows), max(row[-1] for row in rows)


def _fact(row: Any) -> CaseFact:
    return CaseFact(
        agency=row.agency,
        procedure=row.procedure,
        received=_month(row.received),
        ended=_month(row.ended),
        decided=row.decided,
        lapsed=row.lapsed,
        on_time=row.on_time,
        days=row.days,
        closed=_month(row.closed),
        refused=_month(row.refused),
        overdue=tuple(Month.parse(text) for text in row.overdue),
        overdue_from=_month(row.overdue_from),
    )


async def add_rating(
    tx: AsyncConnection, *, agency: str, month: Month, number: int, score: int, at: datetime
) -> None:
    """Add a rating, where it may be already."""
    values = {"agency": agency, "month": str(month), "number": number, "score": score, "at": at}
    await tx.execute(insert(rating_facts).values(values).on_conflict_do_nothing())


async def add_reported_month(
    tx: AsyncConnection,
    report_id: UUID,
    *,
    agency: str,
    month: str,
    procedures: Any,
    quality: Any,
    at: datetime,
) -> None:
    """Add a reported month, where it may be already."""
    values = {"report_id": report_id, "agency": agency, "month": month, "at": at}
    told = {"procedures": procedures, "quality": null() if quality is None else quality}
    await tx.execute(insert(reported_months).values({**values, **told}).on_conflict_do_nothing())


async def reported_events(connection: AsyncConnection) -> int:
    """How many months were reported."""
    return await connection.scalar(select(func.count()).select_from(reported_months)) or 0


async def reports(connection: AsyncConnection) -> tuple[list[Report], int, datetime]:
    """All reports; how many months there are, and the last's time. There is at least one."""
    rows = (await connection.execute(select(reported_months).order_by(reported_months.c.report_id))).all()
    found = [
        Report(row.agency, row.month, one["procedure"], one["figures"], one["corrections"])
        for row in rows
        for one in row.procedures
    ]
    return found, len(rows), max(row.at for row in rows)


async def quality_events(connection: AsyncConnection) -> int:
    """How many months were reported with their quality."""
    query = select(func.count()).select_from(reported_months).where(reported_months.c.quality.is_not(None))
    return await connection.scalar(query) or 0


async def measures(connection: AsyncConnection) -> tuple[list[Measure], int, datetime]:
    """All that was measured; in how many months of agencies, and the last's time. There is at least one."""
    told = select(reported_months).where(reported_months.c.quality.is_not(None))
    rows = (await connection.execute(told.order_by(reported_months.c.report_id))).all()
    found = [
        _MEASURE.validate_python({"agency": row.agency, "month": row.month, **one})
        for row in rows
        for one in row.quality
    ]
    return found, len(rows), max(row.at for row in rows)


async def rating_events(connection: AsyncConnection) -> int:
    """How many ratings there are."""
    return await connection.scalar(select(func.count()).select_from(rating_facts)) or 0


async def rating_cells(connection: AsyncConnection) -> tuple[list[RatingCell], int, datetime]:
    """All ratings by agency and month; how many there are, and the last's time.

    There is at least one.
    """
    facts = rating_facts.c
    numbers, scores = (
        func.array_agg(aggregate_order_by(column, facts.number)) for column in (facts.number, facts.score)
    )
    cell = (facts.agency, facts.month)
    rows = (
        await connection.execute(select(*cell, numbers, scores, func.max(facts.at)).group_by(*cell))
    ).all()
    cells = [
        RatingCell(agency, Month.parse(month), dict(zip(numbers, scores, strict=True)))
        for agency, month, numbers, scores, _ in rows
    ]
    return cells, sum(len(cell.scores) for cell in cells), max(row[-1] for row in rows)


async def save_agency(tx: AsyncConnection, *, code: str, sequence: int, name: Text) -> None:
    """Keep the name of an agency, unless a later one is known."""
    statement = insert(agencies).values(code=code, sequence=sequence, name_vi=name.vi, name_en=name.en)
    newer = statement.excluded
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[agencies.c.code],
            set_={"sequence": newer.sequence, "name_vi": newer.name_vi, "name_en": newer.name_en},
            where=agencies.c.sequence < newer.sequence,
        )
    )


async def find_publisher(connection: AsyncConnection, code: str) -> Publisher | None:
    row = (await connection.execute(select(agencies).where(agencies.c.code == code))).one_or_none()
    return Publisher(code, Text(vi=row.name_vi, en=row.name_en), row.sequence) if row else None


async def add_dataset(tx: AsyncConnection, dataset: Dataset) -> None:
    """Add a dataset, unless its slug is there."""
    values = {
        "slug": dataset.slug,
        "id": dataset.id,
        "publisher": dataset.publisher.code,
        "metadata": _METADATA.dump_python(dataset.metadata, mode="json"),
        "sequence": dataset.sequence,
        "seen": dataset.seen,
    }
    await tx.execute(insert(datasets).values(values).on_conflict_do_nothing())


async def lock_dataset(tx: AsyncConnection, slug: str) -> None:
    """Wait for whoever is changing the dataset; from now to the end of the transaction nobody else does.

    A statement of its own: what is read of the dataset afterwards is what the one before has left.
    """
    await tx.execute(select(datasets.c.slug).where(datasets.c.slug == slug).with_for_update())


async def find_dataset(connection: AsyncConnection, slug: str) -> Dataset | None:
    found = await _datasets(connection, datasets.c.slug == slug, limit=1)
    return found[0] if found else None


async def list_datasets(connection: AsyncConnection, *, after: str, limit: int) -> list[Dataset]:
    """The datasets after this slug, by slug."""
    return await _datasets(connection, datasets.c.slug > after, limit=limit)


async def _datasets(connection: AsyncConnection, condition: Any, *, limit: int) -> list[Dataset]:
    named = datasets.outerjoin(agencies, agencies.c.code == datasets.c.publisher)
    columns = (datasets, agencies.c.name_vi, agencies.c.name_en, agencies.c.sequence.label("agency_sequence"))
    rows = (
        await connection.execute(
            select(*columns).select_from(named).where(condition).order_by(datasets.c.slug).limit(limit)
        )
    ).all()
    newest = (
        select(versions)
        .ext(distinct_on(versions.c.dataset))
        .where(versions.c.dataset.in_([row.slug for row in rows]))
        .order_by(versions.c.dataset, *_newest_first)
    )
    latest = {row.dataset: _version(row) for row in await connection.execute(newest)}
    return [_dataset(row, latest.get(row.slug)) for row in rows]


def _dataset(row: Any, latest: Version | None) -> Dataset:
    name = Text(vi=row.name_vi, en=row.name_en) if row.name_vi is not None else None
    return Dataset(
        id=row.id,
        slug=row.slug,
        publisher=Publisher(row.publisher, name, row.agency_sequence or 0),
        metadata=_METADATA.validate_python(row.metadata),
        sequence=row.sequence,
        seen=row.seen,
        latest=latest,
    )


async def save_dataset(tx: AsyncConnection, dataset: Dataset) -> None:
    """Keep what may change of a locked dataset; its versions are added by themselves."""
    words = _METADATA.dump_python(dataset.metadata, mode="json")
    await tx.execute(
        update(datasets)
        .where(datasets.c.slug == dataset.slug)
        .values(metadata=words, sequence=dataset.sequence, seen=dataset.seen)
    )


async def log_description(tx: AsyncConnection, dataset: Dataset, *, by: str, at: datetime) -> None:
    """Log who offered the dataset under these words."""
    words = _METADATA.dump_python(dataset.metadata, mode="json")
    values = {"dataset": dataset.slug, "sequence": dataset.sequence, "metadata": words}
    await tx.execute(insert(descriptions).values(described_by=by, described_at=at, **values))


async def add_version(tx: AsyncConnection, slug: str, version: Version) -> None:
    await tx.execute(
        insert(versions).values(
            dataset=slug,
            edition=version.number.edition,
            events=version.number.events,
            issued_at=version.issued_at,
            rows=version.rows,
            sha256=version.file.sha256,
            size=version.file.size,
            columns=_COLUMNS.dump_python(version.columns, mode="json"),
            first_month=version.first_month,
            last_month=version.last_month,
        )
    )


async def find_version(connection: AsyncConnection, slug: str, number: Number | None) -> Version | None:
    """The version of this number, or the latest."""
    statement = select(versions).where(versions.c.dataset == slug)
    if number is not None:
        statement = statement.where(_place == (number.edition, number.events))
    row = (await connection.execute(statement.order_by(*_newest_first).limit(1))).one_or_none()
    return _version(row) if row else None


async def list_versions(
    connection: AsyncConnection, slug: str, *, before: Number | None, limit: int
) -> Sequence[Version]:
    """The versions before this one (or all), newest first."""
    statement = select(versions).where(versions.c.dataset == slug)
    if before is not None:
        statement = statement.where(_place < (before.edition, before.events))
    rows = await connection.execute(statement.order_by(*_newest_first).limit(limit))
    return [_version(row) for row in rows]


def _version(row: Any) -> Version:
    return Version(
        number=Number(row.edition, row.events),
        issued_at=row.issued_at,
        rows=row.rows,
        file=File(row.sha256, row.size),
        columns=_COLUMNS.validate_python(row.columns),
        first_month=row.first_month,
        last_month=row.last_month,
    )


def _text(month: Month | None) -> str | None:
    return str(month) if month else None


def _month(text: str | None) -> Month | None:
    return Month.parse(text) if text else None
