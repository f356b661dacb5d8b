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
    time: str
    dataschema: str
    sequence: str = Field(description="Counts the events of the aggregate from 1 without a gap")
    partitionkey: UUID
    traceparent: str | None = None
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]
