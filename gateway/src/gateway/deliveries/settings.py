"""Settings of webhooks (`GATEWAY_WEBHOOKS__…`)."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class WebhookSettings(BaseModel):
    """How webhooks are secured and how much of the gateway they may take."""

    model_config = ConfigDict(frozen=True)

    secrets_key: SecretStr = Field(description="32 octets in base64url; seals the secrets of subscriptions")
    overlap_hours: int = Field(24, ge=0, description="How long an old secret signs beside a new one")
    subscriptions: int = Field(100, ge=1, description="Subscriptions that one client may have")
    loopback: bool = Field(
        False, description="Callbacks may be on loopback and without TLS: for a developer's own machine"
    )
    deliverer: bool = Field(True, description="Whether this process sends webhooks")
    at_once: int = Field(500, ge=1, description="Requests under way to all callbacks")
    at_once_each: int = Field(8, ge=1, description="Requests under way to the callback of one subscription")
    timeout_seconds: float = Field(15.0, gt=0, description="From connecting to the end of the answer")
    lease_seconds: float = Field(
        30.0, gt=0, description="A delivery not concluded for so long is another's; longer than the timeout"
    )
