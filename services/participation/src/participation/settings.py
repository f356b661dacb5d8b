"""Settings of participation, from the environment (`PARTICIPATION_…`)."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What participation needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="PARTICIPATION_", frozen=True)

    port: int = Field(8004, description="Port to listen on")
    rating_days: int = Field(
        30, ge=1, le=3650, description="How many days after its closing a case can be rated"
    )
    announce_every_seconds: float = Field(
        2.0, gt=0, description="How often it is looked whether a consultation opened or closed"
    )
