"""What can be done with documents: receive, read, put into a case."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.cases.sight import Viewer
from procedures.cases.store import case_by_id
from procedures.documents import store
from procedures.documents.contents import Content, Contents
from procedures.documents.sealing import new_key
from procedures.domain.case import Attachment
from procedures.domain.definition import Definition, RequiredDocument
from procedures.domain.document import (
    LOOSE_KEPT,
    SIGNATURE_LENGTH,
    DocumentErased,
    DocumentNotFound,
    require_begins_as,
    require_taken,
)
from procedures.domain.handling import FeeUnpaid
from shared.db import AnyRow, Database
from shared.errors import Fault, Text
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A document that was sent, and which document of the procedure it is."""

    document: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Received:
    """A document that was received."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A document as it is shown: its row, its name, and where its content is read."""

    row: AnyRow
    file_name: str
    content: Content


async def receive_document(
    database: Database,
    contents: Contents,
    now: datetime,
    *,
    by: Viewer,
    file_name: str,
    media_type: str,
    chunks: AsyncIterator[bytes],
    limit: int,
) -> Received:
    """Keep a document; it joins a case when a submission, supplement or result names it.

    Its row comes first and is seen by nobody before the content is there. So a kill in between leaves a row
    that the sweep finds, and never content that nobody knows of, or a row that promises what is not there.

    Raises:
        MediaTypeRefused, NotWhatItSays, TooMuchSent, BrokenOff.
    """
    require_taken(media_type)
    document, key = new_id(), new_key()
    async with database.transaction() as tx:
        await store.expect(
            tx,
            id=document,
            key=key,
            owner=by.subject,
            agency=by.agency,
            file_name=file_name,
            media_type=media_type,
            began_at=now,
        )
    try:
        found = await contents.receive(Content(document, key), _checked(media_type, chunks), limit=limit)
    except Exception:
        await _drop(database, contents, [document])
        raise
    async with database.transaction() as tx:
        await store.keep(tx, document, size=found.size, sha256=found.sha256, received_at=now)
    return Received(document, file_name, media_type, found.size, found.sha256)


async def sweep_documents(database: Database, contents: Contents, now: datetime) -> int:
    """Drop the documents that are in no case a day after they began to arrive; returns how many.

    Each is hidden first, so that no case can take a document whose content is going. Interrupted anywhere,
    the next sweep goes on with it; several sweeps at once do no harm.
    """
    async with database.transaction() as tx:
        loose = await store.hide_loose(tx, before=now - LOOSE_KEPT)
    await _drop(database, contents, loose)
    return len(loose)


async def _drop(database: Database, contents: Contents, documents: Sequence[UUID]) -> None:
    gone = await contents.drop(documents)
    async with database.transaction() as tx:
        await store.forget(tx, sorted(gone))


async def _checked(media_type: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, once the first bytes are those of the declared type."""
    beginning = b""
    async for chunk in chunks:
        if len(beginning) >= SIGNATURE_LENGTH:
            yield chunk
            continue
        beginning += chunk
        if len(beginning) >= SIGNATURE_LENGTH:
            require_begins_as(media_type, beginning)
            yield beginning
    if len(beginning) < SIGNATURE_LENGTH:
        require_begins_as(media_type, beginning)
        yield beginning


async def document_for(tx: AsyncConnection, document: UUID, look: Look) -> Shown:
    """The document, for whoever sent it or may see its case.

    Raises:
        DocumentNotFound, DocumentErased.
        FeeUnpaid: the applicant is not handed yet what was granted.
    """
    row = await store.visible_document(tx, document, look.viewer)
    if row is None:
        raise DocumentNotFound
    if row.erased_at is not None:
        raise DocumentErased
    if row.case_id is not None:
        if look.viewer.agency is None:
            await _require_handed_over(tx, row)
        await record_look(tx, look, Seen(row.case_id, row.code, row.procedure, row.applicant))
    return Shown(row, store.file_name_of(tx, row), store.content_of(tx, row))


async def _require_handed_over(tx: AsyncConnection, row: AnyRow) -> None:
    """Keep back from the applicant what is not paid for."""
    case = (await case_by_id(tx, row.case_id)).case
    if case.unpaid and any(document.id == row.id for document in case.result):
        raise FeeUnpaid(fees=case.unpaid)


async def enclosure_faults(
    tx: AsyncConnection,
    owner: str,
    definition: Definition,
    enclosures: Sequence[Enclosure],
    *,
    needed: Collection[str] = (),
) -> list[Fault]:
    """What is wrong with the documents of a submission: missing, unknown, of a wrong type or size.

    `needed` are documents that these answers call for, besides those that are always required.
    """
    missing = missing_faults(definition, {enclosure.document for enclosure in enclosures}, needed)
    return [*missing, *await sent_faults(tx, owner, definition, enclosures)]


def missing_faults(
    definition: Definition, enclosed: Collection[str], needed: Collection[str] = ()
) -> list[Fault]:
    """The documents that are required, or `needed` for these answers, and not enclosed."""
    return [
        Fault(
            "/documents",
            "document_missing",
            Text(vi=f"Thiếu giấy tờ: {required.title.vi}.", en=f"Missing document: {required.title.en}."),
        )
        for required in definition.documents
        if (required.required or required.code in needed) and required.code not in enclosed
    ]


async def sent_faults(
    tx: AsyncConnection,
    owner: str,
    definition: Definition,
    enclosures: Sequence[Enclosure],
    *,
    asked_for: Collection[str] = (),
) -> list[Fault]:
    """What is wrong with the documents that were sent, each by itself.

    `asked_for` are documents that an official asked for, whether or not the procedure lists them.
    """
    if not enclosures:
        return []
    required = {document.code: document for document in definition.documents}
    rows = await store.loose_of(tx, owner, [enclosure.id for enclosure in enclosures])
    faults = _repeated(enclosures)
    for index, enclosure in enumerate(enclosures):
        row, wanted = rows.get(enclosure.id), required.get(enclosure.document)
        if row is None:
            faults.append(_not_sent(index))
        elif wanted is not None:
            faults += _fit_faults(index, row, wanted)
        elif enclosure.document not in asked_for:
            text = Text(
                vi=f"Thủ tục không yêu cầu giấy tờ “{enclosure.document}”.",
                en=f"The procedure asks for no document “{enclosure.document}”.",
            )
            faults.append(Fault(f"/documents/{index}/document", "document_unknown", text))
    return faults


async def owned_faults(tx: AsyncConnection, owner: str, enclosures: Sequence[Enclosure]) -> list[Fault]:
    """Which of the documents the owner did not send, already put into a case, or named twice."""
    rows = await store.loose_of(tx, owner, [enclosure.id for enclosure in enclosures])
    missing = [_not_sent(index) for index, enclosure in enumerate(enclosures) if enclosure.id not in rows]
    return [*_repeated(enclosures), *missing]


async def attachments_of(
    tx: AsyncConnection, owner: str, enclosures: Sequence[Enclosure]
) -> tuple[Attachment, ...]:
    """How a case's log names the documents. They were found without fault."""
    if not enclosures:
        return ()
    rows = await store.loose_of(tx, owner, [enclosure.id for enclosure in enclosures])
    return tuple(
        Attachment(row.id, enclosure.document, row.media_type, row.size, row.sha256)
        for enclosure in enclosures
        if (row := rows[enclosure.id]) is not None
    )


async def put_into_case(tx: AsyncConnection, case_id: UUID, attachments: Sequence[Attachment]) -> None:
    """The documents belong to the case from now on."""
    if attachments:
        await store.put_into_case(tx, case_id, [attachment.id for attachment in attachments])


async def attach(
    tx: AsyncConnection, case_id: UUID, owner: str, enclosures: Sequence[Enclosure]
) -> tuple[Attachment, ...]:
    """Put the documents into a case that is there, and return how its log names them."""
    attachments = await attachments_of(tx, owner, enclosures)
    await put_into_case(tx, case_id, attachments)
    return attachments


def _repeated(enclosures: Sequence[Enclosure]) -> list[Fault]:
    text = Text(
        vi="Tệp này đã nêu ở trên; mỗi giấy tờ cần một tệp riêng.",
        en="This file is named above already; each document needs a file of its own.",
    )
    ids = [enclosure.id for enclosure in enclosures]
    return [
        Fault(f"/documents/{index}/id", "document_repeated", text)
        for index, document in enumerate(ids)
        if document in ids[:index]
    ]


def _not_sent(index: int) -> Fault:
    text = Text(
        vi="Không có tài liệu này, hoặc đã nằm trong một hồ sơ. Hãy gửi lại tệp.",
        en="There is no such document, or it is in a case already. Send the file again.",
    )
    return Fault(f"/documents/{index}/id", "document_not_sent", text)


def _fit_faults(index: int, row: AnyRow, wanted: RequiredDocument) -> list[Fault]:
    faults = []
    if wanted.media_types and row.media_type not in wanted.media_types:
        accepted = ", ".join(wanted.media_types)
        text = Text(vi=f"Loại tệp được nhận: {accepted}.", en=f"Accepted types: {accepted}.")
        faults.append(Fault(f"/documents/{index}", "document_type", text))
    if wanted.max_bytes is not None and row.size > wanted.max_bytes:
        text = Text(vi=f"Tối đa {wanted.max_bytes} byte.", en=f"At most {wanted.max_bytes} bytes.")
        faults.append(Fault(f"/documents/{index}", "document_size", text))
    return faults
