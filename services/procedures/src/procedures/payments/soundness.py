"""Whether the tables of payments say what the logs of the cases say.

A payment that concerns a fee is an act of its case, and so is the answer to a refund: their rows follow from the
log, receipts too. What concerns neither (`unknown`, or an answer that is not accepted) nothing else tells of.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from procedures.domain.case import Case
from procedures.domain.fees import (
    CasePayment,
    FeeReference,
    PaymentVerdict,
    Refund,
    RefundState,
    reference_from,
)
from procedures.payments import store
from shared.db import AnyRow
from shared.errors import Text

_PAYMENTS = Text(
    vi="Các khoản thanh toán không khớp với nhật ký.", en="The payments do not follow from the log."
)
_KINDS = {RefundState.DONE: "refunded", RefundState.FAILED: "refund_failed"}
_OF_BOTH = (
    "provider",
    "kind",
    "reference",
    "amount",
    "currency",
    "received_at",
    "verdict",
    "agency",
    "receipt",
)
_OF_A_PAYMENT = (*_OF_BOTH, "id", "at", "refund_state", "refunded")
_OF_AN_ANSWER = (*_OF_BOTH, "refund")


def flaw_of_payments(case: Case, code: str, rows: Sequence[AnyRow]) -> Text | None:
    """Whether these are the rows of the case's payments and of the answers to its refunds, and of nothing else."""
    told = sorted(filter(None, map(_told, rows)), key=_name)
    return None if told == sorted(_expected(case, code), key=_name) else _PAYMENTS


def _told(row: AnyRow) -> dict[str, Any] | None:
    """What of a row must follow from the log; None when nothing does."""
    if row.kind != "paid":
        if row.verdict != PaymentVerdict.ACCEPTED:
            return None
        return {name: getattr(row, name) for name in _OF_AN_ANSWER}
    if row.verdict == PaymentVerdict.UNKNOWN:
        return None
    return {name: getattr(row, name) for name in _OF_A_PAYMENT} | {"fee": reference_from(row.fee)}


def _expected(case: Case, code: str) -> Iterator[dict[str, Any]]:
    for paid in case.payments:
        yield _of_payment(case, code, paid)
        for refund in paid.refunds:
            if refund.state in _KINDS:
                yield _of_answer(case, paid, refund)


def _of_payment(case: Case, code: str, paid: CasePayment) -> dict[str, Any]:
    told = paid.payment
    return {
        "provider": told.provider,
        "kind": "paid",
        "reference": told.reference,
        "amount": told.amount,
        "currency": told.currency,
        "received_at": paid.received_at,
        "verdict": paid.verdict.value,
        "agency": case.agency,
        "receipt": paid.receipt,
        "id": told.id,
        "at": told.paid_at,
        "fee": FeeReference(case.agency, code, paid.fee),
        **store.refunds_row(paid),
    }


def _of_answer(case: Case, paid: CasePayment, refund: Refund) -> dict[str, Any]:
    return {
        "provider": paid.payment.provider,
        "kind": _KINDS[refund.state],
        "reference": refund.reference,
        "amount": refund.amount,
        "currency": paid.payment.currency,
        "received_at": refund.answered_at,
        "verdict": PaymentVerdict.ACCEPTED.value,
        "agency": case.agency,
        "receipt": None,
        "refund": refund.id,
    }


def _name(told: dict[str, Any]) -> tuple[str, ...]:
    """By what a row is unique."""
    return told["provider"], told["kind"], told["reference"]
