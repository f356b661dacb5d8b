"""Settings of procedures, from the environment (`PROCEDURES_…`)."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from procedures.keys.keyring import Keyring
from procedures.payments.providers import Providers
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What procedures needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="PROCEDURES_", frozen=True)

    port: int = 8002
    tracking_key: SecretStr = Field(
        min_length=32, description="Secret from which the tracking secrets of cases follow"
    )
    master_key: SecretStr = Field(
        description="Seals the keys of cases: `1:<32 octets in base64url>`, several versions with commas between; "
        "with `read:` before it one opens and does not seal"
    )
    document_store: str = Field(description="Folder, or address such as s3://bucket/prefix, of documents")
    result_certificates: Path | None = Field(
        None,
        description="Folder of PKCS#12 files (*.p12) with which results are signed; those of one agency in a folder "
        "of its code within",
    )
    result_passphrase: SecretStr = Field(SecretStr(""), description="Opens those files")
    result_time_stamps: HttpUrl | None = Field(
        None, description="Time-stamp authority (RFC 3161) that attests when a PDF was signed"
    )
    document_limit: int = Field(50_000_000, ge=1, description="Largest document taken, in bytes")
    consultations_at_once: int = Field(
        5, ge=1, description="How many consultations of a case may be open at once"
    )
    consultations_in_all: int = Field(30, ge=1, description="How many consultations a case may have in all")
    payment_providers: Mapping[str, SecretStr] = Field(
        default_factory=dict,
        description='Who may tell of payments, with their secrets: `{"napas": "whsec_<base64>"}`; two with a blank '
        "between while one takes the place of the other",
    )

    @field_validator("master_key")
    @classmethod
    def _is_a_keyring(cls, given: SecretStr) -> SecretStr:
        Keyring(given.get_secret_value())
        return given

    @field_validator("payment_providers")
    @classmethod
    def _are_providers(cls, given: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        Providers.of(given)
        return given
