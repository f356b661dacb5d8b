"""What can be done with delegations: record one, revoke it, look at them, act by one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.delegations import store
from procedures.domain.delegation import (
    Delegation,
    DelegationNotFound,
    DelegationNotInForce,
    DelegationRevoked,
    NotYourPosts,
    Post,
    delegation_faults,
    lent_posts,
)
from procedures.officials.operations import known_officials
from shared import outbox
from shared.errors import Invalid
from shared.events import identity
from shared.events import procedures_work as told
from shared.web.conditional import require_match


@dataclass(frozen=True, slots=True)
class Colleague:
    """An official of an agency who asks, with the posts of their own; perhaps one who manages its work."""

    subject: str
    agency: str
    posts: frozenset[Post]
    manages: bool

    @property
    def concern(self) -> str | None:
        """Whose delegations they see: their own, or all (None)."""
        return None if self.manages else self.subject


async def record_delegation(
    tx: AsyncConnection, now: datetime, by: Colleague, delegation: Delegation
) -> Delegation:
    """Lend posts to a colleague.

    Raises:
        NotYourPosts: they are another's, and the caller does not manage the agency's work.
        Invalid: every fault of it at once.
    """
    if by.subject != delegation.delegator and not by.manages:
        raise NotYourPosts
    known = await known_officials(tx, {delegation.delegator, delegation.delegate})
    delegator, delegate = known.get(delegation.delegator), known.get(delegation.delegate)
    if by.subject == delegation.delegator:
        holds = by.posts
    else:
        holds = delegator.posts if delegator and delegator.agency == by.agency else frozenset()
    faults = list(delegation_faults(delegation, holds, delegate.agency if delegate else None, now))
    if faults:
        raise Invalid(faults=faults)
    await store.add(tx, delegation, by=by.subject, at=now)
    given = told.DelegationGiven(
        **_parties(delegation),
        posts=tuple(identity.Post(unit=unit, role=role) for unit, role in sorted(delegation.posts)),
        begins_at=delegation.begins_at,
        ends_at=delegation.ends_at,
    )
    await outbox.add(tx, given.envelope(subject=delegation.id, sequence=1, at=now))
    return delegation


async def revoke_delegation(
    tx: AsyncConnection, now: datetime, by: Colleague, delegation: UUID, if_match: str | None
) -> Delegation:
    """End a delegation before its time.

    Raises:
        DelegationNotFound, DelegationRevoked, PreconditionRequired, PreconditionFailed.
        NotYourPosts: the caller is the delegate, who can leave it unused.
    """
    found = await store.delegation_of(tx, delegation, by.agency, by.concern, for_update=True)
    if found is None:
        raise DelegationNotFound
    if by.subject != found.delegator and not by.manages:
        raise NotYourPosts
    require_match(if_match, found.etag)
    if found.revoked_at is not None:
        raise DelegationRevoked
    await store.revoke(tx, delegation, by=by.subject, at=now)
    revoked = told.DelegationRevoked(**_parties(found))
    await outbox.add(tx, revoked.envelope(subject=delegation, sequence=2, at=now))
    return await get_delegation(tx, by, delegation)


def _parties(delegation: Delegation) -> dict[str, str]:
    """Who acts for whom, as events tell it."""
    return {
        "agency": delegation.agency,
        "delegator": delegation.delegator,
        "delegate": delegation.delegate,
    }


async def get_delegation(tx: AsyncConnection, by: Colleague, delegation: UUID) -> Delegation:
    """A delegation that concerns the caller.

    Raises:
        DelegationNotFound
    """
    found = await store.delegation_of(tx, delegation, by.agency, by.concern)
    if found is None:
        raise DelegationNotFound
    return found


async def list_delegations(
    tx: AsyncConnection, by: Colleague, *, after: UUID | None, limit: int
) -> list[Delegation]:
    """Those that the caller gave or was given, or all of the agency for who manages its work; newest first."""
    return await store.delegations_of(tx, by.agency, by.concern, after, limit)


async def lent(
    tx: AsyncConnection, now: datetime, *, delegate: str, agency: str, delegation: UUID
) -> tuple[Delegation, frozenset[Post]]:
    """The delegation by which an official acts for another now, and the posts that they have by it.

    Raises:
        DelegationNotInForce: it is not, or is not theirs, or the delegator has left the agency.
    """
    found = await store.delegation_of(tx, delegation, agency, delegate)
    if found is None or found.delegate != delegate:
        raise DelegationNotInForce
    delegator = (await known_officials(tx, {found.delegator})).get(found.delegator)
    return found, lent_posts(found, delegator.posts if delegator else None, now)
