"""The routes of consultations: of the case that asks, and of those who are asked.

Whoever is asked does not see the case at its own address, but what is shared of it at the question's; once
the answer is given, or not waited for any more, that is absent too.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.commands import FOR_OFFICERS, Handle
from procedures.cases.routes import Officer
from procedures.cases.schemas import CaseView
from procedures.consultations import operations
from procedures.consultations.schemas import (
    AnswerOrder,
    AskedItem,
    ConsultationOrder,
    ConsultationWithdrawal,
    QuestionView,
)
from procedures.consultations.views import asked_item, question_view
from procedures.dependencies import AtDesk, actor_of, look_of, official_of
from procedures.documents.operations import Enclosure
from procedures.domain.consultation import Consultation, Consultee
from procedures.domain.consulting import QuestionNotFound, TooManyConsultations
from procedures.domain.handling import NotThisUnit
from procedures.domain.terms import NO_TERM, Term
from procedures.keys.keyring import KeyNotAtHand
from procedures.pages import instant_of, key_after, page_of
from procedures.timers.beforehand import after_what_ran_out
from shared.auth import Principal, requires
from shared.errors import Forbidden, PreconditionFailed, PreconditionRequired, Unprocessable
from shared.ids import new_id
from shared.pagination import Cursor, Limit, Page
from shared.web import Answer, Db, IfMatch, Now, Once, Tx, conditional, problems

router = APIRouter(prefix="/procedures/v1", tags=["consultations"])

AgencyReader = Annotated[Principal, requires("procedures:cases:read", kinds=["official", "client"])]
ConsultationId = Annotated[UUID, Path(description="As the case tells it")]
QuestionId = Annotated[UUID, Path(description="As the inbox tells it")]


@router.post(
    "/cases/{case_id}/consultations",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, TooManyConsultations),
)
async def request_consultation(body: ConsultationOrder, who: Officer, handle: Handle) -> Response:
    """Ask other units and agencies about a case that your unit works on, all at once.

    Each sees its question and what you share with it, and nothing else. While a mandatory consultation is open
    the matter cannot be decided; while an exempt one is, the clock of the case stands still. How many a case may
    have open at once, and in all, whoever runs the service sets.
    """
    official, asked, limits = official_of(who), _ordered(body, handle), handle.desk.consultations
    return await handle(who, lambda order: operations.consult(handle.tx, order, official, asked, limits))


def _ordered(body: ConsultationOrder, handle: Handle) -> Consultation:
    """The consultation as it is ordered; the rule fills in which unit asks, and when answers are due."""
    return Consultation(
        id=new_id(),
        asked_at=handle.now,
        unit="",
        consultees=tuple(
            Consultee(
                id=new_id(),
                agency=one.agency,
                unit=one.unit,
                question=one.question,
                documents=tuple(one.documents),
                form_shared=one.share_form,
                term=NO_TERM if one.term is None else Term.from_json(one.term, f"/consultees/{at}/term"),
            )
            for at, one in enumerate(body.consultees)
        ),
        needed=body.join.needed,
        silence_consents=body.silence_consents,
        mandatory=body.mandatory,
        exempted_by=body.exempted_by,
    )


@router.post(
    "/cases/{case_id}/consultations/{consultation_id}/withdrawal",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, QuestionNotFound),
)
async def withdraw_consultation(
    consultation_id: ConsultationId, body: ConsultationWithdrawal, who: Officer, handle: Handle
) -> Response:
    """Do not ask some of them any more, or none of them, with the reason."""
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.withdraw(
            handle.tx, order, official, consultation_id, consultees=set(body.consultees), reason=body.reason
        ),
    )


@router.get("/consultations", response_model=Page[AskedItem])
async def list_consultations(
    request: Request, who: Officer, db: Db, now: Now, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """What your units are asked by other units and agencies and have not answered, the one due next first."""
    after = key_after(cursor, instant_of, UUID)
    look = look_of(who, now, Purpose.CONSULTATION)
    async with looking(db, look) as tx:
        rows = await operations.inbox(tx, official_of(who), look, after=after, limit=limit + 1)
    return page_of(request, rows, limit, key=lambda row: [row.sort_at, row.id], view=asked_item)


@router.get("/consultations/{question_id}", response_model=QuestionView, responses=problems(QuestionNotFound))
async def get_consultation(
    request: Request, question_id: QuestionId, who: AgencyReader, db: Db, now: Now
) -> Response:
    """What your agency is asked, with what is shared of the case, for as long as the answer is waited for."""
    look = look_of(who, now, Purpose.CONSULTATION)
    async with looking(db, look) as tx:
        question = await operations.question_for(tx, question_id, look)
    return conditional(request, question_view(question), etag=question.etag)


@router.post(
    "/consultations/{question_id}/answer",
    status_code=201,
    response_model=QuestionView,
    responses=problems(
        QuestionNotFound,
        Forbidden,
        NotThisUnit,
        PreconditionFailed,
        PreconditionRequired,
        Unprocessable,
        KeyNotAtHand,
    ),
)
async def answer_consultation(
    question_id: QuestionId,
    body: AnswerOrder,
    who: Officer,
    tx: Tx,
    now: Now,
    once: Once,
    desk: AtDesk,
    if_match: IfMatch = None,
) -> Response:
    """Answer what your unit is asked: agree, agree under conditions, or disagree. It is not asked again."""
    official, look = official_of(who), look_of(who, now, Purpose.CONSULTATION)

    async def answered(settled: bool) -> Answer:
        question, given = await operations.answer(
            tx,
            question_id,
            official,
            look,
            actor=actor_of(who),
            now=now,
            expected=if_match,
            opinion=body.opinion,
            note=body.note,
            enclosures=[Enclosure(item.document, item.id) for item in body.documents],
            settled=settled,
        )
        return Answer(question_view(question, given), 201)

    return await after_what_ran_out(desk, tx, now, lambda settled: once(tx, partial(answered, settled)))
