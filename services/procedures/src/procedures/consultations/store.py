"""Every SQL statement about consultations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, delete, false, func, select, true, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.sight import Sight, Viewer
from procedures.cases.store import FAR
from procedures.domain.case import Case
from procedures.domain.consultation import Asked
from procedures.tables import cases, consultees, documents
from shared.db import AnyRow


async def follow(tx: AsyncConnection, changes: Sequence[tuple[Case, Case]]) -> None:
    """Keep those who are waited for in each case now in place of those who were before."""
    gone, come = [], []
    for before, after in changes:
        had = {row["id"]: row for row in rows_of(before)}
        has = {row["id"]: row for row in rows_of(after)}
        gone += [one for one in had if one not in has]
        come += [row for one, row in has.items() if row != had.get(one)]
    if gone:
        await tx.execute(delete(consultees).where(consultees.c.id.in_(gone)))
    if come:
        statement = postgresql.insert(consultees)
        dates = {name: statement.excluded[name] for name in ("due_at", "sort_at")}
        await tx.execute(statement.on_conflict_do_update(index_elements=[consultees.c.id], set_=dates), come)


def rows_of(case: Case) -> list[dict[str, Any]]:
    """Those who are waited for, as the table holds them."""
    return [_row(case.id, asked) for asked in case.consulted]


def _row(case_id: UUID, asked: Asked) -> dict[str, Any]:
    consultation, one = asked
    return {
        "id": one.id,
        "case_id": case_id,
        "consultation": consultation.id,
        "agency": one.agency,
        "unit": one.unit,
        "documents": list(one.documents),
        "asked_at": consultation.asked_at,
        "due_at": one.due_at,
        "sort_at": one.due_at or FAR,
    }


async def consultees_of(tx: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The rows of these cases."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await tx.execute(select(consultees).where(consultees.c.case_id.in_(ids))):
        found.setdefault(row.case_id, []).append(row._asdict())
    return found


async def inbox(
    tx: AsyncConnection, agency: str, units: Sequence[str], after: Sequence[Any] | None, limit: int
) -> Sequence[AnyRow]:
    """What these units are asked, the one due next first, those without a due instant last.

    Each unit gives the head of its own queue, which the index holds in order; then the heads are merged.
    """
    unit = (
        func.unnest(bindparam("units", units, ARRAY(Text))).table_valued("code", name="unit").render_derived()
    )
    key = tuple_(consultees.c.sort_at, consultees.c.id)
    head = select(consultees).where(consultees.c.agency == agency, consultees.c.unit == unit.c.code)
    if after is not None:
        head = head.where(key > tuple(after))
    heads = head.order_by(consultees.c.sort_at, consultees.c.id).limit(limit).lateral("asked")
    merged = (
        select(heads)
        .select_from(unit.join(heads, true()))
        .order_by(heads.c.sort_at, heads.c.id)
        .limit(limit)
        .subquery("asked")
    )
    query = (
        select(merged, cases.c.code, cases.c.procedure, cases.c.agency.label("asked_by"), cases.c.applicant)
        .join(cases, cases.c.id == merged.c.case_id)
        .order_by(merged.c.sort_at, merged.c.id)
    )
    return (await tx.execute(query)).all()


def asks(consultee: UUID, viewer: Viewer) -> Sight:
    """The case in which the viewer's agency is asked by this id."""
    return Sight(_ASKS, {"consultee": consultee, "viewer": viewer.agency})


_ASKS = (
    select(consultees.c.id)
    .where(
        consultees.c.id == bindparam("consultee"),
        consultees.c.case_id == cases.c.id,
        consultees.c.agency == bindparam("viewer"),
    )
    .exists()
)


async def case_of_consultee(tx: AsyncConnection, consultee: UUID) -> UUID | None:
    """The case in which somebody is asked by this id."""
    found: UUID | None = (
        await tx.execute(select(consultees.c.case_id).where(consultees.c.id == consultee))
    ).scalar_one_or_none()
    return found


def shared_with(viewer: Viewer) -> ColumnElement[bool]:
    """The documents that the viewer's agency was given with what it is asked, for as long as it is asked."""
    if viewer.agency is None:
        return false()
    given = select(consultees.c.id).where(
        consultees.c.case_id == documents.c.case_id,
        consultees.c.agency == viewer.agency,
        documents.c.id == any_(consultees.c.documents),
    )
    return given.exists()
