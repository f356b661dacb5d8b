"""The rules of refunds: what of a payment may be given back, in how many parts soever, and what its provider answers.

What is ordered and what was given back never comes to more than what was paid; what failed may be ordered again.
"""

from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.case import Case
from procedures.domain.definition import Definition
from procedures.domain.fee_acts import RefundAnswered, RefundOrdered
from procedures.domain.fee_rules import amount_verdict, payment_of
from procedures.domain.fees import PaymentVerdict, RefundState
from procedures.domain.handling import Official
from procedures.domain.result_rules import require_of_the_agency
from shared.errors import Conflict, Text


class AlreadyRefunded(Conflict):
    """All of the payment was given back, or is ordered to be."""

    slug = "already-refunded"
    title = Text(
        vi="Khoản thanh toán này đã được hoàn trả hoặc đang chờ hoàn trả hết.",
        en="All of this payment was given back, or is ordered to be.",
    )


class RefundTooLarge(Conflict):
    """More was to be given back than is left of the payment; `refundable` says how much that is."""

    slug = "refund-too-large"
    title = Text(
        vi="Số tiền hoàn trả lớn hơn phần còn lại của khoản thanh toán.",
        en="More is to be given back than is left of the payment.",
    )


def order_refund(
    case: Case,
    definition: Definition,
    official: Official,
    payment: UUID,
    refund: UUID,
    *,
    amount: int | None,
    reason: str,
    legal_ground: str,
) -> tuple[Act, ...]:
    """A part of a payment, or with None all that is left of it, is to be given back, whatever became of it and of
    the case.

    Raises:
        NotThisUnit, PaymentNotFound, AlreadyRefunded, RefundTooLarge.
    """
    require_of_the_agency(case, definition, official)
    left = payment_of(case, payment).refundable
    if not left:
        raise AlreadyRefunded
    if amount is not None and amount > left:
        raise RefundTooLarge(refundable=left)
    return (RefundOrdered(payment, refund, reason, legal_ground, left if amount is None else amount),)


def answer_refund(
    case: Case, refund: UUID, *, provider: str, reference: str, amount: int, currency: str, done: bool
) -> tuple[PaymentVerdict, tuple[RefundAnswered, ...]]:
    """The provider of a payment says what became of its refund: whether that is what was ordered, and what follows."""
    for paid in case.payments:
        ordered = next((one for one in paid.refunds if one.id == refund), None)
        if ordered is None or paid.payment.provider != provider:
            continue
        if ordered.state is not RefundState.ORDERED:
            return PaymentVerdict.DUPLICATE, ()
        verdict = amount_verdict(amount, currency, ordered.amount, paid.payment.currency)
        if verdict is not PaymentVerdict.ACCEPTED:
            return verdict, ()
        return verdict, (RefundAnswered(paid.payment.id, reference, done=done, refund=refund),)
    return PaymentVerdict.UNKNOWN, ()
