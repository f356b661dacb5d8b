"""The portal of the gateway: events, subscriptions of two clients, and one attempt at each route."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from gateway.deliveries.operations import take_up
from gateway.subscriptions import store
from shared.events import Envelope
from shared.events.procedures import CaseSubmitted
from shared.ids import new_id
from tests.access.walk import AGENCY, OTHER_AGENCY, Attempt, Ground, recipes

recipe = recipes("gateway")

BASE = "/events/v1"
_LISTENER = "events:stream:read procedures:cases:read"
_SUBSCRIBER = f"{_LISTENER} gateway:subscriptions:write"


class World(Ground):
    """The portal, an integrator of an agency, and others."""

    applicant = str(new_id())

    async def prepare(self) -> None:
        self._feed = asyncio.create_task(self.app.state.feed.run())

    async def finish(self) -> None:
        self._feed.cancel()
        await asyncio.gather(self._feed, return_exceptions=True)

    def integrator(self, name: str = "mine", agency: str | None = AGENCY) -> dict[str, str]:
        return self.bearer(_SUBSCRIBER, kind="client", client_id=name, agency=agency)

    def others(self) -> dict[str, dict[str, str]]:
        """Further clients: a subscription is seen by its own alone."""
        return {
            "another client of the same agency": self.integrator("another"),
            "a client of another agency": self.integrator("elsewhere", OTHER_AGENCY),
        }

    def listener(self, scope: str = _LISTENER, **claims: Any) -> dict[str, str]:
        """A token that ends a second from now, and with it the stream."""
        return self.tokens.bearer(scope, now=self.clock.now(), lifetime=timedelta(seconds=1), **claims)

    async def listening(self, path: str, **more: Any) -> Attempt:
        """An attempt at hearing of a case, by its applicant."""
        event = await self.happened()
        strangers = {
            "another person": self.listener(),
            "an official of another agency": self.listener(kind="official", agency=OTHER_AGENCY),
            "an official of no agency": self.listener(kind="official"),
            "a client of another agency": self.listener(kind="client", agency=OTHER_AGENCY),
            "a client that may not read cases": self.listener(
                "events:stream:read", kind="client", agency=AGENCY
            ),
        }
        rightful = self.listener(subject=self.applicant)
        return Attempt(BASE + path, rightful, strangers, private=str(event.subject), **more)

    async def happened(self) -> Envelope:
        """An event of a case of the applicant."""
        event = CaseSubmitted(
            code="H99.01-261123-0001",
            procedure="TP01",
            version=1,
            agency=AGENCY,
            applicant=self.applicant,
            status="submitted",
        )
        envelope = event.envelope(subject=new_id(), sequence=1, at=self.clock.now())
        await self.hear(envelope)
        return envelope

    async def hear(self, envelope: Envelope) -> None:
        """Take up an event, as the consumer does."""
        async with self.database.transaction() as tx:
            await take_up(tx, envelope, now=self.clock.now())

    async def subscribed(self, *, active: bool = False, paused: bool = False) -> dict[str, Any]:
        """A subscription of the integrator's, with its ETag under `etag`."""
        answer = await self.http.post(
            f"{BASE}/subscriptions", json=self.wish(), headers=self.integrator(f"mine-{new_id()}")
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        async with self.database.transaction() as tx:
            subscription = await store.find_any(tx, UUID(made["id"]))
            assert subscription is not None
            if active or paused:
                subscription = subscription.prove(self.clock.now())
            if paused:
                subscription = subscription.pause(self.clock.now())
            await store.save(tx, subscription)
        owner = self.integrator(subscription.client)
        return {**made, "etag": f'"{subscription.version}"', "owner": owner}

    def wish(self) -> dict[str, Any]:
        return {"callback": f"http://127.0.0.1:9/{new_id()}", "types": ["procedures.case.*"]}

    def on(self, subscription: dict[str, Any], path: str = "", **more: Any) -> Attempt:
        """An attempt at something of a subscription, by the client whose it is."""
        return Attempt(
            f"{BASE}/subscriptions/{subscription['id']}{path}",
            rightful=subscription["owner"],
            strangers=self.others(),
            headers={"if-match": subscription["etag"]},
            **{"private": subscription["id"], **more},
        )


@recipe("GET /events/v1/stream")
async def listen(world: World) -> Attempt:
    before = await world.happened()
    return await world.listening("/stream", headers={"last-event-id": str(before.id)})


@recipe("GET /events/v1/events")
async def list_events(world: World) -> Attempt:
    before = await world.happened()
    return await world.listening(f"/events?after={before.id}")


@recipe("POST /events/v1/subscriptions")
async def create_subscription(world: World) -> Attempt:
    return Attempt(f"{BASE}/subscriptions", world.integrator(), json=world.wish(), status=201)


@recipe("GET /events/v1/subscriptions")
async def list_subscriptions(world: World) -> Attempt:
    made = await world.subscribed()
    return Attempt(f"{BASE}/subscriptions", made["owner"], world.others(), private=made["id"])


@recipe("GET /events/v1/subscriptions/{subscription_id}")
async def read_subscription(world: World) -> Attempt:
    return world.on(await world.subscribed())


@recipe("PUT /events/v1/subscriptions/{subscription_id}")
async def change_subscription(world: World) -> Attempt:
    return world.on(await world.subscribed(), json=world.wish())


@recipe("DELETE /events/v1/subscriptions/{subscription_id}")
async def delete_subscription(world: World) -> Attempt:
    return world.on(await world.subscribed(), private="", status=204)


@recipe("POST /events/v1/subscriptions/{subscription_id}/pause")
async def pause_subscription(world: World) -> Attempt:
    return world.on(await world.subscribed(active=True), "/pause", status=201)


@recipe("DELETE /events/v1/subscriptions/{subscription_id}/pause")
async def resume_subscription(world: World) -> Attempt:
    return world.on(await world.subscribed(paused=True), "/pause")


@recipe("POST /events/v1/subscriptions/{subscription_id}/proof")
async def ask_proof(world: World) -> Attempt:
    return world.on(await world.subscribed(), "/proof", status=201)


@recipe("GET /events/v1/subscriptions/{subscription_id}/secret")
async def read_secret(world: World) -> Attempt:
    return world.on(await world.subscribed(), "/secret", private="whsec_")


@recipe("POST /events/v1/subscriptions/{subscription_id}/secret-rotation")
async def rotate_secret(world: World) -> Attempt:
    return world.on(await world.subscribed(), "/secret-rotation", private="whsec_", status=201)


@recipe("GET /events/v1/subscriptions/{subscription_id}/health")
async def read_health(world: World) -> Attempt:
    return world.on(await world.subscribed(), "/health", private="handshake")


@recipe("POST /events/v1/subscriptions/{subscription_id}/tests")
async def test_subscription(world: World) -> Attempt:
    return world.on(await world.subscribed(active=True), "/tests", private="eventId", status=201)


@recipe("GET /events/v1/subscriptions/{subscription_id}/deliveries")
async def list_deliveries(world: World) -> Attempt:
    subscription, event = await world.subscribed(), await world.happened()
    return world.on(subscription, "/deliveries", private=str(event.id))


@recipe("GET /events/v1/subscriptions/{subscription_id}/deliveries/{event_id}")
async def read_delivery(world: World) -> Attempt:
    subscription, event = await world.subscribed(), await world.happened()
    return world.on(subscription, f"/deliveries/{event.id}", private=str(event.subject))


@recipe("POST /events/v1/subscriptions/{subscription_id}/redeliveries")
async def redeliver(world: World) -> Attempt:
    subscription, event = await world.subscribed(), await world.happened()
    body = {"eventIds": [str(event.id)]}
    return world.on(subscription, "/redeliveries", json=body, private="events", status=201)


def _open(path: str, filled: str = "", method: str = "GET") -> None:
    @recipe(f"{method} {path}")
    async def ask(_: World) -> Attempt:
        return Attempt(filled or path)


for _path in ("/", "/docs", "/docs/reference.js", "/problems", "/openapi.json", "/asyncapi.json"):
    _open(_path)
_open("/portal/{name}", "/portal/portal.css")
_open("/problems/{slug}", "/problems/not-found")
_open("/schemas/events/{event_type}", "/schemas/events/procedures.case.submitted.v1")
_open("/.well-known/api-catalog")
_open("/.well-known/api-catalog", method="HEAD")
