"""Comments on a draft: on the whole or on one passage, in public, under no name."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from participation.domain.consultation import Consultation
from shared.errors import Conflict, Fault, Invalid, NotFound, Text

AUTHOR = Text(vi="Người dân", en="A citizen")
"""How everyone who comments is called."""


class CommentStatus(StrEnum):
    """Whether a comment still stands."""

    STANDING = "standing"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"


class CommentNotFound(NotFound):
    slug = "comment-not-found"
    title = Text(
        vi="Không có ý kiến này trong phạm vi của bạn.",
        en="There is no such comment among those you may touch.",
    )


class CommentNotStanding(Conflict):
    slug = "comment-not-standing"
    title = Text(
        vi="Ý kiến này đã được rút hoặc đã bị ẩn.", en="This comment was withdrawn or hidden already."
    )


@dataclass(frozen=True, slots=True)
class Hiding:
    """That the agency hid a comment: when, and the reason, which everyone can read."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What someone said about a draft. A withdrawn comment keeps no text."""

    id: UUID
    consultation_id: UUID
    author: str
    passage: int | None
    text: str | None
    at: datetime
    withdrawn_at: datetime | None = None
    hiding: Hiding | None = None

    @property
    def status(self) -> CommentStatus:
        if self.withdrawn_at is not None:
            return CommentStatus.WITHDRAWN
        return CommentStatus.STANDING if self.hiding is None else CommentStatus.HIDDEN


def check_passage(consultation: Consultation, passage: int | None) -> None:
    """Refuse a comment on a passage that the draft does not have.

    Raises:
        Invalid
    """
    if passage is not None and not 1 <= passage <= consultation.passage_count:
        text = Text(
            vi=f"Dự thảo có các đoạn từ 1 đến {consultation.passage_count}.",
            en=f"The draft has passages 1 to {consultation.passage_count}.",
        )
        raise Invalid(faults=[Fault("/passage", "passage_unknown", text)])


def withdraw(comment: Comment, now: datetime) -> Comment:
    """The comment taken back by its author, at any time: its text is kept nowhere.

    A hidden comment cannot be withdrawn: what was hidden, and why, stays on record.

    Raises:
        CommentNotStanding
    """
    _require_standing(comment)
    return replace(comment, text=None, withdrawn_at=now)


def hide(comment: Comment, hiding: Hiding) -> Comment:
    """The comment out of sight; that it was there, and why it is not shown, stays in sight.

    Raises:
        CommentNotStanding
    """
    _require_standing(comment)
    return replace(comment, hiding=hiding)


def _require_standing(comment: Comment) -> None:
    if comment.status is not CommentStatus.STANDING:
        raise CommentNotStanding(stands=comment.status.value)
