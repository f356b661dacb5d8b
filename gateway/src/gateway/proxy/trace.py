"""Trace context of a request that passes: taken up when it is valid, begun otherwise. Pure but for chance.

`shared.trace` does the same for code that runs in a task of its own; a request that passes through the
gateway has none, so its trace is handed along instead of being kept in a context variable.
"""

import random
import re
from binascii import hexlify

_TRACEPARENT = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_chance = random.Random()  # noqa: S311 -- a trace id is no secret


def traceparent_of(received: bytes | None) -> bytes:
    """The `traceparent` to pass on (W3C Trace Context, section 3.2)."""
    if received is not None and _TRACEPARENT.fullmatch(received):
        return received
    digits = hexlify(_chance.randbytes(24))
    return b"00-%b-%b-01" % (digits[:32], digits[32:])


def trace_id_of(traceparent: bytes) -> str:
    """The 32 digits that all spans of a trace share."""
    return traceparent[3:35].decode()
