"""`/identity/v1/notifications`: your messages; `/outbox`: all of them, where there is no mail server."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from identity.notifications import store
from identity.notifications.page import outbox_page
from identity.notifications.schemas import NotificationView
from identity.pages import AfterId, page_of
from identity.settings import is_loopback
from shared.auth import Principal, public, requires
from shared.errors import NotFound
from shared.pagination import Limit, Page
from shared.web import Tx

router = APIRouter(prefix="/identity/v1/notifications", tags=["notifications"])
outbox_router = APIRouter(include_in_schema=False, dependencies=[public()])

Recipient = Annotated[Principal, requires("identity:notifications:read", kinds=["person"])]
_SHOWN = 50


@router.get("", response_model=Page[NotificationView])
async def list_notifications(
    request: Request, tx: Tx, caller: Recipient, after: AfterId, limit: Limit = 50
) -> Response:
    """The messages to you, newest first."""
    found = await store.notifications_of(tx, UUID(caller.subject), before=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda one: one.id, view=NotificationView.of)


@outbox_router.get("/outbox")
async def show_outbox(request: Request, tx: Tx) -> Response:
    """The newest messages to anybody, in place of the mail server that one machine does not have.

    They are for whoever sits at that machine: should its port be open to others, there is nothing for them here.
    """
    if request.client is None or not is_loopback(request.client.host):
        raise NotFound
    return outbox_page(await store.newest(tx, _SHOWN))
