"""Settings of the gateway, from the environment (`GATEWAY_…`)."""

from gateway.deliveries.settings import WebhookSettings
from gateway.proxy.settings import ProxySettings
from gateway.stream.settings import StreamSettings
from shared.settings import ServiceSettings


class Settings(ProxySettings, ServiceSettings):
    """Those of the data plane, of a service with a database, and of the portal's parts."""

    model_config = ProxySettings.model_config

    webhooks: WebhookSettings
    stream: StreamSettings = StreamSettings()
