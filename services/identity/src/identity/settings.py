"""Settings of identity, read once from the environment (`IDENTITY_…`)."""

import base64
import binascii
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from identity.domain.key_ring import RotationPolicy
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What identity needs to run."""

    model_config = SettingsConfigDict(env_prefix="IDENTITY_", frozen=True)

    port: int = Field(8001, description="Port to listen on")
    master_key: SecretStr = Field(
        description="32 octets in base64url, from which the keys that seal what is stored are derived"
    )
    access_token_lifetime: timedelta = Field(timedelta(minutes=5), description="Of access and ID tokens")
    refresh_lifetime: timedelta = Field(timedelta(days=30), description="Of a sign-in at a client")
    session_lifetime: timedelta = Field(timedelta(hours=12), description="Of a sign-in in a browser")
    key_lifetime: timedelta = Field(timedelta(days=90), description="How long a signing key signs")
    key_publish_ahead: timedelta = Field(
        timedelta(minutes=10), description="How long a signing key is published before it signs"
    )
    hash_threads: int = Field(2, ge=1, description="Passwords hashed at the same time; the machine's cores")
    hash_queue: int = Field(64, ge=0, description="Passwords that wait for it; more are refused with 503")
    smtp_host: str | None = Field(None, description="Where messages are handed over; unset: kept, not sent")
    smtp_port: int = Field(587, description="Port of the SMTP server")
    smtp_start_tls: bool = Field(True, description="Whether the connection must become encrypted (STARTTLS)")
    smtp_tls: bool = Field(
        False, description="Whether it is encrypted from the start, as on port 465 (RFC 8314)"
    )
    smtp_username: str | None = Field(None, description="Account at the SMTP server")
    smtp_password: SecretStr | None = Field(None, description="Password at the SMTP server")
    mail_from: str = Field("khong-tra-loi@motcua.invalid", description="Sender of the messages")

    @field_validator("master_key")
    @classmethod
    def _thirty_two_octets(cls, key: SecretStr) -> SecretStr:
        try:
            raw = base64.urlsafe_b64decode(key.get_secret_value() + "==")
        except (binascii.Error, ValueError) as error:
            raise ValueError("not base64url") from error
        if len(raw) != 32:
            raise ValueError("not 32 octets")
        return key

    @property
    def rotation(self) -> RotationPolicy:
        """The policy of the signing keys."""
        return RotationPolicy(
            lifetime=self.key_lifetime,
            publish_ahead=self.key_publish_ahead,
            linger=self.access_token_lifetime + self.key_publish_ahead,
        )

    @property
    def outbox_page(self) -> bool:
        """Whether `/outbox` shows every message: on one machine without SMTP, and nowhere else."""
        return self.smtp_host is None and is_loopback(urlsplit(self.public_url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, is this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
