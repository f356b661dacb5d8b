"""How long to wait after wrong passwords.

Failures are counted per account and address (or per account and known device), never per account alone:
strangers who guess slow themselves down, and the owner still gets in from home.
"""

import ipaddress
from datetime import datetime, timedelta

FREE_ATTEMPTS = 5
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""After so long without a failure, counting begins anew."""


def open_again_at(failures: int, last_failure_at: datetime) -> datetime:
    """When the next attempt is taken: at once for the first five failures, then 2, 4, 8 … seconds later."""
    if failures < FREE_ATTEMPTS:
        return last_failure_at
    doublings = min(failures - FREE_ATTEMPTS + 1, 20)
    return last_failure_at + min(timedelta(seconds=2**doublings), LONGEST_WAIT)


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 network of 64 bits, which is one household."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
