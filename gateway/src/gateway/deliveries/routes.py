"""`…/subscriptions/{id}/deliveries` and `…/redeliveries`: what was sent, how it went, and sending it again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from gateway.deliveries import operations
from gateway.deliveries.domain.delivery import NoSuchDelivery, Status
from gateway.deliveries.schemas import (
    AttemptView,
    DeliveryLog,
    DeliveryView,
    NewRedelivery,
    RedeliveryView,
)
from gateway.deliveries.store import Wish
from gateway.pages import key_of, next_page
from gateway.stream.operations import EventNotKept
from gateway.subscriptions.domain.subscription import NoSuchSubscription
from gateway.subscriptions.operations import get_subscription
from gateway.subscriptions.routes import Subscriber
from shared.pagination import Cursor, Limit, Page, encode_cursor
from shared.web import Answer, Db, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/events/v1/subscriptions/{subscription_id}", tags=["deliveries"])


@router.get(
    "/deliveries",
    summary="List deliveries",
    response_model=Page[DeliveryView],
    responses=problems(NoSuchSubscription),
)
async def list_deliveries(
    request: Request,
    subscription_id: UUID,
    db: Db,
    caller: Subscriber,
    status: Annotated[Status | None, Query(description="In this status alone")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What was and will be sent to the subscription, newest event first, for as long as events are kept."""
    before = key_of(cursor, int)
    async with db.reading() as connection:
        subscription = await get_subscription(connection, caller.client_id, subscription_id)
        found = await operations.list_deliveries(
            connection, subscription, status=status, before=before, limit=limit + 1
        )
    following = encode_cursor([found[limit - 1].position]) if len(found) > limit else None
    page = Page[DeliveryView](items=[DeliveryView.of(row) for row in found[:limit]], next=following)
    return conditional(request, page, headers=next_page(request, "cursor", following))


@router.get(
    "/deliveries/{event_id}",
    summary="Read a delivery",
    response_model=DeliveryLog,
    responses=problems(NoSuchSubscription, NoSuchDelivery),
)
async def read_delivery(
    request: Request, subscription_id: UUID, event_id: UUID, db: Db, caller: Subscriber
) -> Response:
    """The delivery of one event, with every attempt and how your callback answered."""
    async with db.reading() as connection:
        subscription = await get_subscription(connection, caller.client_id, subscription_id)
        delivery, attempts = await operations.read_delivery(connection, subscription, event_id)
    log = DeliveryLog(
        delivery=DeliveryView.of(delivery), attempts=[AttemptView.model_validate(one) for one in attempts]
    )
    return conditional(request, log)


@router.post(
    "/redeliveries",
    status_code=201,
    summary="Send events again",
    response_model=RedeliveryView,
    responses=problems(NoSuchSubscription, EventNotKept),
)
async def redeliver(
    subscription_id: UUID, wish: NewRedelivery, once: Once, tx: Tx, now: Now, caller: Subscriber
) -> Response:
    """Events that the subscription asked for, sent before or not: so a new subscription can have the past.

    They keep their ids, and go out oldest first, at most 10,000 for one request.
    """

    async def plan() -> Answer:
        subscription = await get_subscription(tx, caller.client_id, subscription_id)
        chosen = Wish(tuple(wish.event_ids), wish.since, wish.until, wish.subject, wish.only_failed)
        events, following = await operations.redeliver(tx, subscription, chosen, after=wish.after, now=now)
        return Answer(RedeliveryView(events=events, next=following))

    return await once(tx, plan)
