"""`/events/v1/subscriptions`: webhook subscriptions, each seen by its own client alone."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from gateway.deliveries import store as deliveries
from gateway.deliveries.settings import WebhookSettings
from gateway.grants.domain.grant import SUBSCRIBE, ClientWithdrawn
from gateway.pages import key_of, next_page
from gateway.stream.domain.interest import AgencyNotYours, TopicNotGranted, interest_of
from gateway.stream.routes import TOPICS_OF, sight_of
from gateway.subscriptions import operations
from gateway.subscriptions.domain.callback import CallbackRefused, check_callback
from gateway.subscriptions.domain.subscription import (
    NoSuchSubscription,
    NotInThisStatus,
    Subscription,
    TooManySubscriptions,
)
from gateway.subscriptions.operations import Check, Details
from gateway.subscriptions.schemas import (
    Handshake,
    HealthView,
    NewSubscription,
    SecretView,
    SubscriptionView,
    TestSent,
)
from gateway.vault import Vault
from shared.auth import Principal, requires
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pagination import Cursor, Limit, Page, encode_cursor
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, etag_of, problems, require_match

router = APIRouter(prefix="/events/v1/subscriptions", tags=["subscriptions"])

Subscriber = Annotated[Principal, requires(SUBSCRIBE, kinds=["client"])]


def _settings(request: Request) -> WebhookSettings:
    settings: WebhookSettings = request.app.state.settings.webhooks
    return settings


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


def _meant(if_match: IfMatch = None) -> Check:
    return lambda subscription: require_match(if_match, etag_of(subscription.version))


async def _details(request: Request, body: NewSubscription, principal: Subscriber) -> Details:
    check_callback(body.callback, loopback=_settings(request).loopback)
    sight, wire = sight_of(principal), request.app.state.wire
    interest = interest_of(
        body.types, body.agencies, body.procedures, sight=sight, topics_of=TOPICS_OF, prefix=wire.prefix
    )
    return Details(body.callback, body.name, interest, sight)


Settings = Annotated[WebhookSettings, Depends(_settings)]
VaultOf = Annotated[Vault, Depends(_vault)]
MeantFor = Annotated[Check, Depends(_meant)]
Asked = Annotated[Details, Depends(_details)]

_UNKEPT = {"cache-control": "no-store"}
_ASKED = (CallbackRefused, TopicNotGranted, AgencyNotYours)
_COMMAND = (
    NoSuchSubscription,
    NotInThisStatus,
    ClientWithdrawn,
    PreconditionRequired,
    PreconditionFailed,
)


def _answer(request: Request, subscription: Subscription, status: int = 200) -> Response:
    etag = etag_of(subscription.version)
    if request.method == "GET":
        return conditional(request, SubscriptionView.of(subscription), etag=etag)
    content = SubscriptionView.of(subscription).model_dump_json(by_alias=True)
    return Response(content, status, {"etag": etag}, "application/json")


@router.post(
    "",
    status_code=201,
    summary="Subscribe",
    response_model=SubscriptionView,
    responses=problems(*_ASKED, ClientWithdrawn, TooManySubscriptions),
)
async def create_subscription(
    details: Asked, once: Once, tx: Tx, now: Now, caller: Subscriber, vault: VaultOf, settings: Settings
) -> Response:
    """Have events sent to your callback.

    First the callback is asked, as CloudEvents web hooks say: `OPTIONS` with `WebHook-Request-Origin`. It
    agrees with a 2xx and `WebHook-Allowed-Origin` (the same name, or `*`). Until then the status is `unproven`;
    events are kept from now on, and sent once it has agreed.

    Each webhook is a POST of a structured CloudEvent, signed as Standard Webhooks say with the secret that
    you read at `…/secret`. Answer with a 2xx within 15 seconds.
    """

    async def create() -> Answer:
        subscription = await operations.create_subscription(
            tx, vault, caller.client_id, details, limit=settings.subscriptions, now=now
        )
        place = f"{router.prefix}/{subscription.id}"
        headers = {"location": place, "etag": etag_of(subscription.version)}
        return Answer(SubscriptionView.of(subscription), headers=headers)

    return await once(tx, create)


@router.get("", summary="List your subscriptions", response_model=Page[SubscriptionView])
async def list_subscriptions(
    request: Request, db: Db, caller: Subscriber, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """Your client's subscriptions, oldest first."""
    after = key_of(cursor, UUID)
    async with db.reading() as connection:
        found = await operations.list_subscriptions(
            connection, caller.client_id, after=after, limit=limit + 1
        )
    following = encode_cursor([found[limit - 1].id]) if len(found) > limit else None
    page = Page[SubscriptionView](items=[SubscriptionView.of(one) for one in found[:limit]], next=following)
    return conditional(request, page, headers=next_page(request, "cursor", following))


@router.get(
    "/{subscription_id}",
    summary="Read a subscription",
    response_model=SubscriptionView,
    responses=problems(NoSuchSubscription),
)
async def read_subscription(request: Request, subscription_id: UUID, db: Db, caller: Subscriber) -> Response:
    """One of your client's subscriptions; its ETag is what commands on it ask for."""
    async with db.reading() as connection:
        subscription = await operations.get_subscription(connection, caller.client_id, subscription_id)
    return _answer(request, subscription)


@router.put(
    "/{subscription_id}",
    summary="Change a subscription",
    response_model=SubscriptionView,
    responses=problems(*_ASKED, *_COMMAND),
)
async def change_subscription(
    request: Request,
    subscription_id: UUID,
    details: Asked,
    meant: MeantFor,
    tx: Tx,
    now: Now,
    caller: Subscriber,
) -> Response:
    """Put these details in place of all there are. A new callback has to agree first."""
    change = operations.new_details(details, now)
    changed = await operations.change_subscription(tx, caller.client_id, subscription_id, meant, change, now)
    return _answer(request, changed)


@router.delete(
    "/{subscription_id}", status_code=204, summary="End a subscription", responses=problems(*_COMMAND)
)
async def delete_subscription(
    subscription_id: UUID, meant: MeantFor, tx: Tx, now: Now, caller: Subscriber
) -> None:
    """End a subscription. What was kept for it goes with it."""
    await operations.delete_subscription(tx, caller.client_id, subscription_id, meant, now)


@router.post(
    "/{subscription_id}/pause",
    status_code=201,
    summary="Pause a subscription",
    response_model=SubscriptionView,
    responses=problems(*_COMMAND),
)
async def pause_subscription(
    request: Request, subscription_id: UUID, meant: MeantFor, tx: Tx, now: Now, caller: Subscriber
) -> Response:
    """Nothing is sent until you end the pause; events are kept meanwhile."""
    paused = await operations.change_subscription(
        tx, caller.client_id, subscription_id, meant, lambda one: one.pause(now), now
    )
    return _answer(request, paused, 201)


@router.delete(
    "/{subscription_id}/pause",
    summary="End the pause of a subscription",
    response_model=SubscriptionView,
    responses=problems(*_COMMAND),
)
async def resume_subscription(
    request: Request, subscription_id: UUID, meant: MeantFor, tx: Tx, now: Now, caller: Subscriber
) -> Response:
    """What was kept is sent now, in order."""
    resumed = await operations.change_subscription(
        tx, caller.client_id, subscription_id, meant, lambda one: one.resume(now), now
    )
    return _answer(request, resumed)


@router.post(
    "/{subscription_id}/proof",
    status_code=201,
    summary="Have the callback asked again",
    response_model=SubscriptionView,
    responses=problems(*_COMMAND),
)
async def ask_proof(
    request: Request, subscription_id: UUID, meant: MeantFor, tx: Tx, now: Now, caller: Subscriber
) -> Response:
    """For a subscription that is unproven or disabled: once its callback agrees, what was kept is sent.

    From now on it is sent what your token lets you see.
    """
    sight = sight_of(caller)
    asked = await operations.change_subscription(
        tx, caller.client_id, subscription_id, meant, lambda one: one.ask_proof(sight, now), now
    )
    return _answer(request, asked, 201)


@router.get(
    "/{subscription_id}/secret",
    summary="Read the secret",
    response_model=SecretView,
    responses=problems(NoSuchSubscription),
)
async def read_secret(
    request: Request, subscription_id: UUID, db: Db, now: Now, caller: Subscriber, vault: VaultOf
) -> Response:
    """The secret that signs your webhooks."""
    async with db.reading() as connection:
        subscription = await operations.get_subscription(connection, caller.client_id, subscription_id)
    view = _secrets(operations.signing_secrets(vault, subscription, now), subscription)
    return conditional(request, view, headers=_UNKEPT)


@router.post(
    "/{subscription_id}/secret-rotation",
    status_code=201,
    summary="Rotate the secret",
    response_model=SecretView,
    responses=problems(*_COMMAND),
)
async def rotate_secret(
    subscription_id: UUID,
    meant: MeantFor,
    tx: Tx,
    now: Now,
    caller: Subscriber,
    vault: VaultOf,
    settings: Settings,
) -> Response:
    """A new secret. For a day the present one signs beside it, so that no webhook fails to verify."""
    change = operations.new_secret(vault, overlap=timedelta(hours=settings.overlap_hours), now=now)
    rotated = await operations.change_subscription(tx, caller.client_id, subscription_id, meant, change, now)
    view = _secrets(operations.signing_secrets(vault, rotated, now), rotated)
    headers = {**_UNKEPT, "etag": etag_of(rotated.version)}
    return Response(view.model_dump_json(by_alias=True), 201, headers, "application/json")


def _secrets(signing: list[str], subscription: Subscription) -> SecretView:
    old = signing[1] if len(signing) > 1 else None
    until = subscription.secrets.old_until if old else None
    return SecretView(secret=signing[0], old_secret=old, old_secret_until=until)


@router.get(
    "/{subscription_id}/health",
    summary="Read how the callback is doing",
    response_model=HealthView,
    responses=problems(NoSuchSubscription),
)
async def read_health(request: Request, subscription_id: UUID, db: Db, caller: Subscriber) -> Response:
    """Whether the callback agreed, whether it takes what is sent, and how much waits."""
    async with db.reading() as connection:
        subscription = await operations.get_subscription(connection, caller.client_id, subscription_id)
        counts = await deliveries.counts(connection, subscription_id)
    proof, health = subscription.proof, subscription.health
    view = HealthView(
        handshake=Handshake(tries=proof.tries, fault=proof.fault, next_try_at=proof.at),
        failing_since=health.failing_since,
        held_until=health.held_until,
        pending=counts.get("pending", 0),
        failed=counts.get("failed", 0),
    )
    return conditional(request, view)


@router.post(
    "/{subscription_id}/tests",
    status_code=201,
    summary="Send a test",
    response_model=TestSent,
    responses=problems(NoSuchSubscription, NotInThisStatus),
)
async def test_subscription(
    subscription_id: UUID, once: Once, tx: Tx, now: Now, caller: Subscriber
) -> Response:
    """An event of type `gateway.subscription.tested.v1` goes to your callback, on the way that all take."""

    async def test() -> Answer:
        event_id = await operations.test_subscription(tx, caller.client_id, subscription_id, now)
        place = f"{router.prefix}/{subscription_id}/deliveries/{event_id}"
        return Answer(TestSent(event_id=event_id), headers={"location": place})

    return await once(tx, test)
