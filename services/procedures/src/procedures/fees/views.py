"""How the money of a case is shown, and what its acts are called."""

from collections.abc import Mapping

from procedures.cases.store import Stored
from procedures.domain.case import Case
from procedures.domain.fee_rules import payment_of, state_of
from procedures.domain.fees import CaseFee, CasePayment, FeeReference, FeeState
from procedures.domain.linked_cases import ChildCase
from procedures.fees.schemas import FeeDue, FeeOfCase, PartFeeDue, PaymentOfCase, RefundOfCase
from shared.errors import Text

FEE_ACTS: Mapping[str, Text] = {
    "fee_demanded": Text(vi="Người nộp được yêu cầu nộp phí, lệ phí.", en="A fee was asked for."),
    "fee_exempted": Text(vi="Người nộp được miễn phí, lệ phí.", en="The applicant is exempt from the fee."),
    "fee_reminded": Text(vi="Sắp hết hạn nộp phí, lệ phí.", en="The time to pay the fee ends soon."),
    "fee_expired": Text(vi="Phí, lệ phí không được nộp đúng hạn.", en="The fee was not paid in time."),
    "fee_paid": Text(vi="Phí, lệ phí đã được nộp.", en="The fee was paid."),
    "payment_set_aside": Text(
        vi="Một khoản tiền nộp không khớp với phí phải nộp và sẽ được hoàn trả.",
        en="A payment did not fit the fee, and is to be given back.",
    ),
    "refund_ordered": Text(
        vi="Cơ quan quyết định hoàn trả tiền đã nộp.", en="A payment, or a part of it, is to be given back."
    ),
    "refund_answered": Text(
        vi="Đơn vị thanh toán đã trả lời về việc hoàn trả.", en="The provider answered about the refund."
    ),
}


def reference_of(stored: Stored, fee: CaseFee) -> str:
    """By what payers and providers name a fee of the case."""
    return str(FeeReference(stored.case.agency, stored.code, fee.number))


def fees_of(stored: Stored) -> list[FeeOfCase]:
    """The fees of the case."""
    case = stored.case
    return [
        FeeOfCase(
            number=fee.number,
            reference=reference_of(stored, fee),
            amount=fee.amount,
            currency=fee.currency,
            state=state_of(case, fee),
            demanded_at=fee.demanded_at,
            legal_ground=fee.legal_ground,
            stops_clock=fee.stops_clock,
            exempted_by=fee.exempted_by,
            pay_by=fee.time and fee.time.by,
            on_expiry=fee.time and fee.time.on_expiry,
            expired_at=fee.time and fee.time.over_at,
            receipt=None if fee.paid_by is None else payment_of(case, fee.paid_by).receipt,
        )
        for fee in case.fees
    ]


def fees_due(stored: Stored) -> list[FeeDue]:
    """What is yet to be paid."""
    return [
        FeeDue(
            reference=reference_of(stored, fee),
            amount=fee.amount,
            currency=fee.currency,
            pay_by=fee.time and fee.time.by,
        )
        for fee in stored.case.fees
        if state_of(stored.case, fee) is FeeState.DUE
    ]


def fees_due_in(child: ChildCase) -> list[PartFeeDue]:
    """What is yet to be paid for a part of a case."""
    return [
        PartFeeDue(
            reference=f"{fee.code or child.code}/{fee.number}", amount=fee.amount, currency=fee.currency
        )
        for fee in child.fees
    ]


def payments_of(case: Case) -> list[PaymentOfCase]:
    """The payments of the case."""
    return [_payment(paid) for paid in case.payments]


def _payment(paid: CasePayment) -> PaymentOfCase:
    told, refunds = paid.payment, [RefundOfCase.model_validate(one) for one in paid.refunds]
    return PaymentOfCase(
        id=told.id,
        fee=paid.fee,
        verdict=paid.verdict,
        provider=told.provider,
        provider_reference=told.reference,
        amount=told.amount,
        currency=told.currency,
        paid_at=told.paid_at,
        received_at=paid.received_at,
        refund=refunds[-1] if refunds else None,
        refunds=refunds,
        refundable=paid.refundable,
    )
