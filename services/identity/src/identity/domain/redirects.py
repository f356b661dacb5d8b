"""Where a person may be sent back to: exact addresses, registered beforehand (OAuth 2.1 §2.3, §4.1.3)."""

from urllib.parse import SplitResult, urlsplit

from shared.errors import Text

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def is_registered(asked: str, registered: frozenset[str]) -> bool:
    """Whether `asked` is one of the registered addresses, character by character.

    A native app listens on a port that it cannot know beforehand, so the port of a loopback address does
    not count (RFC 8252 §7.3). `localhost` gets no such favour (§8.3): its name may resolve elsewhere.
    """
    return asked in registered or any(_same_but_for_port(asked, one) for one in registered)


def redirect_fault(uri: str) -> Text | None:
    """Why `uri` cannot be registered, or None when it can.

    Taken are https addresses, http on a loopback address (RFC 8252 §7.3) and private schemes that hold a
    dot, as reversed domain names do (§7.1); never a fragment (RFC 6749 §3.1.2) nor a user name.
    """
    parts = _split(uri)
    if parts is None or not parts.scheme or "#" in uri or "*" in uri or "@" in parts.netloc:
        return Text(
            vi="Cần một địa chỉ đầy đủ, không có dấu #, * hay tên người dùng.",
            en="Give a full address without #, * or a user name.",
        )
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return None
    if "." in parts.scheme and not parts.netloc:
        return None
    return Text(
        vi="Dùng https, http tới 127.0.0.1 hoặc [::1], hoặc lược đồ riêng dạng vn.example.app:/đường-dẫn.",
        en="Use https, http to 127.0.0.1 or [::1], or a private scheme such as vn.example.app:/path.",
    )


def origin_of(uri: str) -> str:
    """The source expression that lets a form lead to `uri` (Content Security Policy, `form-action`)."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _same_but_for_port(asked: str, registered: str) -> bool:
    one, other = _split(asked), _split(registered)
    if one is None or other is None or "#" in asked or "@" in one.netloc:
        return False
    return (
        one.scheme == other.scheme == "http"
        and one.hostname in _LOOPBACK
        and one.hostname == other.hostname
        and (one.path, one.query) == (other.path, other.query)
    )


def _split(uri: str) -> SplitResult | None:
    if any(character.isspace() or not character.isprintable() for character in uri):
        return None
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018 -- reading it is what refuses a port that is no number
    except ValueError:
        return None
    return parts
