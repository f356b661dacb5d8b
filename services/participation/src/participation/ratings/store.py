"""Every SQL statement about invitations, ratings and their figures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from participation.domain.rating import Invitation, Rating
from participation.domain.rating_cell import NONE, RatingCell
from participation.tables import rating_cells, rating_invitations, ratings


async def add_invitation(tx: AsyncConnection, invitation: Invitation) -> None:
    """Remember that the applicant is asked; once for a case."""
    await tx.execute(
        insert(rating_invitations)
        .values(
            case_id=invitation.case_id,
            case_code=invitation.case_code,
            applicant=invitation.applicant,
            agency=invitation.agency,
            procedure=invitation.procedure,
            closed_at=invitation.closed_at,
        )
        .on_conflict_do_nothing()
    )


async def invitation_of(
    tx: AsyncConnection, case_id: UUID, applicant: str, *, for_update: bool = False
) -> Invitation | None:
    """The invitation to rate this case, when it is this applicant's."""
    mine = rating_invitations.c.applicant == applicant
    query = select(rating_invitations).where(rating_invitations.c.case_id == case_id, mine)
    row = (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()
    return None if row is None else _invitation(row)


async def open_invitations(
    tx: AsyncConnection, applicant: str, *, closed_since: datetime, after: Sequence[Any] | None, limit: int
) -> list[Invitation]:
    """The applicant's cases that closed since then and are not rated; the one submitted last comes first."""
    query = (
        select(rating_invitations)
        .outerjoin(ratings, ratings.c.case_id == rating_invitations.c.case_id)
        .where(
            rating_invitations.c.applicant == applicant,
            rating_invitations.c.closed_at >= closed_since,
            ratings.c.case_id.is_(None),
        )
    )
    if after is not None:
        query = query.where(rating_invitations.c.case_id < after[0])
    ordered = query.order_by(rating_invitations.c.case_id.desc()).limit(limit)
    return [_invitation(row) for row in await tx.execute(ordered)]


async def rating_of(tx: AsyncConnection, case_id: UUID) -> Rating | None:
    """The rating of a case."""
    query = select(ratings.c.score, ratings.c.reason, ratings.c.rated_at).where(ratings.c.case_id == case_id)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Rating(row.score, row.reason, row.rated_at)


async def add_rating(tx: AsyncConnection, invitation: Invitation, rating: Rating) -> None:
    """Write the rating of a case whose invitation is locked."""
    await tx.execute(
        insert(ratings).values(
            case_id=invitation.case_id,
            score=rating.score,
            reason=rating.reason,
            rated_at=rating.rated_at,
            agency=invitation.agency,
            procedure=invitation.procedure,
            month=invitation.month,
        )
    )


async def ratings_of_agency(
    tx: AsyncConnection, agency: str, *, month: str | None, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """What was said of the agency: `procedure, month, score, reason, place`; the newest month first.

    Within a month in no order that means anything.
    """
    columns = (ratings.c.procedure, ratings.c.month, ratings.c.score, ratings.c.reason, ratings.c.place)
    query: Select[Any] = select(*columns).where(ratings.c.agency == agency)
    if month is not None:
        query = query.where(ratings.c.month == month)
    if after is not None:
        query = query.where(tuple_(ratings.c.month, ratings.c.place) < tuple(after))
    ordered = query.order_by(ratings.c.month.desc(), ratings.c.place.desc()).limit(limit)
    rows: Sequence[Row[Any]] = (await tx.execute(ordered)).all()
    return rows


async def lock_cell(tx: AsyncConnection, agency: str, month: str) -> RatingCell:
    """The figures of an agency's month, locked; empty ones when there were none."""
    empty = insert(rating_cells).values(agency=agency, month=month, shown=NONE, waiting=NONE)
    await tx.execute(empty.on_conflict_do_nothing())
    query = select(rating_cells).where(rating_cells.c.agency == agency, rating_cells.c.month == month)
    return _cell((await tx.execute(query.with_for_update())).one())


async def save_cell(tx: AsyncConnection, cell: RatingCell) -> None:
    """Write the figures of a locked cell."""
    await tx.execute(
        update(rating_cells)
        .where(rating_cells.c.agency == cell.agency, rating_cells.c.month == cell.month)
        .values(shown=cell.shown, waiting=cell.waiting)
    )


async def cells(
    tx: AsyncConnection, *, agency: str | None, month: str | None, after: Sequence[Any] | None, limit: int
) -> list[RatingCell]:
    """The figures of all agencies, the newest month first, or those of one agency or month."""
    query = select(rating_cells)
    if agency is not None:
        query = query.where(rating_cells.c.agency == agency)
    if month is not None:
        query = query.where(rating_cells.c.month == month)
    if after is not None:
        query = query.where(tuple_(rating_cells.c.month, rating_cells.c.agency) < tuple(after))
    ordered = query.order_by(rating_cells.c.month.desc(), rating_cells.c.agency.desc())
    return [_cell(row) for row in await tx.execute(ordered.limit(limit))]


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        case_id=row.case_id,
        case_code=row.case_code,
        applicant=row.applicant,
        agency=row.agency,
        procedure=row.procedure,
        closed_at=row.closed_at,
    )


def _cell(row: Row[Any]) -> RatingCell:
    return RatingCell(row.agency, row.month, tuple(row.shown), tuple(row.waiting))
