"""The tree that holds a day fast: as RFC 9162 has it, and provable for each entry and no other."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from procedures.domain.anchor import (
    Proof,
    Tree,
    anchor_after,
    last_settled_day,
    prove,
    proved_root,
)


def entries(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([n])).digest() for n in range(count)]


def root_of(leaves: list[bytes]) -> bytes:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def by_the_book(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + by_the_book(leaves[:split]) + by_the_book(leaves[split:])).digest()


@pytest.mark.parametrize("count", range(70))
def test_the_root_is_that_of_the_standard_for_any_number_of_entries(count: int) -> None:
    assert root_of(entries(count)) == by_the_book(entries(count))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 33])
def test_every_entry_is_proved_and_no_other_by_its_proof(count: int) -> None:
    leaves = entries(count)
    root = root_of(leaves)
    for index, leaf in enumerate(leaves):
        proof = prove(leaves, index)
        assert proved_root(leaf, count, proof) == root
        for other in leaves[:index] + leaves[index + 1 :]:
            assert proved_root(other, count, proof) != root
        assert proved_root(leaf, count, Proof(index, (*proof.path, bytes(32)))) is None
        if proof.path:
            assert proved_root(leaf, count, Proof(index, proof.path[:-1])) is None
        assert proved_root(leaf, count, Proof(count, proof.path)) is None


def test_each_anchor_holds_all_that_came_before() -> None:
    first = anchor_after(None, date(2026, 1, 5), 3, b"a" * 32)
    other = anchor_after(None, date(2026, 1, 5), 3, b"b" * 32)
    assert (
        anchor_after(first, date(2026, 1, 6), 0, b"c" * 32).hash
        != anchor_after(other, date(2026, 1, 6), 0, b"c" * 32).hash
    )
    assert (first.number, anchor_after(first, date(2026, 1, 6), 0, b"").number) == (1, 2)


@pytest.mark.parametrize(
    ("now", "day"), [("2026-01-06T00:59:59", date(2026, 1, 4)), ("2026-01-06T01:00:00", date(2026, 1, 5))]
)
def test_a_day_is_anchored_an_hour_after_its_end(now: str, day: date) -> None:
    assert last_settled_day(datetime.fromisoformat(now).replace(tzinfo=UTC)) == day
