"""`/identity/v1/people/me/access-records`: who looked at your data."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity.access_records import operations
from identity.access_records.schemas import AccessRecordView
from identity.pages import not_ours, page_of
from shared.auth import Principal, requires
from shared.pagination import Cursor, Limit, Page, decode_cursor
from shared.web import Db

router = APIRouter(prefix="/identity/v1/people/me/access-records", tags=["people"])

Owner = Annotated[Principal, requires("identity:people:read", kinds=["person"])]


@router.get("", response_model=Page[AccessRecordView])
async def list_access_records(
    request: Request, db: Db, caller: Owner, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Every look at your data by an official or by the computer system of an agency, newest first."""
    before = _place(cursor)
    async with db.reading() as tx:
        found, names = await operations.records_of(tx, UUID(caller.subject), before=before, limit=limit + 1)
    return page_of(
        request,
        found,
        limit,
        key=lambda one: [one.event_id, one.case_id],
        view=lambda one: AccessRecordView.of(one, names),
    )


def _place(cursor: str | None) -> tuple[UUID, UUID] | None:
    if cursor is None:
        return None
    event_id, case_id = decode_cursor(cursor, length=2)
    try:
        return UUID(event_id), UUID(case_id)
    except (ValueError, AttributeError, TypeError) as error:
        raise not_ours() from error
