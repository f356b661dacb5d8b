"""One event on its way to one subscription: tried until it is taken or given up.

Order: events about the same aggregate are sent one after another in their order. So that an event that its
receiver can not take does not hold back all later ones for days, it does so only until it was tried
`ORDER_TRIES` times; the `sequence` in every event tells its receiver that one is still to come.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.errors import NotFound, Text

RETRIES: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after each failure the next attempt is made (Standard Webhooks, "Retry schedule")."""

JITTER = 0.2
"""A wait is lengthened by up to this share, so that what failed together does not come back together."""

ORDER_TRIES = 3
LONGEST_WAIT = timedelta(hours=24)
"""A longer Retry-After is not waited for."""

_SLOW_DOWN = frozenset({429, 502, 503, 504})
_GONE = 410


class NoSuchDelivery(NotFound):
    slug = "no-such-delivery"
    title = Text(
        vi="Không có lần gửi nào của sự kiện này tới đăng ký này.",
        en="There is no delivery of this event to this subscription.",
    )


class Status(StrEnum):
    """`failed` is given up, until its owner asks for it again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Trouble(StrEnum):
    """Why an attempt was in vain, in a word."""

    REFUSED = "refused"
    """Answered, but not with a 2xx; a redirect is not followed."""
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    UNSAFE_ADDRESS = "unsafe-address"
    TLS = "tls"
    BROKEN_OFF = "broken-off"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: when, how long it took, what came back. `answer`: the beginning of the answer's body."""

    at: datetime
    duration: timedelta
    response_code: int | None = None
    trouble: Trouble | None = None
    retry_after: timedelta | None = None
    answer: str | None = None

    @property
    def taken(self) -> bool:
        return self.trouble is None

    @property
    def gone(self) -> bool:
        """The callback says that it is there no more."""
        return self.response_code == _GONE

    @property
    def of_the_callback(self) -> bool:
        """Whether it is the callback that is in trouble, and not this event: others need not be tried now."""
        return not self.taken and (self.response_code is None or self.response_code in _SLOW_DOWN)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a delivery stands after an attempt; `due_at` is when it is tried again, if it is."""

    status: Status
    due_at: datetime


def standing_after(attempt: Attempt, attempts: int, *, jitter: float, now: datetime) -> Standing:
    """What becomes of a delivery.

    Args:
        attempts: how many were made, this one included.
        jitter: a random number in [0, 1).
    """
    if attempt.taken:
        return Standing(Status.DELIVERED, now)
    if attempts > len(RETRIES):
        return Standing(Status.FAILED, now)
    wait = RETRIES[attempts - 1] * (1 + JITTER * jitter)
    if attempt.retry_after is not None:
        wait = max(wait, min(attempt.retry_after, LONGEST_WAIT))
    return Standing(Status.PENDING, now + wait)
