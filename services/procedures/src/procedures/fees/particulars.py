"""What the events of acts about money say besides how the case stands."""

from typing import Any
from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.case import Case
from procedures.domain.fee_acts import (
    FeeDemanded,
    FeeExempted,
    FeeExpired,
    FeePaid,
    FeeReminded,
    PaymentSetAside,
    RefundAnswered,
    RefundOrdered,
)
from procedures.domain.fee_rules import fee_of, payment_of
from procedures.domain.fees import CasePayment, FeeReference, Payment


def of_fee_act(case: Case, code: str, act: Act) -> dict[str, Any]:
    """The particulars of an act about money; none of another."""
    match act:
        case FeeDemanded():
            money = {"amount": act.amount, "currency": act.currency, "stops_clock": act.stops_clock}
            time = act.time and {"pay_by": act.time.by, "on_expiry": act.time.on_expiry.value}
            return {"fee": _named(case, code, act.number), **money, **(time or {})}
        case FeeExempted():
            return {"fee": _named(case, code, act.number), "legal_ground": act.legal_ground}
        case FeePaid():
            return {
                "fee": _named(case, code, act.number),
                "receipt": act.receipt,
                **_payment(act.payment),
            }
        case FeeReminded():
            return {"fee": _named(case, code, act.number), "pay_by": act.pay_by}
        case FeeExpired():
            time = fee_of(case, act.number).time
            assert time is not None
            told = {"pay_by": act.pay_by, "on_expiry": time.on_expiry.value}
            return {"fee": _named(case, code, act.number), **told}
        case PaymentSetAside():
            return {
                "fee": _named(case, code, act.number),
                "verdict": act.verdict.value,
                **_payment(act.payment),
            }
        case RefundOrdered():
            paid = payment_of(case, act.payment)
            return {"fee": _named(case, code, paid.fee), **_refund(paid, act.refund)}
        case RefundAnswered():
            paid = payment_of(case, act.payment)
            answered = act.refund or paid.refunds[-1].id
            return {"fee": _named(case, code, paid.fee), "done": act.done, **_refund(paid, answered)}
        case _:
            return {}


def _named(case: Case, code: str, number: int) -> str:
    return str(FeeReference(case.agency, code, number))


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "payment": str(payment.id),
        "provider": payment.provider,
        "reference": payment.reference,
        "amount": payment.amount,
        "currency": payment.currency,
    }


def _refund(paid: CasePayment, refund: UUID) -> dict[str, Any]:
    """Of the payment, with the amount that is given back in place of what was paid."""
    amount = next(one.amount for one in paid.refunds if one.id == refund)
    return {
        **_payment(paid.payment),
        "refund": str(refund),
        "amount": amount,
        "paid": paid.payment.amount,
    }
