"""The routes of payments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.commands import FOR_OFFICERS, Handle
from procedures.cases.routes import Officer
from procedures.cases.schemas import CaseView
from procedures.dependencies import AtDesk, look_of, official_of
from procedures.domain.fee_rules import PaymentNotFound
from procedures.domain.fees import PaymentVerdict
from procedures.domain.personal import CaseErased
from procedures.domain.refund_rules import AlreadyRefunded, RefundTooLarge
from procedures.pages import key_after, page_of
from procedures.payments import operations
from procedures.payments.operations import Notice, ReferenceReused
from procedures.payments.providers import CallbackRefused, ProviderUnknown
from procedures.payments.schemas import Callback, CallbackAnswer, PaymentView, RefundOrder
from shared.auth import public
from shared.db import AnyRow
from shared.pagination import Cursor, Limit, Page
from shared.web import Db, Now, Tx, problems

router = APIRouter(prefix="/procedures/v1", tags=["payments"])

_SIGNED = "As Standard Webhooks says"


async def _provider(
    request: Request,
    provider: Annotated[
        str, Path(pattern="^[a-z0-9-]{1,40}$", description="Name of the provider", examples=["napas"])
    ],
    now: Now,
    desk: AtDesk,
    _id: Annotated[
        str, Header(alias="webhook-id", max_length=200, description=_SIGNED, examples=["msg_2f9a"])
    ],
    _at: Annotated[
        str, Header(alias="webhook-timestamp", max_length=20, description=_SIGNED, examples=["1790000000"])
    ],
    _signature: Annotated[
        str,
        Header(
            alias="webhook-signature",
            max_length=2000,
            description=_SIGNED,
            examples=["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="],
        ),
    ],
) -> str:
    """The provider that signed the callback."""
    desk.providers.verify(provider, request.headers, await request.body(), now)
    return provider


@router.post(
    "/payments/callbacks/{provider}",
    response_model=CallbackAnswer,
    responses=problems(ProviderUnknown, CallbackRefused, ReferenceReused),
    dependencies=[public()],
)
async def take_callback(
    body: Callback, provider: Annotated[str, Depends(_provider)], tx: Tx, now: Now
) -> CallbackAnswer:
    """A payment provider tells that a fee was paid, or what became of a refund; signed as Standard Webhooks says.

    Every callback that is signed is kept and answered with a verdict, once for each reference: a provider that is
    told `unknown` gives the money back by itself, and what is set aside otherwise the agency orders back.
    """
    notice = Notice(
        provider=provider,
        kind=body.kind,
        reference=body.reference,
        fee=body.fee,
        refund=body.refund,
        amount=body.amount,
        currency=body.currency,
        at=body.happened_at,
    )
    taken = await operations.take_notice(tx, notice, now)
    return CallbackAnswer(verdict=taken.verdict, receipt=taken.receipt)


@router.get("/payments", response_model=Page[PaymentView])
async def list_payments(
    request: Request,
    who: Officer,
    db: Db,
    now: Now,
    verdict: Annotated[PaymentVerdict | None, Query(description="What became of it")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """What providers told of your agency's fees, newest first: what was paid, set aside and given back."""
    after = key_after(cursor, UUID)
    look = look_of(who, now, Purpose.PAYMENTS)
    async with looking(db, look) as tx:
        rows = await operations.list_payments(tx, look, verdict=verdict, after=after, limit=limit + 1)
    return page_of(request, rows, limit, key=lambda row: [row.id], view=_view)


@router.post(
    "/cases/{case_id}/payments/{payment_id}/refund",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, PaymentNotFound, AlreadyRefunded, RefundTooLarge, CaseErased),
)
async def order_refund(
    body: RefundOrder,
    payment_id: Annotated[UUID, Path(description="Id of the payment in the case")],
    who: Officer,
    handle: Handle,
) -> Response:
    """Have a payment, or a part of it, given back, also of a case that has ended. The provider is told by an event,
    and answers.

    In as many parts as it takes, which never come to more than what was paid; what failed may be ordered again.
    """
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.order_refund_of(
            handle.tx,
            order,
            official,
            payment_id,
            amount=body.amount,
            reason=body.reason,
            legal_ground=body.legal_ground,
        ),
    )


def _view(row: AnyRow) -> PaymentView:
    return PaymentView(
        id=row.id,
        provider=row.provider,
        kind=row.kind,
        provider_reference=row.reference,
        fee=row.fee,
        amount=row.amount,
        currency=row.currency,
        happened_at=row.at,
        received_at=row.received_at,
        verdict=row.verdict,
        case_id=row.case_id,
        receipt=row.receipt,
        refund_state=row.refund_state,
        refunded=row.refunded,
    )
