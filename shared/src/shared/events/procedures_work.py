"""Who works on what, told to those who share out the work of an agency: claims of steps, and acting for another."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.events.envelope import Event, Topic
from shared.events.identity import Post

CLAIM_TOPIC = Topic(
    "procedures.claim.v1",
    "Open steps that officials have taken: made, released",
    partitions=3,
    retention_days=90,
)
DELEGATION_TOPIC = Topic(
    "procedures.delegation.v1",
    "Officials who act for others for a time: given, revoked",
    partitions=1,
    retention_days=90,
)


class ClaimEvent(Event):
    """What every event of a claim says: whose it is, of which open step of which case. The subject is the claim.

    A claim also ends, with no event of its own, when the step is not open any more or waits elsewhere, as the
    events of the case tell, and with the delegation by which it was made. It says nothing of the applicant.
    """

    topic = CLAIM_TOPIC

    case_id: UUID
    code: str
    """The legal case code."""
    procedure: str
    agency: str
    """Code of the agency whose unit the step waits at."""
    unit: str
    step: str
    official: str
    """Subject of the official who has taken it."""
    acting_for: str | None = None
    """Subject of the official in whose name."""
    delegation: UUID | None = None


class ClaimMade(ClaimEvent):
    """The official works on the step; colleagues keep their hands off it."""

    type = "procedures.claim.made.v1"


class ClaimReleased(ClaimEvent):
    """The official works on it no more, and it is still to be done."""

    type = "procedures.claim.released.v1"
    cause: Literal["given_back", "reassigned", "post_lost"]


class DelegationEvent(Event):
    """What every event of a delegation says: who acts for whom. The subject is the delegation."""

    topic = DELEGATION_TOPIC

    agency: str
    delegator: str
    """Subject of the official whose posts are lent."""
    delegate: str
    """Subject of the official who acts for them."""


class DelegationGiven(DelegationEvent):
    """The delegate may act for the delegator from one instant until before another; it then ends by itself."""

    type = "procedures.delegation.given.v1"
    posts: tuple[Post, ...]
    begins_at: datetime
    ends_at: datetime


class DelegationRevoked(DelegationEvent):
    """It ended before its time, and the claims that were made by it with it."""

    type = "procedures.delegation.revoked.v1"
