"""The routes of comments: parse, call one operation, shape the answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from participation.comments import operations, store
from participation.comments.schemas import CommentView, NewComment, NewHiding, OwnComment
from participation.dependencies import (
    TOKEN_OPTIONAL,
    AgencyMissing,
    Commenter,
    ConsultationId,
    Consulter,
    Visitor,
    drafts_of,
    official_of,
)
from participation.domain.comment import CommentNotFound, CommentNotStanding
from participation.domain.consultation import ConsultationNotFound, ConsultationNotOpen
from participation.pages import key_after, page_of
from shared.auth import public
from shared.errors import Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, Now, Once, Tx, problems

router = APIRouter(prefix="/participation/v1", tags=["comments"])

CommentId = Annotated[UUID, Path(description="Of the comment")]


@router.post(
    "/consultations/{consultation_id}/comments",
    status_code=201,
    response_model=OwnComment,
    responses=problems(ConsultationNotFound, ConsultationNotOpen, Unprocessable),
)
async def comment_on_consultation(
    consultation_id: ConsultationId, body: NewComment, who: Commenter, tx: Tx, now: Now, once: Once
) -> Response:
    """Say what you think of a draft, or of one passage of it, while its consultation is open.

    Everyone can read it, under no name.
    """

    async def comment() -> Answer:
        made = await operations.comment_on(
            tx,
            now,
            consultation_id=consultation_id,
            author=who.subject,
            passage=body.passage,
            text=body.text,
        )
        return Answer(OwnComment.mine(made))

    return await once(tx, comment)


@router.get(
    "/consultations/{consultation_id}/comments",
    response_model=Page[CommentView],
    responses=problems(ConsultationNotFound),
    dependencies=[public()],
    openapi_extra=TOKEN_OPTIONAL,
)
async def list_comments(
    request: Request,
    consultation_id: ConsultationId,
    visitor: Visitor,
    db: Db,
    passage: Annotated[int | None, Query(ge=1, le=500, description="On this passage alone")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What people said, newest first, open to all. Those who sign in see which comments are their own."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await operations.list_comments(
            tx,
            consultation_id=consultation_id,
            passage=passage,
            drafts_of=drafts_of(visitor),
            after=after,
            limit=limit + 1,
        )
    viewer = visitor.subject if visitor else None
    return page_of(
        request,
        found,
        limit,
        key=lambda comment: [comment.id],
        view=lambda comment: CommentView.of(comment, viewer),
    )


@router.get("/comments", response_model=Page[OwnComment])
async def list_own_comments(
    request: Request, who: Commenter, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """All that you said in any consultation and what became of it, newest first."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await store.page_of_author(tx, who.subject, after=after, limit=limit + 1)
    return page_of(request, found, limit, key=lambda comment: [comment.id], view=OwnComment.mine)


@router.post(
    "/consultations/{consultation_id}/comments/{comment_id}/withdrawal",
    status_code=201,
    response_model=OwnComment,
    responses=problems(CommentNotFound, CommentNotStanding, Unprocessable),
)
async def withdraw_comment(
    consultation_id: ConsultationId, comment_id: CommentId, who: Commenter, tx: Tx, now: Now, once: Once
) -> Response:
    """Take your comment back, at any time. Nobody sees it any more, and its text is erased."""

    async def withdraw() -> Answer:
        comment = await operations.withdraw_comment(
            tx, now, consultation_id=consultation_id, comment_id=comment_id, author=who.subject
        )
        return Answer(OwnComment.mine(comment))

    return await once(tx, withdraw)


@router.post(
    "/consultations/{consultation_id}/comments/{comment_id}/hiding",
    status_code=201,
    response_model=CommentView,
    responses=problems(AgencyMissing, CommentNotFound, CommentNotStanding, Unprocessable),
)
async def hide_comment(
    consultation_id: ConsultationId,
    comment_id: CommentId,
    body: NewHiding,
    who: Consulter,
    tx: Tx,
    now: Now,
    once: Once,
) -> Response:
    """Hide a comment in a consultation of your agency, with the reason. The act is recorded.

    Everyone sees that a comment was hidden and why; its author still reads it.
    """

    async def hide() -> Answer:
        comment = await operations.hide_comment(
            tx,
            now,
            official_of(who),
            consultation_id=consultation_id,
            comment_id=comment_id,
            reason=body.reason,
        )
        return Answer(CommentView.of(comment, None))

    return await once(tx, hide)
