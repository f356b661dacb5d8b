"""The circuit breaker of one service. Pure: handed the time.

closed ──`threshold` failures in a row──▶ open ──`cooldown` seconds──▶ half-open (one request tries)
  ▲                                        ▲                              │
  └────────────── it succeeds ─────────────┼──────────────────────────────┤
                                           └──────── it fails ────────────┘
"""

from enum import StrEnum


class Circuit(StrEnum):
    """Whether requests go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Keeps requests from a service that fails, so that they fail at once and it can recover."""

    def __init__(self, *, threshold: int, cooldown: float) -> None:
        self._threshold = threshold
        self._cooldown = cooldown
        self._failures = 0
        self._opened_at = 0.0
        self._trying = False
        self.circuit = Circuit.CLOSED

    def admits(self, now: float) -> bool:
        """Whether a request may go through; the one that is let through a half-open circuit is the try."""
        if self.circuit is Circuit.CLOSED:
            return True
        if self.circuit is Circuit.OPEN and now >= self._opened_at + self._cooldown:
            self.circuit = Circuit.HALF_OPEN
            self._trying = False
        if self.circuit is Circuit.HALF_OPEN and not self._trying:
            self._trying = True
            return True
        return False

    def retry_after(self, now: float) -> int:
        """Whole seconds until asking again makes sense."""
        return max(1, int(self._opened_at + self._cooldown - now) + 1)

    def succeeded(self) -> None:
        """A request was answered."""
        self._failures = 0
        self.circuit = Circuit.CLOSED

    def failed(self, now: float) -> None:
        """A request could not be brought to an answer."""
        self._failures += 1
        if self.circuit is Circuit.HALF_OPEN or (
            self.circuit is Circuit.CLOSED and self._failures >= self._threshold
        ):
            self.circuit = Circuit.OPEN
            self._opened_at = now

    def abandoned(self) -> None:
        """A request ended before it showed anything, because its client left: another may try."""
        self._trying = False
