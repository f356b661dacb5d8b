"""Bodies of requests about extensions."""

from typing import Any

from pydantic import Field

from shared.schema import Schema


class ExtensionOrder(Schema):
    """How much more time, and why."""

    by: dict[str, Any] = Field(
        description="A term, at most the procedure's longest",
        examples=[{"kind": "working_days", "amount": 5}],
    )
    reason: str = Field(min_length=1, max_length=2000, examples=["Cần xác minh thực địa tại hai xã."])
