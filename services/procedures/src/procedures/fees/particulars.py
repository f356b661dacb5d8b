"""What the events of acts about money say besides how the case stands."""

from typing import Any

from procedures.domain.acts import Act
from procedures.domain.case import Case
from procedures.domain.fee_acts import (
    FeeDemanded,
    FeeExempted,
    FeePaid,
    PaymentSetAside,
    RefundAnswered,
    RefundOrdered,
)
from procedures.domain.fee_rules import payment_of
from procedures.domain.fees import FeeReference, Payment


def of_fee_act(case: Case, code: str, act: Act) -> dict[str, Any]:
    """The particulars of an act about money; none of another."""
    match act:
        case FeeDemanded():
            money = {"amount": act.amount, "currency": act.currency, "stops_clock": act.stops_clock}
            return {"fee": _named(case, code, act.number), **money}
        case FeeExempted():
            return {"fee": _named(case, code, act.number), "legal_ground": act.legal_ground}
        case FeePaid():
            return {
                "fee": _named(case, code, act.number),
                "receipt": act.receipt,
                **_payment(act.payment),
            }
        case PaymentSetAside():
            return {
                "fee": _named(case, code, act.number),
                "verdict": act.verdict.value,
                **_payment(act.payment),
            }
        case RefundOrdered():
            paid = payment_of(case, act.payment)
            return {
                "fee": _named(case, code, paid.fee),
                "refund": str(act.refund),
                **_payment(paid.payment),
            }
        case RefundAnswered():
            paid = payment_of(case, act.payment)
            assert paid.refund is not None
            return {
                "fee": _named(case, code, paid.fee),
                "refund": str(paid.refund.id),
                "done": act.done,
                **_payment(paid.payment),
            }
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
