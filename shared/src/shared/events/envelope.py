"""The envelope of an event and its binding to Kafka (CloudEvents Kafka protocol binding, binary mode)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.ids import new_id
from shared.trace import current_traceparent

SEQUENCE_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic, declared here and created explicitly: one per aggregate and major version."""

    name: str
    description: str
    partitions: int = 6
    retention_days: int = 30

    @property
    def service(self) -> str:
        return self.name.split(".", 1)[0]


class Event(BaseModel):
    """The data of an event. A subclass names its `topic` and its `type` without the reverse-DNS prefix."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        ser_json_timedelta="iso8601",
    )

    topic: ClassVar[Topic]
    type: ClassVar[str]

    def envelope(self, *, subject: UUID, sequence: int, at: datetime) -> "Envelope":
        """This fact about the aggregate `subject`, its `sequence`-th (from 1, gapless), at the instant `at`."""
        return Envelope(
            id=new_id(),
            type=self.type,
            topic=self.topic.name,
            subject=subject,
            sequence=sequence,
            time=at,
            data=self.model_dump(mode="json", by_alias=True),
            traceparent=current_traceparent(),
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event with its CloudEvents attributes. `type` is without the prefix, which is put on at the wire."""

    id: UUID
    type: str
    topic: str
    subject: UUID
    sequence: int
    time: datetime
    data: Mapping[str, Any]
    traceparent: str | None = field(default=None)

    @property
    def source(self) -> str:
        return f"urn:motcua:{self.topic.split('.', 1)[0]}"

    def attributes(self, prefix: str, schemas: str) -> dict[str, str]:
        """The CloudEvents attributes as text.

        `prefix` is put before the type; `schemas` is the address under which data schemas answer.
        """
        attributes = {
            "specversion": "1.0",
            "id": str(self.id),
            "type": f"{prefix}.{self.type}",
            "source": self.source,
            "subject": str(self.subject),
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "dataschema": f"{schemas}/{self.type}",
            "sequence": f"{self.sequence:0{SEQUENCE_DIGITS}}",
            "partitionkey": str(self.subject),
        }
        if self.traceparent:
            attributes["traceparent"] = self.traceparent
        return attributes

    def structured(self, prefix: str, schemas: str) -> dict[str, Any]:
        """The event in structured mode, as webhooks and streams carry it."""
        return {
            **self.attributes(prefix, schemas),
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }

    def kafka_headers(self, prefix: str, schemas: str) -> list[tuple[str, bytes]]:
        headers = [(f"ce_{name}", text.encode()) for name, text in self.attributes(prefix, schemas).items()]
        return [*headers, ("content-type", b"application/json")]

    @classmethod
    def from_kafka(
        cls, topic: str, headers: Sequence[tuple[str, bytes]], value: bytes | None, prefix: str
    ) -> Self:
        """Read an event from a Kafka record.

        Raises:
            ValueError: when a required attribute is missing or unreadable, or the value is not JSON.
        """
        attributes = {
            name.removeprefix("ce_"): raw.decode() for name, raw in headers if name.startswith("ce_")
        }
        missing = {"id", "type", "subject", "time", "sequence"} - attributes.keys()
        if missing:
            raise ValueError(f"CloudEvents attributes missing: {', '.join(sorted(missing))}")
        data = orjson.loads(value or b"")
        if not isinstance(data, dict):
            raise ValueError("the data of an event is a JSON object")
        return cls(
            id=UUID(attributes["id"]),
            type=attributes["type"].removeprefix(f"{prefix}."),
            topic=topic,
            subject=UUID(attributes["subject"]),
            sequence=int(attributes["sequence"]),
            time=datetime.fromisoformat(attributes["time"]),
            data=data,
            traceparent=attributes.get("traceparent"),
        )
