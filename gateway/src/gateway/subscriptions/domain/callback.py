"""Where a webhook may go: an address on the public network, reached by TLS.

Whoever names a callback chooses where our requests go, so none may lead inside (server-side request
forgery). The URL is checked when it is given, the address each time a connection is made to it; redirects are
not followed.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from shared.errors import Fault, Invalid, Text

MAX_LENGTH = 2000
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052): the last 32 bits are an IPv4 address


class CallbackRefused(Invalid):
    slug = "callback-refused"
    title = Text(vi="Địa chỉ nhận webhook không dùng được.", en="This callback cannot be used.")


def check_callback(url: str, *, loopback: bool) -> None:
    """Refuse a callback that is no HTTPS address of the public network.

    Args:
        loopback: whether this very machine, and plain HTTP to it, is allowed.

    Raises:
        CallbackRefused
    """
    if fault := _fault(url, loopback):
        raise CallbackRefused(faults=[Fault("/callback", "callback", fault)])


def _fault(url: str, loopback: bool) -> Text | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if len(url) > MAX_LENGTH or not host or not url.isascii() or any(char <= " " for char in url):
        return Text(vi="Phải là một địa chỉ URL đầy đủ.", en="This must be an absolute URL.")
    if parts.username is not None or parts.fragment:
        return Text(
            vi="Không kèm tên đăng nhập hay phần sau dấu #.", en="Leave out user name, password and fragment."
        )
    here = loopback and (host == "localhost" or _is_loopback(host))
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        return Text(vi="Phải bắt đầu bằng https://.", en="This must begin with https://.")
    if not here and (host == "localhost" or (_address(host) and not is_reachable(host, loopback=loopback))):
        return Text(
            vi="Địa chỉ phải ở mạng công cộng, không phải mạng nội bộ.",
            en="The address must be on the public network, not inside one.",
        )
    return None


def is_reachable(address: str, *, loopback: bool) -> bool:
    """Whether a webhook may be sent to an IP address.

    False for whatever is not globally routed (IANA special-purpose registries), also behind the forms in
    which IPv6 carries an IPv4 address. True for this machine where `loopback` says so.
    """
    ip = _address(address)
    if ip is None:
        return False
    if ip.is_loopback:
        return loopback
    if isinstance(ip, IPv6Address):
        inner = (
            ip.ipv4_mapped
            or ip.sixtofour
            or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _TRANSLATED else None)
        )
        if inner is not None:
            return is_reachable(str(inner), loopback=loopback)
        return ip in _GLOBAL_UNICAST and ip.is_global and ip.teredo is None
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback
