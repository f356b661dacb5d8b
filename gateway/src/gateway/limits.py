"""How often a caller may call. Pure: handed the time, keeps one number for each caller.

The generic cell rate algorithm: each call moves the caller's theoretical arrival time forward by one
interval, and a call is refused when that time would run further ahead than the quota's window. It is a
token bucket of `requests` tokens that refills evenly, without the bucket.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

_DUST = 1e-9  # what floating-point arithmetic leaves must not cost a caller their last request


@dataclass(frozen=True, slots=True)
class Quota:
    """`requests` in any `seconds`, under the name that callers see in `RateLimit-Policy`."""

    name: str
    requests: int
    seconds: int

    @property
    def policy(self) -> str:
        """The item of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, section 3)."""
        return f'"{self.name}";q={self.requests};w={self.seconds}'


class Allowance(NamedTuple):
    """What is left after a call.

    `granted`: whether the call may go on. `remaining`: how many more would be granted now. `reset`: whole
    seconds until all of the quota is there again. `wait`: whole seconds until a refused caller may call.
    """

    granted: bool
    remaining: int
    reset: int
    wait: int


class Limiter:
    """Grants or refuses calls under one quota; remembers at most `callers` callers."""

    def __init__(self, quota: Quota, *, callers: int = 100_000) -> None:
        self.quota = quota
        self._callers = callers
        self._interval = quota.seconds / quota.requests
        self._window = float(quota.seconds)
        self._arrivals: dict[str, float] = {}

    def take(self, caller: str, now: float) -> Allowance:
        """Count one call of `caller` at `now` (seconds of any steady clock)."""
        owed = max(0.0, self._arrivals.get(caller, 0.0) - now)
        ahead = owed + self._interval
        room = self._window - ahead
        if room < -_DUST:
            return Allowance(False, 0, ceil(owed), ceil(-room))
        self._arrivals[caller] = now + ahead
        if len(self._arrivals) > self._callers:
            self._forget(now)
        return Allowance(True, int(room / self._interval + _DUST), ceil(ahead), 0)

    def _forget(self, now: float) -> None:
        """Forget those whose quota is whole again, and the longest known ones if those are too few."""
        unsettled = [(caller, at) for caller, at in self._arrivals.items() if at > now]
        self._arrivals = dict(unsettled[-(self._callers // 2) :])
