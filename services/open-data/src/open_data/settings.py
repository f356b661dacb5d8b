"""Settings of open-data, from the environment: `OPEN_DATA_…`."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """What open-data needs beyond what each service does."""

    model_config = SettingsConfigDict(env_prefix="OPEN_DATA_", frozen=True)

    port: int = 8003
    store: Path = Field(
        Path(".motcua/open-data"), description="Folder of the published files, shared by all processes"
    )
    publisher: str = Field("000.00.01.H99", description="Code of the agency that publishes the datasets")
    publishing: bool = Field(True, description="Whether this process publishes what changed")
    publish_seconds: float = Field(
        60, gt=0, description="How often it looks; what changed in between is one version"
    )
    queries: int = Field(os.cpu_count() or 1, ge=1, description="DuckDB queries at once, one core each")
    query_memory: str = Field(
        "512MB", pattern=r"^\d+(MB|GB)$", description="Memory of all DuckDB queries together"
    )
