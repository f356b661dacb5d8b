"""Claims are made, given back and handed over; each is told to those who share out the work of the agency.

The subject of its events is the claim, so that two are all there ever are: it is made, and released. What goes
over to another official is a claim of their own.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.acts import Actor
from procedures.domain.handling import Official
from procedures.work_list import store
from shared import outbox
from shared.db import AnyRow
from shared.events import Envelope
from shared.events.procedures_work import ClaimMade, ClaimReleased
from shared.ids import new_id

_TOLD = ("case_id", "code", "procedure", "agency", "unit", "step")


async def make_claim(tx: AsyncConnection, task: AnyRow, actor: Actor, now: datetime) -> AnyRow | None:
    """Take a task of which the row lock is held: as a work list then shows it, or None when somebody has it."""
    claim, acting_for = new_id(), actor.acting_for
    if not await store.claim(tx, claim, task, actor, now):
        return None
    row = await store.item(tx, task.case_id, task.step, now)
    made = ClaimMade(
        **_of(row),
        official=actor.subject,
        acting_for=acting_for and acting_for.official,
        delegation=acting_for and acting_for.delegation,
    )
    await outbox.add(tx, made.envelope(subject=claim, sequence=1, at=now))
    return row


async def give_back(
    tx: AsyncConnection,
    places: Collection[tuple[UUID, str]],
    now: datetime,
    cause: Literal["given_back", "reassigned"],
) -> None:
    """Give the claimed ones of these tasks, of which the row locks are held, back to their units."""
    released = await store.release_at(tx, places)
    await outbox.add(tx, *_released(released, now, cause))


async def hand_over(
    tx: AsyncConnection, places: Collection[tuple[UUID, str]], official: str, now: datetime
) -> None:
    """Let the claims of these tasks, of which the row locks are held, be another official's."""
    released = await store.release_at(tx, places)
    theirs = [_anew(row, official, now) for row in released]
    await store.put(tx, theirs)
    made = [
        ClaimMade(**_of(row), official=official).envelope(subject=claim["id"], sequence=1, at=now)
        for row, claim in zip(released, theirs, strict=True)
    ]
    await outbox.add(tx, *_released(released, now, "reassigned"), *made)


async def give_back_beyond(tx: AsyncConnection, subject: str, official: Official, now: datetime) -> None:
    """Give back what an official, or whoever acts for them, has claimed beyond the posts they hold."""
    released = await store.release_beyond(tx, subject, official)
    await outbox.add(tx, *_released(released, now, "post_lost"))


def _released(
    rows: Sequence[AnyRow], now: datetime, cause: Literal["given_back", "reassigned", "post_lost"]
) -> list[Envelope]:
    return [
        ClaimReleased(
            **_of(row),
            official=row.official,
            acting_for=row.acting_for,
            delegation=row.delegation,
            cause=cause,
        ).envelope(subject=row.id, sequence=2, at=now)
        for row in rows
    ]


def _of(row: AnyRow) -> dict[str, Any]:
    """What the events of a claim say of the step."""
    return {name: getattr(row, name) for name in _TOLD}


def _anew(row: AnyRow, official: str, now: datetime) -> dict[str, Any]:
    """A claim of the same step by another official."""
    kept = {name: getattr(row, name) for name in ("case_id", "step", "agency", "unit", "opened_at")}
    return {**kept, "id": new_id(), "official": official, "claimed_at": now}
