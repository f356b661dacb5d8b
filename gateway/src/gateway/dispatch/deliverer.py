"""The deliverer: sends what is due, many callbacks at once, each at its own pace.

A delivery is claimed by a lease before it is sent and concluded after. A process that is killed loses
nothing: its leases run out and others send what it had not concluded. What it had sent but not concluded is
sent a second time; the receiver knows it by its `webhook-id`. Nothing is sent again that is known to be taken.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

from gateway.deliveries.domain.delivery import Status, standing_after
from gateway.deliveries.settings import WebhookSettings
from gateway.dispatch import operations, store
from gateway.dispatch.sender import Sender
from gateway.dispatch.store import Outcome, Parcel
from gateway.interruptions import DATABASE_AWAY
from gateway.stream.wire import Wire
from gateway.subscriptions import store as subscriptions
from gateway.subscriptions.domain.subscription import Subscription
from gateway.vault import Vault
from shared.clock import Clock
from shared.db import Database

_POLL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_BATCH = 200

ATTEMPTS = Counter("webhook_attempts_total", "Requests to callbacks", ["outcome"])
SECONDS = Histogram("webhook_attempt_seconds", "Time a callback takes to answer")
UNDER_WAY = Gauge("webhook_attempts_under_way", "Requests to callbacks under way")

log = structlog.get_logger()


class Deliverer:
    """Sends the deliveries of one database, and asks new callbacks whether they want to be called."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: WebhookSettings,
        *,
        sender: Sender,
        wire: Wire,
        vault: Vault,
        planned: asyncio.Event,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._sender = sender
        self._wire = wire
        self._vault = vault
        self._stirred = planned
        self._under_way: set[asyncio.Task[None]] = set()
        self._outcomes: list[Outcome] = []
        self._answers: list[tuple[Subscription, str | None]] = []

    async def run(self) -> None:
        """Send until cancelled; then finish what is under way, so that it is not sent again by others."""
        async with self._sender:
            try:
                while True:
                    try:
                        await self._turn()
                    except DATABASE_AWAY as error:
                        log.warning("deliverer.interrupted", reason=repr(error))
                        await asyncio.sleep(_RETRY_SECONDS)
            finally:
                await asyncio.gather(*self._under_way)
                await self._write_down()

    async def _turn(self) -> None:
        """Write down what came back, take what is due, and wait when there is neither."""
        self._stirred.clear()
        await self._write_down()
        if not await self._take() and not self._stirred.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._stirred.wait()

    async def _take(self) -> int:
        room = min(_BATCH, self._settings.at_once - len(self._under_way))
        if room <= 0:
            return 0
        now, lease = self._clock.now(), timedelta(seconds=self._settings.lease_seconds)
        async with self._database.transaction() as tx:
            parcels = await store.claim(
                tx, now, lease_for=lease, each=self._settings.at_once_each, limit=room
            )
            unproven = await subscriptions.take_unproven(tx, now, until=now + lease, limit=room)
        for parcel in parcels:
            self._start(self._deliver(parcel))
        for subscription in unproven:
            self._start(self._ask(subscription))
        return len(parcels) + len(unproven)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        UNDER_WAY.set(len(self._under_way))
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        UNDER_WAY.set(len(self._under_way))
        self._stirred.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("deliverer.defect", exc_info=error)

    async def _deliver(self, parcel: Parcel) -> None:
        envelope = parcel.event.envelope
        bound_to = str(parcel.subscription_id)
        sealed = parcel.secrets.signing(self._clock.now())
        attempt = await self._sender.deliver(
            parcel.callback,
            self._wire.body(envelope),
            event_id=str(envelope.id),
            secrets=[self._vault.open(secret, bound_to=bound_to) for secret in sealed],
            traceparent=envelope.traceparent,
        )
        standing = standing_after(
            attempt,
            parcel.attempts + 1,
            jitter=random.random(),  # noqa: S311 -- it spreads load and keeps no secret
            now=self._clock.now(),
        )
        self._outcomes.append(Outcome(parcel, attempt, standing))
        ATTEMPTS.labels(attempt.trouble.value if attempt.trouble else "taken").inc()
        SECONDS.observe(attempt.duration.total_seconds())

    async def _ask(self, subscription: Subscription) -> None:
        self._answers.append((subscription, await self._sender.ask(subscription.callback)))

    async def _write_down(self) -> None:
        """Deliveries first and subscriptions after, each on its own: nobody waits for both."""
        now = self._clock.now()
        outcomes = self._outcomes[:]
        if outcomes:
            async with self._database.transaction() as tx:
                await store.conclude(tx, outcomes)
            del self._outcomes[: len(outcomes)]
            async with self._database.transaction() as tx:
                await subscriptions.recover(
                    tx, {o.parcel.subscription_id for o in outcomes if o.attempt.taken}
                )
        failed = defaultdict(list)
        for outcome in outcomes:
            if not outcome.attempt.taken:
                failed[outcome.parcel.subscription_id].append(outcome)
                if outcome.standing.status is Status.FAILED:
                    log.warning("delivery.given_up", subscription=str(outcome.parcel.subscription_id))
        for subscription_id, troubles in failed.items():
            async with self._database.transaction() as tx:
                await operations.note_failures(tx, subscription_id, troubles, now)
        while self._answers:
            subscription, fault = self._answers[0]
            async with self._database.transaction() as tx:
                await operations.note_proof(tx, subscription, fault, now)
            del self._answers[0]
