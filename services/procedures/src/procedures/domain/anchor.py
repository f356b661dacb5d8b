"""Anchors: one hash a day that holds the whole case log fast, for anybody to keep.

An anchor is made of the entries of a day (UTC), by instant, of all cases. Their hashes are the leaves of a
Merkle tree (RFC 9162, section 2.1), in the order of case id and number; its root is chained to the day before:

    hash(n) = SHA-256( hash(n-1) ‖ LF ‖ n ‖ LF ‖ day ‖ LF ‖ number of entries ‖ LF ‖ root )

hashes in hexadecimal, numbers in decimal, the day as 2026-01-31; before the first stand 64 zeros. Whoever has
kept one anchor can tell whether anything of that day or before was changed, and a path of hashes proves to
anybody that an entry was there, without showing another.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from procedures.domain.log import GENESIS

SETTLED_AFTER = timedelta(hours=1)
"""A day is anchored when it is so long over that no entry of it can still be on its way."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The anchor of a day, the `number`-th (from 1, a day each, without a gap)."""

    number: int
    day: date
    entries: int
    root: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is among those of a day: its place, and the hashes that lead from it to the root."""

    index: int
    path: tuple[bytes, ...]


def anchor_after(previous: Anchor | None, day: date, entries: int, root: bytes) -> Anchor:
    """The anchor of a day."""
    number = previous.number + 1 if previous else 1
    before = previous.hash if previous else GENESIS
    text = "\n".join((before.hex(), str(number), day.isoformat(), str(entries), root.hex()))
    return Anchor(number, day, entries, root, before, hashlib.sha256(text.encode()).digest())


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Its first instant, and that of the day after."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def last_settled_day(now: datetime) -> date:
    """The newest day that can be anchored."""
    return (now.astimezone(UTC) - SETTLED_AFTER).date() - timedelta(days=1)


class Tree:
    """A Merkle tree that takes its leaves one by one and keeps a hash for each level alone."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []
        """The roots of the full trees so far, with their heights, which fall."""

    def add(self, entry: bytes) -> None:
        """Take the hash of the next entry."""
        self.size += 1
        height, node = 0, _leaf(entry)
        while self._peaks and self._peaks[-1][0] == height:
            node = _node(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))

    @property
    def root(self) -> bytes:
        """Of what was taken; SHA-256 of nothing for an empty tree."""
        if not self._peaks:
            return hashlib.sha256().digest()
        _, node = self._peaks[-1]
        for _, left in reversed(self._peaks[:-1]):
            node = _node(left, node)
        return node


def prove(entries: Sequence[bytes], index: int) -> Proof:
    """The proof for the entry at this place among those of its day (RFC 9162, section 2.1.3.1)."""
    path: list[bytes] = []
    level, place = [_leaf(entry) for entry in entries], index
    while len(level) > 1:
        sibling = place ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = [
            _node(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)
        ]
        place //= 2
    return Proof(index, tuple(path))


def proved_root(entry: bytes, entries: int, proof: Proof) -> bytes | None:
    """The root that the proof leads to, of a day with so many entries; None when it is no proof."""
    place, last, node = proof.index, entries - 1, _leaf(entry)
    path: Iterator[bytes] = iter(proof.path)
    if not 0 <= place <= last:
        return None
    while last:
        if place % 2 or place < last:
            sibling = next(path, None)
            if sibling is None:
                return None
            node = _node(sibling, node) if place % 2 else _node(node, sibling)
        place, last = place // 2, last // 2
    return node if next(path, None) is None else None


def _leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
