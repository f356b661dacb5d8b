"""The portal's application: the one place where its parts, the event log and the webhooks meet."""

from functools import partial

from fastapi import FastAPI

from gateway.consumers import handlers
from gateway.contracts import Contracts, addresses_of
from gateway.deliveries.routes import router as deliveries
from gateway.dispatch.app import deliverer_of, vault_of, wire_of
from gateway.portal.routes import Portal, portal_routes
from gateway.portal.shelf import DatabaseShelf
from gateway.settings import Settings
from gateway.stream.feed import Feed
from gateway.stream.listening import Alarm, keep_listening
from gateway.stream.retention import keep_tidy
from gateway.stream.routes import router as stream
from gateway.subscriptions.routes import router as subscriptions
from shared.events.gateway import SUBSCRIPTION_TOPIC
from shared.inbox import Consumer
from shared.web import Parts, create_service
from shared.web.app import Background

NAME = "events"
VERSION = "1.0.0"


def contracts_of(settings: Settings, parts: Parts) -> Contracts:
    """The contracts of the services that the settings name, kept in the gateway's database."""
    return Contracts(
        addresses_of(settings),
        every=settings.contract_refresh_seconds,
        shelf=DatabaseShelf(parts.database, parts.clock),
    )


def create_portal(settings: Settings, parts: Parts, contracts: Contracts | None = None) -> FastAPI:
    """The application for all that is no service's: pages, contracts, events, subscriptions.

    Its lifespan runs the consumer, the relay, the feed, the deliverer and the reading of contracts.
    """
    contracts = contracts or contracts_of(settings, parts)
    alarm, wire = Alarm(), wire_of(settings)
    feed = Feed(parts.database, settings.stream, alarm.flag(), wire.frame)
    url = settings.database_url.get_secret_value()
    background: list[Background] = [
        contracts.run,
        feed.run,
        partial(keep_listening, alarm, url),
        partial(keep_tidy, parts.database, parts.clock, settings.stream),
    ]
    if settings.webhooks.deliverer:
        background.append(deliverer_of(settings, parts, alarm).run)
    portal = Portal(
        contracts,
        address=settings.public_url,
        kafka=parts.kafka.bootstrap_servers.partition(",")[0],
        prefix=settings.event_type_prefix,
        version=VERSION,
    )
    app = create_service(
        settings,
        parts,
        name=NAME,
        title="Motcua events",
        description="Events of the platform by stream and webhook, for those without Kafka.",
        version=VERSION,
        routers=[stream, subscriptions, deliveries, portal_routes(portal)],
        topics=[SUBSCRIPTION_TOPIC],
        consumer=Consumer(
            parts.database,
            parts.kafka,
            parts.clock,
            group="gateway",
            handlers=handlers(parts.clock),
            prefix=settings.event_type_prefix,
        ),
        background=background,
    )
    app.state.settings = settings
    app.state.feed = feed
    app.state.wire = wire
    app.state.vault = vault_of(settings)
    contracts.put(NAME, app.openapi())
    return app
