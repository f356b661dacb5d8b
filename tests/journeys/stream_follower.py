"""An integrator that follows the event stream as a browser does, over a connection that keeps breaking."""

import json
import threading
from types import TracebackType
from typing import Any, Self

from launcher.demo.people import Caller


class StreamFollower:
    """Keeps every event of one procedure until a case of it is closed; a context manager.

    It leaves after each third event and comes back with `Last-Event-ID`.
    """

    _PATIENCE = 3

    def __init__(self, caller: Caller, procedure: str) -> None:
        self._caller = caller
        self._procedure = procedure
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.connections = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listens.wait(30), "the stream never answered"
        return self

    def __exit__(
        self, error: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is None:
            self._thread.join(30)
            assert not self._thread.is_alive(), f"the stream told only {len(self.events)} events"

    def _follow(self) -> None:
        while not (self.events and "case.closed" in self.events[-1]["type"]):
            self._connect()

    def _connect(self) -> None:
        headers = {"authorization": f"Bearer {self._caller.token}", "accept": "text/event-stream"}
        if self.events:
            headers["last-event-id"] = self.events[-1]["id"]
        asked = {"procedure": self._procedure, "types": "procedures.case.*"}
        heard = 0
        with self._caller.http.stream("GET", "/events/v1/stream", params=asked, headers=headers) as answer:
            self.connections += 1
            self._listens.set()
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    heard += 1
                if heard == self._PATIENCE or (heard and "case.closed" in self.events[-1]["type"]):
                    return
