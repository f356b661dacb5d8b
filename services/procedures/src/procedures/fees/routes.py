"""The routes of fees."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from procedures.access.look import Purpose
from procedures.access.operations import looking
from procedures.cases.commands import FOR_OFFICERS, Handle
from procedures.cases.operations import CaseNotFound
from procedures.cases.routes import CaseId, Officer, Reader
from procedures.cases.schemas import CaseView
from procedures.dependencies import look_of, official_of
from procedures.domain.definition import Fee
from procedures.domain.fee_rules import FeeNotFound, FeeNotPaid, FeeSettled
from procedures.domain.fees import RefundState
from procedures.fees import operations
from procedures.fees.operations import PaidFee
from procedures.fees.schemas import FeeExemption, FeeOrder, FeeReceipt, RefundOnReceipt
from procedures.fees.views import reference_of
from shared.schema import Words
from shared.web import Db, Now, conditional, problems

router = APIRouter(prefix="/procedures/v1/cases/{case_id}/fees", tags=["fees"])

Number = Annotated[int, Path(ge=1, le=9999, description="Number of the fee in the case", examples=[1])]


@router.post("", status_code=201, response_model=CaseView, responses=problems(*FOR_OFFICERS))
async def demand_fee(body: FeeOrder, who: Officer, handle: Handle) -> Response:
    """Ask the applicant for a fee beside the one that the procedure asks for. The applicant is told."""
    official, fee = official_of(who), Fee(body.amount, body.currency)
    return await handle(
        who,
        lambda order: operations.demand_fee_by_hand(
            handle.tx, order, official, fee, legal_ground=body.legal_ground, stops_clock=body.stops_clock
        ),
    )


@router.post(
    "/{number}/exemption",
    status_code=201,
    response_model=CaseView,
    responses=problems(*FOR_OFFICERS, FeeNotFound, FeeSettled),
)
async def exempt_fee(body: FeeExemption, number: Number, who: Officer, handle: Handle) -> Response:
    """Waive a fee that is not paid yet, with the legal ground. The clock runs on if it stood still for that alone."""
    official = official_of(who)
    return await handle(
        who,
        lambda order: operations.exempt_fee(
            handle.tx, order, official, number, reason=body.reason, legal_ground=body.legal_ground
        ),
    )


@router.get(
    "/{number}/receipt",
    response_model=FeeReceipt,
    responses=problems(CaseNotFound, FeeNotFound, FeeNotPaid),
)
async def get_fee_receipt(
    request: Request, case_id: CaseId, number: Number, who: Reader, db: Db, now: Now
) -> Response:
    """The receipt of a fee that was paid, with what of it was given back since."""
    look = look_of(who, now, Purpose.CASE)
    async with looking(db, look) as tx:
        paid = await operations.receipt_of(tx, case_id, number, look)
    return conditional(request, _receipt(paid))


def _receipt(paid: PaidFee) -> FeeReceipt:
    stored, told = paid.stored, paid.payment.payment
    refunds = [
        RefundOnReceipt(amount=one.amount, provider_reference=one.reference, refunded_at=one.answered_at)
        for one in paid.payment.refunds
        if one.state is RefundState.DONE and one.answered_at is not None
    ]
    assert paid.payment.receipt is not None
    vi, en = paid.agency_name
    return FeeReceipt(
        number=paid.payment.receipt,
        agency=stored.case.agency,
        agency_name=Words(vi=vi, en=en),
        case_code=stored.code,
        procedure=stored.case.procedure,
        fee=reference_of(stored, paid.fee),
        legal_ground=paid.fee.legal_ground,
        amount=told.amount,
        currency=told.currency,
        provider=told.provider,
        provider_reference=told.reference,
        paid_at=told.paid_at,
        issued_at=paid.payment.received_at,
        refunded_at=max(one.refunded_at for one in refunds) if paid.payment.refunded == told.amount else None,
        refunds=refunds,
    )
