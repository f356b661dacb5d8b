"""Every SQL statement about consultations and the log of what officials did in them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from participation.domain.consultation import Consultation, Passage, Status
from participation.tables import comments, consultation_log, consultations
from shared.errors import Text
from shared.ids import new_id

_TABLE = consultations.c
_CONSULTATION = tuple(column for column in _TABLE if column.name != "passages")


async def add(tx: AsyncConnection, consultation: Consultation, passages: Sequence[Passage]) -> None:
    """Write a new consultation."""
    await tx.execute(insert(consultations).values(_row(consultation) | _texts(passages)))


async def save(
    tx: AsyncConnection, consultation: Consultation, passages: Sequence[Passage] | None = None
) -> None:
    """Write a locked consultation as it now stands; its passages only when they are given."""
    values = _row(consultation) if passages is None else _row(consultation) | _texts(passages)
    await tx.execute(update(consultations).where(_TABLE.id == consultation.id).values(values))


async def visible(tx: AsyncConnection, consultation_id: UUID, drafts_of: str | None) -> Consultation | None:
    """The consultation, when it is published or a draft of this agency."""
    return await _one(tx, _visible(drafts_of).where(_TABLE.id == consultation_id))


async def lock_published(tx: AsyncConnection, consultation_id: UUID) -> Consultation | None:
    """The published consultation, locked."""
    return await _one(tx, _visible(None).where(_TABLE.id == consultation_id).with_for_update())


async def of_agency(
    tx: AsyncConnection, consultation_id: UUID, agency: str, *, for_update: bool = False
) -> Consultation | None:
    """The consultation, when it is the agency's own."""
    query = select(*_CONSULTATION).where(_TABLE.id == consultation_id, _TABLE.agency == agency)
    return await _one(tx, query.with_for_update() if for_update else query)


async def lock_due(tx: AsyncConnection, today: date, limit: int) -> list[Consultation]:
    """Consultations that opened or closed by this legal day without others being told, locked.

    Those that another process has in hand are left to it.
    """
    opened = and_(_TABLE.opening_told_at.is_(None), _TABLE.opens_date <= today)
    closed = and_(_TABLE.closing_told_at.is_(None), _TABLE.closes_date < today)
    query = select(*_CONSULTATION).where(_TABLE.published_at.is_not(None), or_(opened, closed))
    return await _many(tx, query.order_by(_TABLE.id).limit(limit).with_for_update(skip_locked=True))


async def passages_of(tx: AsyncConnection, consultation_id: UUID) -> list[Passage]:
    """The text of the draft."""
    query = select(_TABLE.passages).where(_TABLE.id == consultation_id)
    texts = (await tx.execute(query)).scalar_one()
    return [Passage(number, text) for number, text in enumerate(texts, start=1)]


async def count_standing_comments(tx: AsyncConnection, consultation_id: UUID) -> int:
    """How many comments stand: neither withdrawn nor hidden."""
    query = select(func.count()).where(
        comments.c.consultation_id == consultation_id,
        comments.c.withdrawn_at.is_(None),
        comments.c.hidden_at.is_(None),
    )
    count: int = (await tx.execute(query)).scalar_one()
    return count


async def page(
    tx: AsyncConnection,
    *,
    drafts_of: str | None,
    agency: str | None,
    status: Status | None,
    today: date,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Consultation]:
    """Published consultations and the drafts of one agency; the one drafted last comes first."""
    query = _visible(drafts_of)
    if agency is not None:
        query = query.where(_TABLE.agency == agency)
    if status is not None:
        query = query.where(_stands(status, today))
    if after is not None:
        query = query.where(_TABLE.id < after[0])
    return await _many(tx, query.order_by(_TABLE.id.desc()).limit(limit))


async def log(
    tx: AsyncConnection,
    consultation_id: UUID,
    now: datetime,
    official: str,
    act: str,
    particulars: Mapping[str, Any],
) -> None:
    """Write down what an official did."""
    await tx.execute(
        insert(consultation_log).values(
            id=new_id(),
            consultation_id=consultation_id,
            at=now,
            official=official,
            act=act,
            particulars=particulars,
        )
    )


async def log_of(
    tx: AsyncConnection, consultation_id: UUID, *, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """What officials did in the consultation, oldest first."""
    query = select(consultation_log).where(consultation_log.c.consultation_id == consultation_id)
    if after is not None:
        query = query.where(consultation_log.c.id > after[0])
    return (await tx.execute(query.order_by(consultation_log.c.id).limit(limit))).all()


def _visible(drafts_of: str | None) -> Select[Any]:
    query = select(*_CONSULTATION)
    if drafts_of is None:
        return query.where(_TABLE.published_at.is_not(None))
    return query.where(or_(_TABLE.published_at.is_not(None), _TABLE.agency == drafts_of))


def _stands(status: Status, today: date) -> ColumnElement[bool]:
    """`Consultation.status` as a condition on its row."""
    published = _TABLE.published_at.is_not(None)
    unanswered = and_(published, _TABLE.answered_at.is_(None))
    opened = or_(_TABLE.opens_date <= today, _TABLE.opening_told_at.is_not(None))
    closed = or_(_TABLE.closes_date < today, _TABLE.closing_told_at.is_not(None))
    match status:
        case Status.DRAFTED:
            return _TABLE.published_at.is_(None)
        case Status.ANNOUNCED:
            return and_(unanswered, ~opened, ~closed)
        case Status.OPEN:
            return and_(unanswered, opened, ~closed)
        case Status.CLOSED:
            return and_(unanswered, closed)
        case Status.ANSWERED:
            return and_(published, _TABLE.answered_at.is_not(None))


async def _one(tx: AsyncConnection, query: Select[Any]) -> Consultation | None:
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _consultation(row)


async def _many(tx: AsyncConnection, query: Select[Any]) -> list[Consultation]:
    return [_consultation(row) for row in await tx.execute(query)]


def _consultation(row: Row[Any]) -> Consultation:
    return Consultation(
        id=row.id,
        agency=row.agency,
        title=Text(vi=row.title_vi, en=row.title_en),
        summary=Text(vi=row.summary_vi, en=row.summary_en),
        passage_count=row.passage_count,
        opens_date=row.opens_date,
        closes_date=row.closes_date,
        version=row.version,
        published_at=row.published_at,
        opening_told_at=row.opening_told_at,
        closing_told_at=row.closing_told_at,
        sequence=row.sequence,
        answer=None if row.answered_at is None else Text(vi=row.answer_vi, en=row.answer_en),
        answered_at=row.answered_at,
    )


def _row(consultation: Consultation) -> dict[str, Any]:
    answer = consultation.answer
    return {
        "id": consultation.id,
        "agency": consultation.agency,
        "title_vi": consultation.title.vi,
        "title_en": consultation.title.en,
        "summary_vi": consultation.summary.vi,
        "summary_en": consultation.summary.en,
        "passage_count": consultation.passage_count,
        "opens_date": consultation.opens_date,
        "closes_date": consultation.closes_date,
        "version": consultation.version,
        "published_at": consultation.published_at,
        "opening_told_at": consultation.opening_told_at,
        "closing_told_at": consultation.closing_told_at,
        "sequence": consultation.sequence,
        "answer_vi": answer.vi if answer else None,
        "answer_en": answer.en if answer else None,
        "answered_at": consultation.answered_at,
    }


def _texts(passages: Sequence[Passage]) -> dict[str, Any]:
    return {"passages": [passage.text for passage in passages]}
