"""Who is in front of the gateway: the caller's address and scheme, and how services are told. Pure.

An edge proxy (TLS, load balancer) is believed only when it stands in a trusted network; whatever else
claims to have been forwarded is ignored, and never passed on.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

Network = IPv4Network | IPv6Network


class Caller(NamedTuple):
    """The address a request came from, and the scheme it was sent with.

    `household` is what an address limit counts: the address, or the /64 that one IPv6 subscriber holds.
    """

    address: str
    scheme: str
    household: str


def caller_at(address: str, scheme: str) -> Caller:
    """The caller at an address."""
    if ":" not in address:
        return Caller(address, scheme, address)
    within_ipv6 = IPv6Address(address)
    if within_ipv6.ipv4_mapped is not None:
        return caller_at(str(within_ipv6.ipv4_mapped), scheme)
    return Caller(address, scheme, str(IPv6Network((within_ipv6, 64), strict=False)))


def caller_behind(
    peer: str, scheme: str, trusted: Sequence[Network], forwarded_for: bytes, forwarded_proto: bytes
) -> Caller:
    """The caller behind trusted proxies: the last address of `X-Forwarded-For` that is not one of theirs."""
    address = peer
    for hop in reversed(forwarded_for.decode("latin-1").split(",")):
        if not within(address, trusted):
            break
        try:
            address = str(ip_address(hop.strip()))
        except ValueError:
            break
    sent = forwarded_proto.decode("latin-1").rpartition(",")[2].strip().lower()
    return caller_at(address, sent if sent in ("http", "https") else scheme)


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


@lru_cache(maxsize=4096)
def caller_lines(caller: Caller, host: bytes) -> bytes:
    """The header lines that tell a service of the caller (RFC 7239 and its older forms) and of the gateway."""
    address, scheme = caller.address.encode(), caller.scheme.encode()
    node = b'"[%b]"' % address if b":" in address else address
    return (
        b"x-forwarded-for: %b\r\nx-forwarded-proto: %b\r\nx-forwarded-host: %b\r\n"
        b'forwarded: for=%b;host="%b";proto=%b\r\nvia: 1.1 gateway\r\n'
    ) % (address, scheme, host, node, host, scheme)
