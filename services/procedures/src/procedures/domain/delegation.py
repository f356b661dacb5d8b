"""Acting for another: an official's posts are lent to a colleague for a time, with a reason.

Nobody lends what they do not hold, and what was lent cannot be lent on: it is held against the posts that the
lender has from the agency. A delegation ends by itself, when it is revoked, and, post by post, when the lender
loses the post.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.errors import Conflict, Fault, Forbidden, NotFound, Text

LONGEST = timedelta(days=366)
"""The law has people act for others for a time, not for good."""

Post = tuple[str, str]
"""A unit of the agency, and a role in it."""


class DelegationNotFound(NotFound):
    """There is no such delegation, or none that concerns the caller."""

    slug = "delegation-not-found"
    title = Text(
        vi="Không có ủy quyền này trong phạm vi của bạn.",
        en="There is no such delegation among those that concern you.",
    )


class DelegationNotInForce(Forbidden):
    """The caller acts for somebody whom they may not act for at present."""

    slug = "delegation-not-in-force"
    title = Text(
        vi="Ủy quyền này không phải của bạn hoặc không có hiệu lực lúc này.",
        en="This delegation is not yours to use, or is not in force now.",
    )


class DelegationRevoked(Conflict):
    """It was revoked before."""

    slug = "delegation-revoked"
    title = Text(vi="Ủy quyền này đã bị thu hồi.", en="This delegation was revoked already.")


class NotYourPosts(Forbidden):
    """Only who holds the posts, or manages the work of the agency, lends them and takes them back."""

    slug = "not-your-posts"
    title = Text(
        vi="Chỉ người giữ vị trí hoặc người quản lý công việc của cơ quan làm được việc này.",
        en="Only the official who holds the posts, or who manages the agency's work, may do this.",
    )


@dataclass(frozen=True, slots=True)
class ActingFor:
    """For whom something is done, and by which delegation."""

    official: str
    delegation: UUID


@dataclass(frozen=True, slots=True)
class Delegation:
    """Posts of one official of an agency, lent to another from one instant until before another."""

    id: UUID
    agency: str
    delegator: str
    delegate: str
    posts: frozenset[Post]
    begins_at: datetime
    ends_at: datetime
    reason: str
    revoked_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return self.revoked_at is None and self.begins_at <= now < self.ends_at

    @property
    def etag(self) -> str:
        """Names this state of the delegation: once recorded it changes only by being revoked."""
        return '"standing"' if self.revoked_at is None else '"revoked"'


def delegation_faults(
    delegation: Delegation, holds: frozenset[Post], delegate_agency: str | None, now: datetime
) -> Iterator[Fault]:
    """What keeps a delegation from being recorded.

    Args:
        holds: the posts that the delegator has from the agency.
        delegate_agency: where the delegate works; None of somebody who is not known.
    """
    for post in sorted(delegation.posts - holds):
        yield _post_not_held(post)
    if delegate_agency != delegation.agency:
        yield _UNKNOWN_DELEGATE
    if delegation.delegate == delegation.delegator:
        yield _TO_ONESELF
    if delegation.ends_at <= max(delegation.begins_at, now):
        yield _ENDS_TOO_SOON
    if delegation.ends_at - delegation.begins_at > LONGEST:
        yield _TOO_LONG


def lent_posts(delegation: Delegation, holds: frozenset[Post] | None, now: datetime) -> frozenset[Post]:
    """The posts that the delegate has by it now.

    Args:
        holds: the posts that the delegator has at present; None when nothing was heard of them yet.

    Raises:
        DelegationNotInForce
    """
    if not delegation.in_force(now):
        raise DelegationNotInForce
    return delegation.posts if holds is None else delegation.posts & holds


def _post_not_held(post: Post) -> Fault:
    unit, role = post
    return Fault(
        "/posts",
        "post_not_held",
        Text(
            vi=f"Người ủy quyền không giữ vai trò {role} ở bộ phận {unit}.",
            en=f"The delegator does not hold the role {role} in the unit {unit}.",
        ),
    )


_UNKNOWN_DELEGATE = Fault(
    "/delegate",
    "unknown_official",
    Text(vi="Cơ quan không có cán bộ này.", en="The agency has no such official."),
)
_TO_ONESELF = Fault(
    "/delegate",
    "same_official",
    Text(vi="Hãy chọn người khác với người ủy quyền.", en="Name somebody else than the delegator."),
)
_ENDS_TOO_SOON = Fault(
    "/endsAt",
    "ends_too_soon",
    Text(
        vi="Ủy quyền phải kết thúc sau khi bắt đầu và sau lúc này.",
        en="A delegation ends after it begins, and after now.",
    ),
)
_TOO_LONG = Fault(
    "/endsAt",
    "too_long",
    Text(vi=f"Ủy quyền dài nhất {LONGEST.days} ngày.", en=f"A delegation lasts at most {LONGEST.days} days."),
)
