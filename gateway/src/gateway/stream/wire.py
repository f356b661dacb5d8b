"""Events as bytes: the structured CloudEvent (JSON event format), and the frame of the stream around it."""

from typing import Any

import orjson

from gateway.stream.store import LoggedEvent
from shared.events import Envelope


class Wire:
    """Writes events. `prefix`: reverse-DNS prefix of types; `schemas`: where their schemas answer."""

    def __init__(self, *, prefix: str, schemas: str) -> None:
        self.prefix = prefix
        self._schemas = schemas

    def structured(self, envelope: Envelope) -> dict[str, Any]:
        return envelope.structured(self.prefix, self._schemas)

    def body(self, envelope: Envelope) -> bytes:
        """The event as `application/cloudevents+json`."""
        return orjson.dumps(self.structured(envelope))

    def frame(self, event: LoggedEvent) -> bytes:
        """The event as a server-sent event; its JSON has no line breaks."""
        envelope = event.envelope
        head = f"id: {envelope.id}\nevent: {self.prefix}.{envelope.type}\ndata: "
        return head.encode() + self.body(envelope) + b"\n\n"
