"""What an integrator was told, event by event."""

import threading
from collections.abc import Mapping
from typing import Any


class Hearing:
    """CloudEvents in the order in which they came; they may come from another thread."""

    def __init__(self) -> None:
        self._events: list[Mapping[str, Any]] = []
        self._lock = threading.Lock()

    def take(self, event: Mapping[str, Any]) -> None:
        with self._lock:
            self._events.append(event)

    def of(self, subject: str) -> list[Mapping[str, Any]]:
        """What was told of one aggregate."""
        with self._lock:
            return [event for event in self._events if event["subject"] == subject]


def what(event: Mapping[str, Any]) -> str:
    """What happened, in one word: `accepted` of `vn.motcua.procedures.case.accepted.v1`."""
    word: str = event["type"].split(".")[-2]
    return word
