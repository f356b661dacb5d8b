"""Every SQL statement about documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.sight import Viewer, visible_to
from procedures.consultations.store import shared_with
from procedures.documents.contents import Content
from procedures.keys.keyring import keyring_of
from procedures.tables import cases, documents
from shared.db import AnyRow

_KEPT = cases.c.data_key.is_not(None)
"""Whether a case is not erased, whatever the rows of its documents say."""


async def expect(
    tx: AsyncConnection,
    *,
    id: UUID,  # noqa: A002
    key: bytes | None,
    file_name: str | None = None,
    **row: Any,
) -> None:
    """Remember that a document begins to arrive. Its key is sealed, and its name, which may tell of a person."""
    name = None if file_name is None else _sealed_name(tx, id, file_name)
    sealed = None if key is None else keyring_of(tx).seal(key, bound_to=_key_of(id))
    await tx.execute(insert(documents).values(id=id, file_name=name, content_key=sealed, **row))


def _sealed_name(tx: AsyncConnection, document: UUID, file_name: str) -> bytes:
    return keyring_of(tx).seal(file_name.encode(), bound_to=_name_of(document))


def file_name_of(tx: AsyncConnection, row: AnyRow) -> str:
    """The name under which the document was sent."""
    return keyring_of(tx).open(row.file_name, bound_to=_name_of(row.id)).decode()


def _name_of(document: UUID) -> str:
    return f"name of document {document}"


def _key_of(document: UUID) -> str:
    return f"key of document {document}"


async def keep(tx: AsyncConnection, document: UUID, *, size: int, sha256: str, received_at: datetime) -> None:
    """The document is there."""
    await tx.execute(
        update(documents)
        .where(documents.c.id == document)
        .values(size=size, sha256=sha256, received_at=received_at)
    )


async def keep_in_case(
    tx: AsyncConnection, document: UUID, case_id: UUID, *, file_name: str, **row: Any
) -> None:
    """The document is there, and belongs to the case from the beginning."""
    kept = await tx.execute(
        update(documents)
        .where(documents.c.id == document, documents.c.case_id.is_(None))
        .values(case_id=case_id, file_name=_sealed_name(tx, document, file_name), **row)
        .returning(documents.c.id)
    )
    kept.scalar_one()  # or it was swept: a day has passed


async def forget(tx: AsyncConnection, ids: Sequence[UUID]) -> None:
    """The documents, of which there is no content any more, are not known any more."""
    await tx.execute(delete(documents).where(documents.c.id.in_(ids), documents.c.received_at.is_(None)))


async def hide_loose(tx: AsyncConnection, *, before: datetime) -> list[UUID]:
    """Take what began to arrive before the instant and is in no case out of everybody's sight."""
    statement = (
        update(documents)
        .where(documents.c.case_id.is_(None), documents.c.began_at < before)
        .values(received_at=None)
        .returning(documents.c.id)
    )
    return list((await tx.execute(statement)).scalars())


async def loose_of(tx: AsyncConnection, owner: str, ids: Sequence[UUID]) -> dict[UUID, AnyRow]:
    """Those of these documents that the owner sent and that are in no case yet, locked."""
    query = select(documents).where(
        documents.c.id.in_(ids),
        documents.c.owner == owner,
        documents.c.case_id.is_(None),
        documents.c.received_at.is_not(None),
    )
    return {row.id: row for row in await tx.execute(query.with_for_update())}


async def documents_of(tx: AsyncConnection, cases_: Sequence[UUID]) -> dict[UUID, dict[UUID, AnyRow]]:
    """The documents of these cases, by case and id; those handed on with size and hash of what they share."""
    found: dict[UUID, dict[UUID, AnyRow]] = {}
    shared = documents.alias("shared")
    query = select(documents, shared.c.size.label("shared_size"), shared.c.sha256.label("shared_sha256"))
    query = query.outerjoin(shared, shared.c.id == documents.c.content_of)
    for row in await tx.execute(query.where(documents.c.case_id.in_(cases_))):
        found.setdefault(row.case_id, {})[row.id] = row
    return found


async def kept_documents(
    tx: AsyncConnection, *, after: UUID, limit: int, code: str | None
) -> Sequence[AnyRow]:
    """The next documents of cases that are not erased, by id, with the code of the case; or of the case with this
    code."""
    query = (
        select(documents, cases.c.code)
        .join(cases, cases.c.id == documents.c.case_id)
        .where(documents.c.id > after, _KEPT)
        .order_by(documents.c.id)
        .limit(limit)
    )
    return (await tx.execute(query if code is None else query.where(cases.c.code == code))).all()


async def is_kept(tx: AsyncConnection, document: UUID) -> bool:
    """Whether the document is in a case that is not erased."""
    query = select(documents.c.id).join(cases, cases.c.id == documents.c.case_id)
    return (await tx.execute(query.where(documents.c.id == document, _KEPT))).one_or_none() is not None


async def dropped_documents(
    tx: AsyncConnection, *, after: UUID, limit: int, code: str | None
) -> Sequence[AnyRow]:
    """The next documents that are said to be dropped, by id, as `kept_documents`; with the id of their content.
    Not those of which a case that is not erased has the content."""
    content, other = func.coalesce(documents.c.content_of, documents.c.id), documents.alias("other")
    shared = select(other.c.id).join(cases, cases.c.id == other.c.case_id)
    shared = shared.where(or_(other.c.id == content, other.c.content_of == content), _KEPT)
    query = (
        select(documents.c.id, documents.c.size, cases.c.code, content.label("content"))
        .join(cases, cases.c.id == documents.c.case_id)
        .where(documents.c.id > after, documents.c.dropped_at.is_not(None), ~shared.exists())
        .order_by(documents.c.id)
        .limit(limit)
    )
    return (await tx.execute(query if code is None else query.where(cases.c.code == code))).all()


async def put_into_case(tx: AsyncConnection, case_id: UUID, ids: Sequence[UUID]) -> None:
    """The documents belong to the case from now on."""
    await tx.execute(update(documents).where(documents.c.id.in_(ids)).values(case_id=case_id))


async def hand_on(tx: AsyncConnection, case_id: UUID, copies: Sequence[tuple[UUID, UUID]]) -> None:
    """Documents of another case belong to this one as well; `copies`: each there, and the id that it has here.

    They share the content with its key, and nothing else: each is read, kept and erased with its own case.
    """
    query = select(documents).where(documents.c.id.in_([there for there, _ in copies]))
    found = {row.id: row for row in await tx.execute(query)}
    for there, here in copies:
        row = found[there]
        content = content_of(tx, row)
        await expect(
            tx,
            id=here,
            key=content.key,
            file_name=file_name_of(tx, row),
            owner=row.owner,
            agency=row.agency,
            media_type=row.media_type,
            size=row.size,
            sha256=row.sha256,
            began_at=row.began_at,
            received_at=row.received_at,
            case_id=case_id,
            content_of=content.id,
        )


def content_of(tx: AsyncConnection, row: AnyRow) -> Content:
    """Where the content of a document lies, with the key that opens it.

    Raises:
        Unreadable: the key was changed, or is sealed under a master key that is not at hand.
    """
    sealed = row.content_key
    key = None if sealed is None else keyring_of(tx).open(sealed, bound_to=_key_of(row.id))
    return Content(row.content_of or row.id, key)


async def visible_document(tx: AsyncConnection, document: UUID, viewer: Viewer) -> AnyRow | None:
    """The document, when the viewer sent it, may see its case, or is asked about it and was given it."""
    sent: ColumnElement[bool] = and_(documents.c.owner == viewer.subject, documents.c.case_id.is_(None))
    sight = visible_to(viewer)
    query = (
        select(documents, cases.c.code, cases.c.procedure, cases.c.applicant)
        .outerjoin(cases, cases.c.id == documents.c.case_id)
        .where(
            documents.c.id == document,
            documents.c.received_at.is_not(None),
            or_(sent, sight.condition, shared_with(viewer)),
        )
    )
    return (await tx.execute(query, sight.values)).one_or_none()
