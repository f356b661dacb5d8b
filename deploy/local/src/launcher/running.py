"""How to reach the platform that runs: written by `run` when it is up, read by `demo`, which may be told nothing."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from launcher.state import State


@dataclass(frozen=True)
class Running:
    """The gateway's address, the page of messages that were sent, and the KAFKA_… settings of the services.

    The page shows everybody's messages, so it is identity's alone and not behind the gateway.
    """

    gateway: str
    outbox: str
    kafka: Mapping[str, str] = field(repr=False)

    def write(self, state: State) -> None:
        """Keep it beside the secrets, since Kafka's password may be in it."""
        descriptor = os.open(state.running, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)

    @classmethod
    def read(cls, state: State) -> "Running":
        return cls(**json.loads(state.running.read_text("utf-8")))
