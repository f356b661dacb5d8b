"""What can be asked of comments and done to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from participation.comments import store
from participation.consultations import store as consultations
from participation.consultations.announcements import tell, tell_due
from participation.consultations.operations import Official, require_visible
from participation.domain import comment as rules
from participation.domain.comment import Comment, CommentNotFound, Hiding
from participation.domain.consultation import Action, ConsultationNotFound, require_allowed
from shared.events.participation import ProcessCommented
from shared.ids import new_id


async def comment_on(
    tx: AsyncConnection,
    now: datetime,
    *,
    consultation_id: UUID,
    author: str,
    passage: int | None,
    text: str,
) -> Comment:
    """Comment on a draft while its consultation is open.

    Raises:
        ConsultationNotFound, ConsultationNotOpen
        Invalid: the draft has no such passage.
    """
    consultation = await consultations.lock_published(tx, consultation_id)
    if consultation is None:
        raise ConsultationNotFound
    require_allowed(consultation, Action.COMMENT, now)
    rules.check_passage(consultation, passage)
    comment = Comment(new_id(), consultation_id, author, passage, text, now)
    await store.add(tx, comment)
    # A first comment may come before the timer: others hear of the opening before they hear of it.
    consultation = await tell_due(tx, consultation, now)
    event = ProcessCommented(agency=consultation.agency, comment=comment.id, passage=passage)
    await tell(tx, consultation, event, now)
    return comment


async def withdraw_comment(
    tx: AsyncConnection, now: datetime, *, consultation_id: UUID, comment_id: UUID, author: str
) -> Comment:
    """Take an own comment back; its text is erased.

    Raises:
        CommentNotFound: there is none, or it is another's.
        CommentNotStanding
    """
    comment = await store.lock_of_author(tx, consultation_id, comment_id, author)
    if comment is None:
        raise CommentNotFound
    withdrawn = rules.withdraw(comment, now)
    await store.save(tx, withdrawn)
    return withdrawn


async def hide_comment(
    tx: AsyncConnection,
    now: datetime,
    official: Official,
    *,
    consultation_id: UUID,
    comment_id: UUID,
    reason: str,
) -> Comment:
    """Hide a comment in the agency's own consultation, with a reason that everyone can read.

    Raises:
        CommentNotFound: there is none, or it is in another agency's consultation.
        CommentNotStanding
    """
    comment = await store.lock_of_agency(tx, consultation_id, comment_id, official.agency)
    if comment is None:
        raise CommentNotFound
    hidden = rules.hide(comment, Hiding(now, reason))
    await store.save(tx, hidden)
    particulars = {"comment": str(comment_id), "reason": reason}
    await consultations.log(tx, consultation_id, now, official.subject, "comment_hidden", particulars)
    return hidden


async def list_comments(
    tx: AsyncConnection,
    *,
    consultation_id: UUID,
    passage: int | None,
    drafts_of: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Comment]:
    """The comments that were not withdrawn, newest first.

    Raises:
        ConsultationNotFound
    """
    await require_visible(tx, consultation_id, drafts_of=drafts_of)
    return await store.page(tx, consultation_id, passage=passage, after=after, limit=limit)
