"""Where the parts of identity meet."""

from fastapi import FastAPI

from identity.clients.known import KnownClients
from identity.consumers import GROUP, HANDLERS
from identity.dependencies import IdentityParts
from identity.keys.ring import KeyRing
from identity.notifications.sender import Sender
from identity.people.passwords import PasswordHasher
from identity.routes import routers
from identity.settings import Settings
from identity.upkeep import Upkeep
from identity.vault import Vault
from shared.clock import Clock
from shared.events.identity import AGENCY_TOPIC, CLIENT_TOPIC, OFFICIAL_TOPIC, PERSON_TOPIC
from shared.inbox import Consumer
from shared.settings import KafkaSettings
from shared.web import Parts, create_service


def create_app(settings: Settings, kafka: KafkaSettings, *, clock: Clock | None = None) -> FastAPI:
    """Identity as an ASGI application; `clock` is the machine's unless given."""
    parts = Parts.of(settings, kafka, clock=clock)
    vault = Vault(settings.master_key.get_secret_value())
    identity = IdentityParts(
        settings=settings,
        vault=vault,
        ring=KeyRing(vault),
        clients=KnownClients(parts.database, parts.clock),
        hasher=PasswordHasher(threads=settings.hash_threads, queue=settings.hash_queue),
    )
    upkeep = Upkeep(parts, identity)
    background = [upkeep.keep_keys, upkeep.keep_tidy]
    if settings.smtp_host is not None:
        background.append(Sender(parts.database, parts.clock, settings).run)
    app = create_service(
        settings,
        parts,
        name="identity",
        title="Motcua identity",
        description="People, agencies, officials and clients; sign-in by OAuth 2.1 and OpenID Connect.",
        version="1.0.0",
        routers=routers(outbox_page=settings.outbox_page),
        topics=(PERSON_TOPIC, AGENCY_TOPIC, OFFICIAL_TOPIC, CLIENT_TOPIC),
        consumer=Consumer(
            parts.database,
            kafka,
            parts.clock,
            group=GROUP,
            handlers=HANDLERS,
            prefix=settings.event_type_prefix,
        ),
        background=background,
        at_start=[upkeep.rotate],
    )
    app.state.identity = identity
    return app
