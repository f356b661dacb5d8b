"""Bodies of requests and answers about delegations."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from procedures.domain.delegation import Delegation
from shared.schema import Schema

_OFFICIAL = "019a0000-0000-7000-8000-000000000001"


class PostOfOfficial(Schema):
    """A role in a unit of the agency."""

    unit: str = Field(max_length=100, examples=["PHONG_TU_PHAP"])
    role: str = Field(max_length=100, examples=["XU_LY"])


class NewDelegation(Schema):
    """Which posts are lent to whom, for how long, and why."""

    delegator: str | None = Field(
        None, max_length=100, examples=[_OFFICIAL], description="Whose posts; yours when it is left out"
    )
    delegate: str = Field(max_length=100, examples=[_OFFICIAL], description="Who acts for them")
    posts: list[PostOfOfficial] = Field(min_length=1, max_length=50)
    begins_at: AwareDatetime
    ends_at: AwareDatetime = Field(examples=["2026-11-30T10:00:00Z"])
    reason: str = Field(min_length=1, max_length=500, examples=["Nghỉ phép năm."])


class DelegationView(Schema):
    """Posts of an official, lent to a colleague for a time."""

    id: UUID = Field(description="Named in `Acting-For` by the delegate")
    delegator: str = Field(examples=[_OFFICIAL])
    delegate: str = Field(examples=[_OFFICIAL])
    posts: list[PostOfOfficial]
    begins_at: datetime
    ends_at: datetime
    reason: str = Field(examples=["Nghỉ phép năm."])
    revoked_at: datetime | None = None

    @classmethod
    def of(cls, delegation: Delegation) -> "DelegationView":
        """What is shown of a delegation."""
        return cls(
            id=delegation.id,
            delegator=delegation.delegator,
            delegate=delegation.delegate,
            posts=[PostOfOfficial(unit=unit, role=role) for unit, role in sorted(delegation.posts)],
            begins_at=delegation.begins_at,
            ends_at=delegation.ends_at,
            reason=delegation.reason,
            revoked_at=delegation.revoked_at,
        )
