"""The routes of documents: sent as they are, streamed in and out."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.dependencies import AtDesk, Desk, look_of, viewer_of
from procedures.documents import operations
from procedures.documents.operations import Shown
from procedures.documents.schemas import DocumentReceived
from procedures.domain.document import (
    MEDIA_TYPES,
    BrokenOff,
    DocumentErased,
    DocumentNotFound,
    MediaTypeRefused,
    NotWhatItSays,
    TooMuchSent,
)
from procedures.domain.handling import FeeUnpaid
from shared.auth import Principal, requires
from shared.web import Db, Now, problems, streams

router = APIRouter(prefix="/procedures/v1/documents", tags=["documents"])

Sender = Annotated[Principal, requires("procedures:documents:write", kinds=["person", "official", "client"])]
Reader = Annotated[Principal, requires("procedures:cases:read")]
_CONTENTS = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in sorted(MEDIA_TYPES)
}
SENT = {**_CONTENTS, "application/jose": _CONTENTS["application/pdf"]}
"""What is sent out: besides what is taken in, signed JSON of results."""


@router.post(
    "",
    status_code=201,
    response_model=DocumentReceived,
    responses=problems(BrokenOff, NotWhatItSays, MediaTypeRefused, TooMuchSent),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": _CONTENTS,
        }
    },
)
async def send_document(
    request: Request,
    who: Sender,
    db: Db,
    now: Now,
    desk: AtDesk,
    file_name: Annotated[str, Query(alias="fileName", min_length=1, max_length=200, examples=["so-do.pdf"])],
    content_type: Annotated[str, Header(max_length=200, include_in_schema=False)] = "",
) -> Response:
    """Send a document: the body is its content, `Content-Type` its type. It is streamed to the store.

    It joins a case when a submission, a supplement, a result or a system's completion of a step names its id.
    """
    streams(request)
    received = await operations.receive_document(
        db,
        desk.contents,
        now,
        by=viewer_of(who),
        file_name=file_name,
        media_type=content_type.partition(";")[0].strip().lower(),
        chunks=_arriving(request),
        limit=desk.document_limit,
    )
    body = DocumentReceived.model_validate(received).model_dump_json(by_alias=True)
    return Response(body, 201, {"location": f"{router.prefix}/{received.id}/content"}, "application/json")


async def _arriving(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as gone:
        raise BrokenOff from gone


@router.get(
    "/{document_id}/content",
    response_class=Response,
    responses={
        **problems(DocumentNotFound, DocumentErased, FeeUnpaid),
        200: {"description": "The content", "content": SENT},
    },
)
async def get_content(
    request: Request, document_id: UUID, who: Reader, db: Db, now: Now, desk: AtDesk
) -> Response:
    """The content of a document, for whoever sent it or may see its case.

    The applicant is given what was granted once its fees are paid or waived.
    """
    look = look_of(who, now, Purpose.DOCUMENT)
    async with looking(db, look) as tx:
        shown = await operations.document_for(tx, document_id, look)
    return content_response(request, desk, shown)


def content_response(request: Request, desk: Desk, shown: Shown) -> Response:
    """The content of a document that the caller may have, or that the caller has it already."""
    row = shown.row
    headers = {
        "etag": f'"{row.sha256}"',
        "content-disposition": f"attachment; filename*=UTF-8''{quote(shown.file_name)}",
        "x-content-type-options": "nosniff",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    headers["content-length"] = str(row.size)
    return StreamingResponse(desk.contents.send(shown.content), 200, headers, row.media_type)
