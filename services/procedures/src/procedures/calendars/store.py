"""Every SQL statement about calendars."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.tables import calendar_versions, calendars, case_log, cases, redating_batches, redatings
from shared.db import AnyRow

_EDITED = 0x43616C  # "Cal"; advisory locks are per database


async def declared_calendar(tx: AsyncConnection, agency: str) -> AnyRow | None:
    """The agency's own calendar, if it has one; `redating` are the reasons why open cases are dated anew at present."""
    return (await tx.execute(_DECLARED, {"agency": agency})).one_or_none()


def _reasons() -> Select[tuple[str]]:
    """Why the agency's open cases are dated anew at present, the first edit first."""
    of_the_agency = redatings.c.agency == bindparam("agency")
    reasons = select(redatings.c.reason).where(of_the_agency, redatings.c.finished_at.is_(None))
    return reasons.order_by(redatings.c.id)


_DECLARED = select(calendars, func.array(_reasons().scalar_subquery()).label("redating")).where(
    calendars.c.agency == bindparam("agency")
)


async def lock_calendar(tx: AsyncConnection, agency: str) -> None:
    """Wait for others who edit the agency's calendar; by its name, for the first edit finds no row to lock."""
    await tx.execute(select(func.pg_advisory_xact_lock(_EDITED, func.hashtext(agency))))


async def lock_calendar_as_known(tx: AsyncConnection, agency: str) -> None:
    """Wait for whoever edits the agency's calendar; nobody does until the transaction ends."""
    await tx.execute(select(func.pg_advisory_xact_lock_shared(_EDITED, func.hashtext(agency))))


async def calendar_versions_of(tx: AsyncConnection, agency: str) -> Sequence[AnyRow]:
    """What the agency has declared, the oldest first."""
    query = select(calendar_versions).where(calendar_versions.c.agency == agency)
    return (await tx.execute(query.order_by(calendar_versions.c.since))).all()


async def newest_calendars(tx: AsyncConnection) -> Sequence[AnyRow]:
    """What each agency has declared last (`newest`), and what stands for it now (`present`)."""
    newest = calendar_versions.c.calendar.label("newest")
    query = (
        select(calendar_versions.c.agency, newest, calendars.c.calendar.label("present"))
        .ext(distinct_on(calendar_versions.c.agency))
        .outerjoin(calendars, calendars.c.agency == calendar_versions.c.agency)
        .order_by(calendar_versions.c.agency, calendar_versions.c.since.desc())
    )
    return (await tx.execute(query)).all()


async def add_calendar_version(
    tx: AsyncConnection, agency: str, calendar: dict[str, Any], now: datetime
) -> None:
    """Keep what the agency declares under its lock, for whatever ends after now and after all that has ended.

    An act of another process may bear a later instant than this edit and be counted already: the acts from now
    on are few, and the summaries of the log's index lead to them.
    """
    acted = select(func.max(case_log.c.at)).join(cases, cases.c.id == case_log.c.case_id)
    declared = select(func.max(calendar_versions.c.since)).where(calendar_versions.c.agency == agency)
    latest = [
        await tx.scalar(acted.where(cases.c.agency == agency, case_log.c.at >= now)),
        await tx.scalar(declared),
    ]
    since = max([now, *(instant for instant in latest if instant is not None)])
    row = insert(calendar_versions).values(agency=agency, since=since, calendar=calendar)
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=[calendar_versions.c.agency, calendar_versions.c.since],
            set_={"calendar": row.excluded.calendar},
        )
    )


async def put_calendar(tx: AsyncConnection, agency: str, calendar: dict[str, Any], now: datetime) -> None:
    """Keep the agency's calendar."""
    row = {"calendar": calendar, "updated_at": now}
    await tx.execute(
        insert(calendars)
        .values(agency=agency, **row)
        .on_conflict_do_update(index_elements=[calendars.c.agency], set_=row)
    )


async def order_redating(tx: AsyncConnection, row: Mapping[str, Any]) -> AnyRow:
    """A job that is to be done."""
    await tx.execute(insert(redatings).values(**row))
    (ordered,) = await redatings_of(tx, row["agency"], None, 1)
    return ordered


async def redatings_of(
    tx: AsyncConnection, agency: str, after: Sequence[Any] | None, limit: int
) -> Sequence[AnyRow]:
    """The agency's jobs with how many cases were looked at and dated anew, the newest first."""
    query = select(redatings, *_progress()).where(redatings.c.agency == agency)
    if after is not None:
        query = query.where(redatings.c.id < after[0])
    return (await tx.execute(query.order_by(redatings.c.id.desc()).limit(limit))).all()


def _progress() -> list[ColumnElement[Any]]:
    """What the batches of a job come to."""
    of_job = redating_batches.c.redating == redatings.c.id
    return [
        select(func.coalesce(func.sum(column), 0)).where(of_job).scalar_subquery().label(column.name)
        for column in (redating_batches.c.looked_at, redating_batches.c.redated)
    ]


async def open_redatings(tx: AsyncConnection) -> Sequence[AnyRow]:
    """The jobs to go on with: of each agency the oldest that is not finished."""
    query = (
        select(redatings)
        .ext(distinct_on(redatings.c.agency))
        .where(redatings.c.finished_at.is_(None))
        .order_by(redatings.c.agency, redatings.c.id)
    )
    return (await tx.execute(query)).all()


async def lock_redating(tx: AsyncConnection, job: UUID) -> AnyRow | None:
    """A job under its row lock, unless another process has it or has finished it."""
    query = (
        select(redatings)
        .where(redatings.c.id == job, redatings.c.finished_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(query)).one_or_none()


async def add_batch(tx: AsyncConnection, job: AnyRow, last: UUID) -> None:
    """A part of the job: the cases after the one before it, until this one."""
    await tx.execute(insert(redating_batches).values(redating=job.id, after=job.cursor, last=last))
    await note_progress(tx, job.id, cursor=last)


async def lock_batch(tx: AsyncConnection, job: UUID) -> AnyRow | None:
    """A part of the job that nobody is at, under its row lock."""
    query = (
        select(redating_batches)
        .where(redating_batches.c.redating == job, redating_batches.c.finished_at.is_(None))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await tx.execute(query)).one_or_none()


async def has_open_batch(tx: AsyncConnection, job: UUID) -> bool:
    """Whether a part of the job is not finished."""
    found = select(redating_batches.c.last).where(
        redating_batches.c.redating == job, redating_batches.c.finished_at.is_(None)
    )
    return bool((await tx.execute(select(found.exists()))).scalar_one())


async def finish_batch(tx: AsyncConnection, batch: AnyRow, **columns: Any) -> None:
    """A part of the job is done."""
    place = (redating_batches.c.redating == batch.redating, redating_batches.c.last == batch.last)
    await tx.execute(update(redating_batches).where(*place).values(**columns))


async def note_progress(tx: AsyncConnection, job: UUID, **columns: Any) -> None:
    """How far a job has come."""
    await tx.execute(update(redatings).where(redatings.c.id == job).values(**columns))


async def next_transaction(tx: AsyncConnection) -> int:
    """The number that the next transaction to begin will bear."""
    query = select(func.pg_snapshot_xmax(func.pg_current_snapshot()).cast(Text).cast(BigInteger))
    number: int = (await tx.execute(query)).scalar_one()
    return number


async def all_ended_before(tx: AsyncConnection, number: int) -> bool:
    """Whether every transaction with a smaller number has ended."""
    query = select(func.pg_snapshot_xmin(func.pg_current_snapshot()).cast(Text).cast(BigInteger))
    oldest: int = (await tx.execute(query)).scalar_one()
    return oldest >= number
