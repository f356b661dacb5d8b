"""How often one may be wrong: whoever guesses is slowed down, and learns nothing about which codes exist.

Wrong secrets and unknown codes count alike, by address. The count is one of this process; secrets of 60 bits
are safe without it, and it keeps the noise of guessing away from the database.
"""

import ipaddress
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from shared.errors import Text, TooManyRequests

FREE_GUESSES = 10
WITHIN = timedelta(minutes=1)
_ADDRESSES = 20_000
"""So many are remembered; those that were wrong longest ago are forgotten first."""


class TooManyGuesses(TooManyRequests):
    """Code and secret did not fit too often from the same address."""

    slug = "too-many-guesses"
    title = Text(
        vi="Mã hồ sơ và mã tra cứu không khớp quá nhiều lần. Hãy chờ một phút rồi thử lại.",
        en="Code and secret did not fit too often. Wait a minute, then try again.",
    )


class Guesses:
    """The wrong guesses of the last minute, by address."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[datetime]] = OrderedDict()

    def require_free(self, address: str, now: datetime) -> None:
        """Let nobody try who was wrong too often of late.

        Raises:
            TooManyGuesses: with the seconds to wait.
        """
        wrong = self._wrong.get(household(address))
        if wrong is not None and len(wrong) == FREE_GUESSES and now < wrong[0] + WITHIN:
            wait = wrong[0] + WITHIN - now
            raise TooManyGuesses(retryAfter=int(wait.total_seconds()) + 1)

    def wrong(self, address: str, now: datetime) -> None:
        """Count a wrong guess."""
        key = household(address)
        self._wrong.setdefault(key, deque(maxlen=FREE_GUESSES)).append(now)
        self._wrong.move_to_end(key)
        if len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)


def household(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber holds."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address
