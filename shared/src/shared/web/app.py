"""The application factory: what every service's HTTP side has in common."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from pydantic.alias_generators import to_camel

from shared.auth import Verifier, check_declared
from shared.clock import Clock, SystemClock
from shared.db import Database
from shared.events import Topic
from shared.inbox import Consumer
from shared.kafka import dead_letters_of, ensure_topics
from shared.keys import keep_keys_fresh
from shared.relay import Relay, announce
from shared.settings import KafkaSettings, ServiceSettings
from shared.web.contract import describe
from shared.web.health import health_routes
from shared.web.middleware import Conversation
from shared.web.problems import install_handlers

Background = Callable[[], Coroutine[Any, Any, None]]
_RETRY_SECONDS = 0.5
_OWN_SPANS: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""Spans and figures are those of `shared.spans` and `shared.web.middleware`; FastAPI makes none of its own."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Parts:
    """What a service is made of at run time; routes reach it through their dependencies."""

    database: Database
    clock: Clock
    verifier: Verifier
    kafka: KafkaSettings

    @classmethod
    def of(cls, settings: ServiceSettings, kafka: KafkaSettings, *, clock: Clock | None = None) -> "Parts":
        """The parts as the settings describe them."""
        clock = clock or SystemClock()
        return cls(
            database=Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool),
            clock=clock,
            verifier=Verifier(clock, issuer=settings.issuer, audience=settings.audience),
            kafka=kafka,
        )


def create_service(
    settings: ServiceSettings,
    parts: Parts,
    *,
    name: str,
    title: str,
    description: str,
    version: str,
    routers: Sequence[APIRouter],
    topics: Sequence[Topic] = (),
    consumer: Consumer | None = None,
    background: Sequence[Background] = (),
    at_start: Sequence[Callable[[], Awaitable[None]]] = (),
) -> FastAPI:
    """A service's application: its routes under `/<name>/v1`, health, metrics, contract, background work.

    Args:
        topics: what the service publishes; created at start when missing.
        background: further coroutines that run as long as the application does; one that fails is begun again.

    Raises:
        RuntimeError: a route does not declare who may call it.
    """
    relay = _relay(settings, parts) if settings.relay else None
    listener = consumer if settings.consumers else None
    works = _works(settings, parts, relay, listener, topics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for start in at_start:
            await start()
        tasks = [asyncio.create_task(_keep_running(work)) for work in (*works, *background)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await parts.database.close()

    base = f"/{name}/v1"
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        openapi_url=f"{base}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        telemetry=_OWN_SPANS,
    )
    app.state.parts = parts
    app.state.verifier = parts.verifier
    app.state.consumer = consumer
    app.state.works = {"relay": relay, "consumer": listener}
    for router in routers:
        app.include_router(router)
    app.include_router(health_routes())
    install_handlers(app)
    app.add_middleware(Conversation, version=version)
    describe(app, base)
    check_declared(app)
    return app


async def _keep_running(work: Background) -> None:
    """Begin the work again whenever it fails, so that none is missing in silence."""
    while True:
        try:
            return await work()
        except Exception as error:
            log.error("background.failed", work=repr(work), exc_info=error)
        await asyncio.sleep(_RETRY_SECONDS)


def _operation_id(route: APIRoute) -> str:
    """`submitCase` for the function `submit_case`."""
    return to_camel(route.name)


def _relay(settings: ServiceSettings, parts: Parts) -> Relay:
    return Relay(
        parts.database,
        parts.kafka,
        parts.clock,
        prefix=settings.event_type_prefix,
        schemas=f"{settings.public_url}/schemas/events",
        outbox_days=settings.outbox_days,
        inbox_days=settings.inbox_days,
    )


def _works(
    settings: ServiceSettings,
    parts: Parts,
    relay: Relay | None,
    consumer: Consumer | None,
    topics: Sequence[Topic],
) -> list[Background]:
    """The coroutines that run beside the routes."""

    async def move_outbox() -> None:
        if relay is None:
            await announce(parts.database)
        else:
            await ensure_topics(parts.kafka, topics)
            await relay.run()

    async def listen() -> None:
        if consumer is not None:
            dead = [dead_letters_of(topic, consumer.group) for topic in consumer.topics]
            await ensure_topics(parts.kafka, [*consumer.topics, *dead])
            await consumer.run()

    return [lambda: keep_keys_fresh(parts.verifier, settings.jwks_url), move_outbox, listen]
