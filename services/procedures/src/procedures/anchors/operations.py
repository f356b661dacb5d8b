"""What can be done with anchors: make them, show them, prove an entry by one, and check them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.anchors import store
from procedures.cases.operations import get_case
from procedures.cases.store import entry_link
from procedures.domain.anchor import Anchor, Proof, Tree, anchor_after, last_settled_day, prove
from shared import outbox
from shared.db import AnyRow, Database
from shared.errors import NotFound, Text
from shared.events.procedures import AnchorMade

CASE_LOG = uuid5(NAMESPACE_URL, "urn:motcua:procedures:case-log")
"""The aggregate of the events of anchors."""


class AnchorNotFound(NotFound):
    """The day is not anchored, be it not yet or because it was before the first case."""

    slug = "anchor-not-found"
    title = Text(vi="Ngày này chưa được neo.", en="This day is not anchored.")


class EntryNotFound(NotFound):
    """The log of the case has no entry of this number."""

    slug = "log-entry-not-found"
    title = Text(
        vi="Nhật ký của hồ sơ không có mục này.", en="The log of the case has no entry of this number."
    )


async def anchor_days(database: Database, now: datetime) -> list[Anchor]:
    """Anchor every day that is over and not anchored yet, each in a transaction of its own.

    Safe to run in several processes at once: one of them does it.
    """
    made = []
    while (anchor := await _anchor_next(database, now)) is not None:
        made.append(anchor)
    return made


async def _anchor_next(database: Database, now: datetime) -> Anchor | None:
    async with database.transaction() as tx:
        if not await store.alone(tx):
            return None
        newest = await store.newest(tx)
        day = await _day_after(tx, newest)
        if day is None or day > last_settled_day(now):
            return None
        tree = await _tree_of(tx, day)
        anchor = anchor_after(newest, day, tree.size, tree.root)
        await store.add(tx, anchor, now)
        event = AnchorMade(
            number=anchor.number,
            day=anchor.day,
            entries=anchor.entries,
            root=anchor.root.hex(),
            previous=anchor.previous.hex(),
            hash=anchor.hash.hex(),
        )
        await outbox.add(tx, event.envelope(subject=CASE_LOG, sequence=anchor.number, at=now))
    return anchor


async def _day_after(tx: AsyncConnection, newest: Anchor | None) -> date | None:
    if newest is not None:
        return newest.day + timedelta(days=1)
    first = await store.first_entry_at(tx)
    return first and first.astimezone(UTC).date()


async def _tree_of(tx: AsyncConnection, day: date) -> Tree:
    tree = Tree()
    async for _, _, entry in store.hashes_of(tx, day):
        tree.add(entry)
    return tree


async def get_anchor(tx: AsyncConnection, day: date) -> AnyRow:
    """The anchor of a day.

    Raises:
        AnchorNotFound
    """
    row = await store.of_day(tx, day)
    if row is None:
        raise AnchorNotFound
    return row


async def list_anchors(tx: AsyncConnection, *, before: int | None, limit: int) -> Sequence[AnyRow]:
    """Anchors, newest first."""
    return await store.made(tx, before=before, limit=limit)


async def prove_entry(
    tx: AsyncConnection, case_id: UUID, look: Look, sequence: int
) -> tuple[AnyRow, bytes, Proof]:
    """The anchor of the day on which an entry of the case was made, the entry's hash, and that it is in it.

    Raises:
        CaseNotFound, EntryNotFound, AnchorNotFound.
    """
    await get_case(tx, case_id, look)
    link = await entry_link(tx, case_id, sequence)
    if link is None:
        raise EntryNotFound
    day = link.at.astimezone(UTC).date()
    anchor = await get_anchor(tx, day)
    entries: list[bytes] = []
    index = -1
    async for case, number, entry in store.hashes_of(tx, day):
        if (case, number) == (case_id, sequence):
            index = len(entries)
        entries.append(entry)
    return anchor, link.hash, prove(entries, index)


async def flaws_of_anchors(
    tx: AsyncConnection, kept: Mapping[date, bytes]
) -> AsyncIterator[tuple[date, Text]]:
    """Each day whose anchor does not hold: the chain, the entries, and those that were kept elsewhere."""
    previous: Anchor | None = None
    missing = dict(kept)
    async for anchor in store.all_in_order(tx):
        if previous is None and await store.entries_before(tx, anchor.day):
            yield anchor.day, _BEFORE
        elif previous is not None and anchor.day != previous.day + timedelta(days=1):
            yield anchor.day, _GAP
        tree = await _tree_of(tx, anchor.day)
        if anchor != anchor_after(previous, anchor.day, anchor.entries, anchor.root):
            yield anchor.day, _CHAIN
        elif (anchor.entries, anchor.root) != (tree.size, tree.root):
            yield anchor.day, _ENTRIES
        if missing.pop(anchor.day, anchor.hash) != anchor.hash:
            yield anchor.day, _KEPT
        previous = anchor
    for day in missing:
        yield day, _LOST


_BEFORE = Text(
    vi="Có mục nhật ký trước ngày neo đầu tiên.", en="There are entries from before the first anchored day."
)
_GAP = Text(vi="Thiếu neo của một ngày trước đó.", en="The anchor of a day before is missing.")
_CHAIN = Text(vi="Neo không nối với ngày trước.", en="The anchor does not follow from the one before.")
_ENTRIES = Text(
    vi="Nhật ký của ngày không khớp với neo.", en="The entries of the day are not those that were anchored."
)
_KEPT = Text(vi="Neo khác với bản đã giữ.", en="The anchor is not the one that was kept elsewhere.")
_LOST = Text(vi="Neo đã giữ không còn ở đây.", en="The anchor that was kept elsewhere is not here.")
