"""The routes of consultations: parse, call one operation, shape the answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from participation.consultations import operations, store
from participation.consultations.schemas import (
    ConsultationAnswer,
    ConsultationDraft,
    ConsultationSummary,
    ConsultationView,
    LogEntry,
)
from participation.dependencies import (
    TOKEN_OPTIONAL,
    AgencyMissing,
    ConsultationId,
    Consulter,
    MeantFor,
    Visitor,
    agency_of,
    drafts_of,
    official_of,
)
from participation.domain.consultation import (
    AlreadyPublished,
    AnswerNotDue,
    Consultation,
    ConsultationFixed,
    ConsultationNotFound,
    Passage,
    Status,
)
from participation.pages import key_after, page_of
from participation.schemas import AgencyCode
from shared.auth import public
from shared.errors import MotcuaError, PreconditionFailed, PreconditionRequired, Unprocessable
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, Now, Once, Tx, conditional, etag_of, problems

router = APIRouter(prefix="/participation/v1/consultations", tags=["consultations"])

_COMMAND: tuple[type[MotcuaError], ...] = (
    AgencyMissing,
    ConsultationNotFound,
    PreconditionFailed,
    PreconditionRequired,
)


@router.post(
    "", status_code=201, response_model=ConsultationView, responses=problems(AgencyMissing, Unprocessable)
)
async def draft_consultation(
    body: ConsultationDraft, who: Consulter, tx: Tx, now: Now, once: Once
) -> Response:
    """Prepare a consultation of your agency. Nobody else sees it until it is published."""

    async def draft() -> Answer:
        draft = body.draft()
        consultation = await operations.draft_consultation(tx, now, official_of(who), draft)
        return _created(consultation, draft.passages, now)

    return await once(tx, draft)


@router.get(
    "",
    response_model=Page[ConsultationSummary],
    dependencies=[public()],
    openapi_extra=TOKEN_OPTIONAL,
)
async def list_consultations(
    request: Request,
    visitor: Visitor,
    db: Db,
    now: Now,
    agency: AgencyCode = None,
    status: Annotated[Status | None, Query(description="Those that stand so")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Published consultations, open to all; the one drafted last comes first.

    Officials who may write consultations see the drafts of their own agency among them.
    """
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await operations.list_consultations(
            tx,
            now,
            drafts_of=drafts_of(visitor),
            agency=agency,
            status=status,
            after=after,
            limit=limit + 1,
        )
    return page_of(
        request,
        found,
        limit,
        key=lambda consultation: [consultation.id],
        view=lambda consultation: ConsultationSummary.of(consultation, now),
    )


@router.get(
    "/{consultation_id}",
    response_model=ConsultationView,
    responses=problems(ConsultationNotFound),
    dependencies=[public()],
    openapi_extra=TOKEN_OPTIONAL,
)
async def get_consultation(
    request: Request, consultation_id: ConsultationId, visitor: Visitor, db: Db, now: Now
) -> Response:
    """A consultation with the text of its draft, open to all once it is published.

    Its ETag is what commands on it ask for in `If-Match`.
    """
    async with db.reading() as tx:
        consultation, passages = await operations.get_consultation(
            tx, consultation_id, drafts_of=drafts_of(visitor)
        )
    view = ConsultationView.whole(consultation, passages, now)
    return conditional(request, view, etag=etag_of(consultation.edition(now)))


@router.put(
    "/{consultation_id}", response_model=ConsultationView, responses=problems(*_COMMAND, ConsultationFixed)
)
async def revise_consultation(
    request: Request,
    consultation_id: ConsultationId,
    body: ConsultationDraft,
    who: Consulter,
    tx: Tx,
    now: Now,
    meant: MeantFor,
) -> Response:
    """Change a consultation's text and period, sent whole, until the day on which it opens."""
    draft = body.draft()
    consultation = await operations.revise_consultation(
        tx, now, official_of(who), consultation_id, meant, draft
    )
    view = ConsultationView.whole(consultation, draft.passages, now)
    return conditional(request, view, etag=etag_of(consultation.edition(now)))


@router.post(
    "/{consultation_id}/publication",
    status_code=201,
    response_model=ConsultationView,
    responses=problems(*_COMMAND, AlreadyPublished, Unprocessable),
)
async def publish_consultation(
    consultation_id: ConsultationId, who: Consulter, tx: Tx, now: Now, once: Once, meant: MeantFor
) -> Response:
    """Show the consultation to everyone. It takes comments from its first day to its last."""

    async def publish() -> Answer:
        consultation = await operations.publish_consultation(
            tx, now, official_of(who), consultation_id, meant
        )
        return _created(consultation, await store.passages_of(tx, consultation_id), now)

    return await once(tx, publish)


@router.post(
    "/{consultation_id}/answer",
    status_code=201,
    response_model=ConsultationView,
    responses=problems(*_COMMAND, AnswerNotDue, Unprocessable),
)
async def answer_consultation(
    consultation_id: ConsultationId,
    body: ConsultationAnswer,
    who: Consulter,
    tx: Tx,
    now: Now,
    once: Once,
    meant: MeantFor,
) -> Response:
    """Publish what your agency made of the comments, once, after the consultation has closed."""

    async def answer() -> Answer:
        consultation = await operations.answer_consultation(
            tx, now, official_of(who), consultation_id, meant, body.answer.text()
        )
        return _created(consultation, await store.passages_of(tx, consultation_id), now)

    return await once(tx, answer)


@router.get(
    "/{consultation_id}/log",
    response_model=Page[LogEntry],
    responses=problems(AgencyMissing, ConsultationNotFound),
)
async def get_consultation_log(
    request: Request,
    consultation_id: ConsultationId,
    who: Consulter,
    db: Db,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What officials of your agency did in your agency's consultation, oldest first."""
    after = key_after(cursor, UUID)
    async with db.reading() as tx:
        found = await operations.log_of_consultation(
            tx, consultation_id, agency=agency_of(who), after=after, limit=limit + 1
        )
    return page_of(request, found, limit, key=lambda row: [row.id], view=LogEntry.model_validate)


def _created(consultation: Consultation, passages: Sequence[Passage], now: datetime) -> Answer:
    headers = {
        "location": f"{router.prefix}/{consultation.id}",
        "etag": etag_of(consultation.edition(now)),
    }
    return Answer(ConsultationView.whole(consultation, passages, now), headers=headers)
