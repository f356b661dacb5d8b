"""Every SQL statement about retention."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.store import SEEN, Stored, page, stored_case
from procedures.domain.case import Case
from procedures.domain.json_input import Node
from procedures.domain.retention import Disposal, Due, RetentionRule, disposed_of, read_rules
from procedures.tables import (
    answers,
    case_log,
    cases,
    disposal_lists,
    documents,
    procedure_versions,
    retentions,
)
from shared.db import AnyRow

LINE = (
    retentions.c.case_id,
    retentions.c.ended_at,
    retentions.c.due_on,
    retentions.c.disposal,
    retentions.c.held,
    cases.c.code,
    cases.c.procedure,
    cases.c.applicant,
    cases.c.status,
    cases.c.state["outcome"].astext.label("outcome"),
)
"""What a list shows of a case."""


async def follow(tx: AsyncConnection, changed: Sequence[Case]) -> None:
    """Keep in step with cases that have ended, came to be needed or not any more, were disposed of or reopened."""
    running = [case.id for case in changed if case.ended_at is None]
    if running:
        await tx.execute(delete(retentions).where(retentions.c.case_id.in_(running)))
    rows = [
        {
            "case_id": case.id,
            "agency": case.agency,
            "ended_at": case.ended_at,
            "held": case.is_needed,
            "disposed_at": (case.erased or case.transferred).at if disposed_of(case) else None,  # type: ignore[union-attr]
        }
        for case in changed
        if case.ended_at is not None
    ]
    if rows:
        statement = postgresql.insert(retentions)
        news = {name: statement.excluded[name] for name in ("held", "disposed_at")}
        await tx.execute(
            statement.on_conflict_do_update(index_elements=[retentions.c.case_id], set_=news), rows
        )


async def unscheduled(tx: AsyncConnection, limit: int) -> list[Stored]:
    """Ended cases of which it is not known yet until when they are kept; none that others are at work on."""
    query = (
        select(*SEEN)
        .join(retentions, retentions.c.case_id == cases.c.id)
        .where(~retentions.c.scheduled)
        .order_by(retentions.c.case_id)
        .limit(limit)
        .with_for_update(of=retentions, skip_locked=True)
    )
    return await page(tx, query)


async def schedule(tx: AsyncConnection, due: Mapping[UUID, Due | None]) -> None:
    """Until when these cases are kept."""
    statement = (
        update(retentions)
        .where(retentions.c.case_id == bindparam("of"))
        .values(scheduled=True, due_on=bindparam("day"), disposal=bindparam("then"))
    )
    await tx.execute(
        statement,
        [
            {"of": case_id, "day": one and one.on, "then": one and one.then.value}
            for case_id, one in due.items()
        ],
    )


async def of_cases(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """Until when these cases are kept, of those that have ended."""
    return (await tx.execute(select(retentions).where(retentions.c.case_id.in_(ids)))).all()


async def rules_of(
    tx: AsyncConnection, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], tuple[RetentionRule, ...]]:
    """How long these versions of procedures have their cases kept."""
    version = (procedure_versions.c.procedure, procedure_versions.c.version)
    query = select(*version, procedure_versions.c.definition["retention"].label("rules"))
    rows = await tx.execute(query.where(tuple_(*version).in_(versions)))
    return {(row.procedure, row.version): read_rules(Node(row.rules, "/retention", [])) for row in rows}


def _is_due(agency: str, disposal: str, by: date) -> ColumnElement[bool]:
    return (
        (retentions.c.agency == agency)
        & (retentions.c.disposal == disposal)
        & retentions.c.due_on.is_not(None)
        & (retentions.c.due_on <= by)
        & ~retentions.c.held
        & retentions.c.disposal_list.is_(None)
        & retentions.c.disposed_at.is_(None)
    )


async def due_cases(
    tx: AsyncConnection,
    agency: str,
    disposal: Disposal,
    by: date,
    *,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Cases that have been kept long enough by the day and stand on no list, those due first first."""
    key = tuple_(retentions.c.due_on, retentions.c.case_id)
    query = select(*LINE).join(cases, cases.c.id == retentions.c.case_id)
    query = query.where(_is_due(agency, disposal.value, by))
    if after is not None:
        query = query.where(key > tuple_(*after))
    return (await tx.execute(query.order_by(retentions.c.due_on, retentions.c.case_id).limit(limit))).all()


async def count_due(tx: AsyncConnection, by: date) -> Sequence[AnyRow]:
    """How many cases of each agency are due by the day, and for what."""
    query = (
        select(retentions.c.agency, retentions.c.disposal, func.count().label("number"))
        .where(
            retentions.c.due_on <= by,
            ~retentions.c.held,
            retentions.c.disposal_list.is_(None),
            retentions.c.disposed_at.is_(None),
        )
        .group_by(retentions.c.agency, retentions.c.disposal)
        .order_by(retentions.c.agency, retentions.c.disposal)
    )
    return (await tx.execute(query)).all()


async def add_list(tx: AsyncConnection, **row: Any) -> None:
    """Keep a new list."""
    await tx.execute(insert(disposal_lists).values(**row))


async def put_on_list(
    tx: AsyncConnection,
    list_id: UUID,
    agency: str,
    disposal: Disposal,
    by: date,
    *,
    chosen: Sequence[UUID] | None,
    most: int,
) -> int:
    """Put due cases on the list, the chosen ones or those due first; returns how many."""
    due = select(retentions.c.case_id).where(_is_due(agency, disposal.value, by))
    if chosen is not None:
        due = due.where(retentions.c.case_id.in_(chosen))
    due = due.order_by(retentions.c.due_on, retentions.c.case_id).limit(most).with_for_update()
    statement = update(retentions).where(retentions.c.case_id.in_(due)).values(disposal_list=list_id)
    return (await tx.execute(statement)).rowcount


async def list_of(
    tx: AsyncConnection, list_id: UUID, agency: str, *, for_update: bool = False
) -> AnyRow | None:
    """A list of the agency."""
    query = select(disposal_lists).where(disposal_lists.c.id == list_id, disposal_lists.c.agency == agency)
    return (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()


async def lists_of(tx: AsyncConnection, agency: str, *, before: UUID | None, limit: int) -> Sequence[AnyRow]:
    """The lists of the agency, newest first."""
    query = select(disposal_lists).where(disposal_lists.c.agency == agency)
    if before is not None:
        query = query.where(disposal_lists.c.id < before)
    return (await tx.execute(query.order_by(disposal_lists.c.id.desc()).limit(limit))).all()


async def lines_of(tx: AsyncConnection, list_id: UUID, *, after: UUID | None, limit: int) -> Sequence[AnyRow]:
    """The cases on a list, by id."""
    query = (
        select(*LINE)
        .join(cases, cases.c.id == retentions.c.case_id)
        .where(retentions.c.disposal_list == list_id)
    )
    if after is not None:
        query = query.where(retentions.c.case_id > after)
    return (await tx.execute(query.order_by(retentions.c.case_id).limit(limit))).all()


async def next_lists(tx: AsyncConnection, after: UUID, limit: int) -> Sequence[AnyRow]:
    """The next lists of all agencies, by id."""
    query = select(disposal_lists).where(disposal_lists.c.id > after)
    return (await tx.execute(query.order_by(disposal_lists.c.id).limit(limit))).all()


async def retained_on(tx: AsyncConnection, list_id: UUID) -> Sequence[AnyRow]:
    """What is known of the cases on a list, with their codes."""
    query = select(retentions, cases.c.code).join(cases, cases.c.id == retentions.c.case_id)
    return (await tx.execute(query.where(retentions.c.disposal_list == list_id))).all()


async def disposals_by(tx: AsyncConnection, list_id: UUID, codes: Sequence[str]) -> Sequence[AnyRow]:
    """The acts by which these cases were disposed of as the list says, in the order of a certificate, each with the
    hash of the entry before it."""
    act, before = case_log, case_log.alias("before")
    query = (
        select(
            cases.c.code,
            cases.c.state["form_commitment"].astext.label("form_commitment"),
            *(act.c[name] for name in ("sequence", "at", "actor", "act", "hash")),
            before.c.hash.label("before"),
        )
        .join(act, act.c.case_id == cases.c.id)
        .join(before, (before.c.case_id == act.c.case_id) & (before.c.sequence == act.c.sequence - 1))
        .where(
            cases.c.code.in_(codes),
            act.c.act["kind"].astext.in_(("erased", "transferred")),
            act.c.act["disposal_list"].astext == str(list_id),
        )
        .order_by(cases.c.id)
    )
    return (await tx.execute(query)).all()


async def cases_on(tx: AsyncConnection, list_id: UUID) -> list[Stored]:
    """The cases on a list as they stand, locked."""
    query = (
        select(*SEEN)
        .join(retentions, retentions.c.case_id == cases.c.id)
        .where(retentions.c.disposal_list == list_id)
        .order_by(cases.c.id)
        .with_for_update(of=cases)
    )
    return [stored_case(tx, row) for row in await tx.execute(query)]


async def settle(
    tx: AsyncConnection,
    list_id: UUID,
    *,
    status: str,
    now: datetime,
    certificate: dict[str, Any] | None = None,
) -> None:
    """A list was approved or dismissed."""
    await tx.execute(
        update(disposal_lists)
        .where(disposal_lists.c.id == list_id)
        .values(
            status=status,
            settled_at=now,
            certificate=certificate,
            revision=disposal_lists.c.revision + 1,
        )
    )


async def take_off(tx: AsyncConnection, list_id: UUID, *, only: Sequence[UUID] | None = None) -> None:
    """Cases are on the list no more: these, or all."""
    statement = update(retentions).where(retentions.c.disposal_list == list_id)
    if only is not None:
        statement = statement.where(retentions.c.case_id.in_(only))
    await tx.execute(statement.values(disposal_list=None))


async def destroy_keys(tx: AsyncConnection, ids: Sequence[UUID], now: datetime) -> None:
    """Destroy what opens, and what is, personal in these cases; their contents go with the next sweep. Answers of
    the last day that show one of them, which are sealed under the master key, are not given again."""
    await tx.execute(update(cases).where(cases.c.id.in_(ids)).values(data_key=None, form=None))
    await tx.execute(
        update(documents)
        .where(documents.c.case_id.in_(ids))
        .values(file_name=None, content_key=None, erased_at=now)
    )
    await tx.execute(delete(answers).where(answers.c.cases.overlap(list(ids))))


async def contents_to_drop(tx: AsyncConnection, after: UUID, limit: int) -> list[tuple[UUID, UUID]]:
    """Documents of erased cases, by id, of which the content is still there, and shared by no case that is not
    erased; with the id under which that lies.

    Erased is what has neither name nor key any more: an instant written beside these by hand destroys nothing.
    """
    content, other = func.coalesce(documents.c.content_of, documents.c.id), documents.alias("other")
    kept = select(other.c.id).where(
        or_(other.c.id == content, other.c.content_of == content), other.c.file_name.is_not(None)
    )
    query = (
        select(documents.c.id, content)
        .where(
            documents.c.erased_at.is_not(None),
            documents.c.dropped_at.is_(None),
            documents.c.file_name.is_(None),
            documents.c.content_key.is_(None),
            documents.c.id > after,
            ~kept.exists(),
        )
        .order_by(documents.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=documents)
    )
    return [(row[0], row[1]) for row in await tx.execute(query)]


async def dropped(tx: AsyncConnection, ids: Sequence[UUID], now: datetime) -> None:
    """The contents of these documents are gone."""
    await tx.execute(update(documents).where(documents.c.id.in_(ids)).values(dropped_at=now))
