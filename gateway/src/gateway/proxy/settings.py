"""Settings of the data plane, from the environment (`GATEWAY_…`).

What concerns one service is nested: `GATEWAY_PROCEDURES__URL`, `GATEWAY_PROCEDURES__ANSWER_SECONDS`.
"""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.routing import Service

Networks = tuple[IPv4Network | IPv6Network, ...]


class UpstreamSettings(BaseModel):
    """How one service is reached, and how much of the gateway it may hold."""

    model_config = ConfigDict(frozen=True)

    url: str = Field(description="Scheme, host and port of the service; paths are passed on unchanged")
    connections: int = Field(128, ge=1, description="Connections to it at most")
    queue: int = Field(512, ge=0, description="Requests waiting for a connection at most; more get 503")
    connect_seconds: float = Field(2.0, gt=0, description="To connect, and to wait for a free connection")
    answer_seconds: float = Field(30.0, gt=0, description="From the request's last byte to the answer's head")
    idle_seconds: float = Field(30.0, gt=0, description="Between two pieces of an answer")
    keep_alive_seconds: float = Field(4.0, gt=0, description="Shorter than the service keeps idle ones")
    failures: int = Field(5, ge=1, description="Failures in a row that open the circuit")
    cooldown_seconds: float = Field(5.0, gt=0, description="How long an open circuit refuses before one try")


class QuotaSettings(BaseModel):
    """So many requests in so many seconds."""

    model_config = ConfigDict(frozen=True)

    requests: int = Field(ge=1)
    seconds: int = Field(60, ge=1)


class ProxySettings(BaseSettings):
    """All that the data plane needs; the portal has more."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, description="Port to listen on; any free one when 0")
    issuer: str = Field("http://127.0.0.1:8000", description="`iss` of the access tokens that are trusted")
    audience: str = Field("urn:motcua:api", description="`aud` of the access tokens that are taken")
    jwks_url: str = Field(
        "http://127.0.0.1:8001/.well-known/jwks.json", description="Where identity publishes its keys"
    )
    log_format: Literal["json", "text"] = "json"

    identity: UpstreamSettings = UpstreamSettings(url="http://127.0.0.1:8001")
    procedures: UpstreamSettings = UpstreamSettings(url="http://127.0.0.1:8002")
    open_data: UpstreamSettings = UpstreamSettings(url="http://127.0.0.1:8003")
    participation: UpstreamSettings = UpstreamSettings(url="http://127.0.0.1:8004")

    client_quota: QuotaSettings = Field(QuotaSettings(requests=6000), description="Of a machine client")
    person_quota: QuotaSettings = Field(QuotaSettings(requests=600), description="Of a person or official")
    address_quota: QuotaSettings = Field(
        QuotaSettings(requests=600), description="Of an address with no token"
    )

    hosts: tuple[str, ...] = Field((), description="Host names that are answered; any when empty")
    trusted_proxies: Networks = Field(
        (), description="Networks whose X-Forwarded-For and -Proto are believed"
    )
    operators: Networks = Field(
        (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")),
        description="Networks that may read /metrics",
    )
    cors_origins: tuple[str, ...] = Field(
        ("*",), description="Origins whose scripts may call; credentials such as cookies never come along"
    )
    head_limit: int = Field(32 * 1024, ge=1024, description="Bytes of a request's line and headers at most")
    body_limit: int = Field(256 * 1024 * 1024, ge=1024, description="Bytes of a request's body at most")
    client_connections: int = Field(10_000, ge=1, description="Connections of clients at most")
    client_head_seconds: float = Field(10.0, gt=0, description="To send the head of a request")
    client_idle_seconds: float = Field(30.0, gt=0, description="Between two pieces sent or taken by a client")
    client_keep_alive_seconds: float = Field(65.0, gt=0, description="Between two requests of a connection")
    contract_refresh_seconds: float = Field(300.0, gt=0, description="Between two readings of the contracts")

    def upstream(self, service: Service) -> UpstreamSettings:
        """The settings of one service."""
        settings: UpstreamSettings = getattr(self, service.replace("-", "_"))
        return settings
