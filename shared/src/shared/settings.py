"""Settings that every process has; a service adds its own in its `settings.py`.

Each is read once from the environment, validated, and frozen. `ServiceSettings` is subclassed with the
service's prefix (`PROCEDURES_DATABASE_URL`); Kafka's settings are the same for all (`KAFKA_…`).
"""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaSettings(BaseSettings):
    """How to reach Kafka; names and values are those of Kafka's own clients."""

    model_config = SettingsConfigDict(env_prefix="KAFKA_", frozen=True)

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_cafile: str | None = Field(None, description="Certificate authority file; the system's when unset")
    ssl_certfile: str | None = Field(None, description="Our own certificate, where the broker asks for one")
    ssl_keyfile: str | None = Field(None, description="Its private key, when it is not in the same file")
    replication_factor: int = Field(1, ge=1, description="Of the topics that are created")
    fetch_max_wait_ms: int = Field(500, ge=1, description="5 for brokers that do not answer a poll early")


class ServiceSettings(BaseSettings):
    """What each service needs to run."""

    model_config = SettingsConfigDict(frozen=True)

    database_url: SecretStr = Field(description="postgresql+asyncpg://role:password@host:port/database")
    database_pool: int = Field(10, ge=1, description="Connections kept open at most")
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(description="Port to listen on")
    forwarded_by: str = Field(
        "127.0.0.1", description="Addresses or networks of the gateway, whose X-Forwarded-For is believed"
    )
    public_url: str = Field("http://127.0.0.1:8000", description="The gateway's address as people see it")
    issuer: str = Field("http://127.0.0.1:8000", description="`iss` of the access tokens that are trusted")
    audience: str = Field("urn:motcua:api", description="`aud` of the access tokens that are taken")
    jwks_url: str = Field(
        "http://127.0.0.1:8001/.well-known/jwks.json", description="Where identity publishes its keys"
    )
    event_type_prefix: str = Field("vn.motcua", description="Reverse-DNS prefix of event types")
    log_format: Literal["json", "text"] = "json"
    relay: bool = Field(True, description="Whether this process moves its outbox to Kafka")
    outbox_days: int | None = Field(
        None, ge=1, description="How long sent events can be sent again; always when unset"
    )
    inbox_days: int | None = Field(
        None,
        ge=180,
        description="How long an event that comes again is known; always when unset. Longer than any service "
        "can send events again and Kafka can keep them",
    )
    consumers: bool = Field(True, description="Whether this process listens to events")
