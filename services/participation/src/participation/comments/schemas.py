"""Bodies of requests and answers about comments."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from participation.domain.comment import AUTHOR, Comment, CommentStatus
from participation.schemas import Line, words
from shared.schema import Schema, Words


class NewComment(Schema):
    """What you have to say about a draft."""

    passage: int | None = Field(None, ge=1, examples=[1], description="Absent for the whole draft")
    text: Line = Field(max_length=5000, examples=["Nên bắt đầu từ 19 giờ để người bán hàng kịp dọn."])


class NewHiding(Schema):
    """Why a comment is hidden."""

    reason: Line = Field(max_length=1000, examples=["Nêu số điện thoại của một người khác."])


class CommentView(Schema):
    """A comment as everyone sees it. A hidden one shows that it was there, and why it is not shown."""

    id: UUID
    author: Words = Field(description="The same for everyone")
    own: bool = Field(description="Yours; false for everyone else and for those who did not sign in")
    passage: int | None = Field(None, description="Absent for the whole draft")
    status: CommentStatus
    text: str | None = Field(
        None,
        description="Absent when it is hidden or withdrawn",
        examples=["Nên bắt đầu từ 19 giờ để người bán hàng kịp dọn."],
    )
    at: datetime
    hidden_at: datetime | None = None
    hidden_reason: str | None = Field(None, examples=["Nêu số điện thoại của một người khác."])

    @classmethod
    def of(cls, comment: Comment, viewer: str | None, **more: Any) -> Self:
        """The comment in the eyes of the subject `viewer`, None for those who did not sign in."""
        own, hiding = comment.author == viewer, comment.hiding
        return cls(
            id=comment.id,
            author=words(AUTHOR),
            own=own,
            passage=comment.passage,
            status=comment.status,
            text=comment.text if hiding is None or own else None,
            at=comment.at,
            hidden_at=hiding.at if hiding else None,
            hidden_reason=hiding.reason if hiding else None,
            **more,
        )


class OwnComment(CommentView):
    """A comment of yours, and what became of it."""

    consultation_id: UUID
    withdrawn_at: datetime | None = None

    @classmethod
    def mine(cls, comment: Comment) -> "OwnComment":
        return cls.of(
            comment,
            comment.author,
            consultation_id=comment.consultation_id,
            withdrawn_at=comment.withdrawn_at,
        )
