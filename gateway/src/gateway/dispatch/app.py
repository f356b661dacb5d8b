"""Where the parts of sending meet."""

from urllib.parse import urlsplit

from gateway.dispatch.deliverer import Deliverer
from gateway.dispatch.sender import Sender
from gateway.settings import Settings
from gateway.stream.listening import Alarm
from gateway.stream.wire import Wire
from gateway.vault import Vault
from shared.web import Parts


def wire_of(settings: Settings) -> Wire:
    """How events are written."""
    return Wire(prefix=settings.event_type_prefix, schemas=f"{settings.public_url}/schemas/events")


def vault_of(settings: Settings) -> Vault:
    """What seals the secrets of subscriptions."""
    return Vault(settings.webhooks.secrets_key.get_secret_value())


def deliverer_of(settings: Settings, parts: Parts, alarm: Alarm) -> Deliverer:
    """The deliverer of the gateway's database."""
    webhooks = settings.webhooks
    sender = Sender(
        parts.clock,
        origin=urlsplit(settings.public_url).hostname or "localhost",
        loopback=webhooks.loopback,
        timeout_seconds=webhooks.timeout_seconds,
    )
    return Deliverer(
        parts.database,
        parts.clock,
        webhooks,
        sender=sender,
        wire=wire_of(settings),
        vault=vault_of(settings),
        planned=alarm.flag(),
    )
