"""Every SQL statement about delegations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.domain.delegation import Delegation
from procedures.tables import delegations
from shared.db import AnyRow


async def add(tx: AsyncConnection, delegation: Delegation, *, by: str, at: datetime) -> None:
    """Keep a delegation."""
    row: dict[str, Any] = {
        "id": delegation.id,
        "agency": delegation.agency,
        "delegator": delegation.delegator,
        "delegate": delegation.delegate,
        "posts": sorted(delegation.posts),
        "begins_at": delegation.begins_at,
        "ends_at": delegation.ends_at,
        "reason": delegation.reason,
        "recorded_by": by,
        "recorded_at": at,
    }
    await tx.execute(insert(delegations).values(**row))


async def revoke(tx: AsyncConnection, delegation: UUID, *, by: str, at: datetime) -> None:
    """From now on nobody acts by it."""
    revoked = update(delegations).where(delegations.c.id == delegation)
    await tx.execute(revoked.values(revoked_by=by, revoked_at=at))


async def delegation_of(
    tx: AsyncConnection, delegation: UUID, agency: str, concerns: str | None, *, for_update: bool = False
) -> Delegation | None:
    """A delegation of the agency, when it concerns an official; any, for None."""
    query = select(delegations).where(delegations.c.id == delegation, *_seen(agency, concerns))
    row = (await tx.execute(query.with_for_update() if for_update else query)).one_or_none()
    return None if row is None else _delegation(row)


async def delegations_of(
    tx: AsyncConnection, agency: str, concerns: str | None, after: UUID | None, limit: int
) -> list[Delegation]:
    """The agency's delegations, the newest first; those that concern an official, or all for None."""
    query = select(delegations).where(*_seen(agency, concerns))
    if after is not None:
        query = query.where(delegations.c.id < after)
    rows = await tx.execute(query.order_by(delegations.c.id.desc()).limit(limit))
    return [_delegation(row) for row in rows]


def _seen(agency: str, concerns: str | None) -> Sequence[Any]:
    of_agency = delegations.c.agency == agency
    if concerns is None:
        return [of_agency]
    return [of_agency, or_(delegations.c.delegator == concerns, delegations.c.delegate == concerns)]


def _delegation(row: AnyRow) -> Delegation:
    return Delegation(
        id=row.id,
        agency=row.agency,
        delegator=row.delegator,
        delegate=row.delegate,
        posts=frozenset((unit, role) for unit, role in row.posts),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        reason=row.reason,
        revoked_at=row.revoked_at,
    )
