"""The hash chain of a case's log: a changed bit anywhere is found.

    hash(n) = SHA-256( code ‖ LF ‖ hash(n-1) ‖ LF ‖ case id ‖ LF ‖ n ‖ LF ‖ at ‖ LF ‖ actor ‖ LF ‖ act )

`actor` and `act` are canonical JSON (sorted keys, no blanks, UTF-8; as RFC 8785 for the strings, numbers
and nulls used here). The legal code stands first, so that the database, which alone knows the next number
of the day's series, can finish the first entry's hash inside the statement that takes the number.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

GENESIS = bytes(32)
"""What stands for the hash before a case's first entry."""


@dataclass(frozen=True, slots=True)
class Link:
    """A stored log entry, as the chain sees it."""

    sequence: int
    at: datetime
    actor: Mapping[str, Any]
    act: Mapping[str, Any]
    hash: bytes


def chained_bytes(
    previous: bytes,
    case_id: UUID,
    sequence: int,
    at: datetime,
    actor: Mapping[str, Any],
    act: Mapping[str, Any],
) -> bytes:
    """What is hashed, after the case code and a line feed."""
    instant = at.astimezone(UTC).isoformat(timespec="microseconds")
    return b"\n".join(
        (
            previous.hex().encode(),
            str(case_id).encode(),
            str(sequence).encode(),
            instant.encode(),
            canonical(actor),
            canonical(act),
        )
    )


def entry_hash(code: str, chained: bytes) -> bytes:
    """The hash of an entry of the case with this code."""
    return hashlib.sha256(code.encode() + b"\n" + chained).digest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """One spelling for one value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def first_broken(code: str, case_id: UUID, links: Iterable[Link]) -> int | None:
    """The sequence of the first entry that does not follow from those before it; None when all do."""
    previous = GENESIS
    for expected, link in enumerate(links, start=1):
        chained = chained_bytes(previous, case_id, link.sequence, link.at, link.actor, link.act)
        if link.sequence != expected or entry_hash(code, chained) != link.hash:
            return expected
        previous = link.hash
    return None
