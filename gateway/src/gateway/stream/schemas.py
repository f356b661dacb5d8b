"""Response models of the event list."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.schema import Schema


class CloudEvent(Schema):
    """An event in structured mode (CloudEvents 1.0, JSON format)."""

    specversion: Literal["1.0"]
    id: UUID = Field(description="The same in the stream, in webhooks and on Kafka")
    type: str = Field(examples=["vn.motcua.procedures.case.submitted.v1"])
    source: str = Field(examples=["urn:motcua:procedures"])
    subject: UUID = Field(description="Id of the aggregate")
    time: str = Field(examples=["2026-11-23T02:00:00Z"])
    dataschema: str = Field(
        examples=["http://127.0.0.1:8000/schemas/events/procedures.case.submitted.v1"],
    )
    sequence: str = Field(
        description="Counts the events of the aggregate from 1 without a gap", examples=["0000000001"]
    )
    partitionkey: UUID
    traceparent: str | None = Field(
        None, examples=["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]
    )
    datacontenttype: Literal["application/json"]
    data: dict[str, Any] = Field(examples=[{"code": "H99.01-261123-0001", "status": "submitted"}])
