"""Settings of the stream (`GATEWAY_STREAM__…`)."""

from pydantic import BaseModel, ConfigDict, Field


class StreamSettings(BaseModel):
    """How long events are kept, and what a reader of the stream may cost."""

    model_config = ConfigDict(frozen=True)

    retention_days: int = Field(30, ge=1, description="How long events are kept, for readers and webhooks")
    heartbeat_seconds: float = Field(15.0, gt=0, description="Between two signs of life of a silent stream")
    retry_seconds: float = Field(3.0, ge=0, description="What readers are told to wait before reconnecting")
    queue: int = Field(1000, ge=1, description="Events that may wait for one reader; with more it is dropped")
    send_seconds: float = Field(30.0, gt=0, description="A reader that takes nothing for so long is dropped")
