"""Fees of cases: asked for, paid, given back."""

from typing import Literal

from shared.events.procedures import CaseEvent


class CaseFeeDemanded(CaseEvent):
    """The applicant is asked for a fee. `fee` is by what payers and providers name it."""

    type = "procedures.case.fee_demanded.v1"
    fee: str
    amount: int
    """In the smallest unit of the currency, as every amount."""
    currency: str
    stops_clock: bool = False
    """The legal clock stands still until it is paid."""


class CaseFeeExempted(CaseEvent):
    """The applicant need not pay the fee."""

    type = "procedures.case.fee_exempted.v1"
    fee: str
    legal_ground: str


class CasePaymentEvent(CaseEvent):
    """What every event about a payment says of it."""

    fee: str
    payment: str
    """Its id here."""
    provider: str
    reference: str
    """The provider's name for it."""
    amount: int
    currency: str


class CaseFeePaid(CasePaymentEvent):
    """The fee is paid; `receipt` is the number of its receipt."""

    type = "procedures.case.fee_paid.v1"
    receipt: str


class CasePaymentSetAside(CasePaymentEvent):
    """Money came that settles nothing, and is to be given back once the agency orders it."""

    type = "procedures.case.payment_set_aside.v1"
    verdict: Literal["too_little", "too_much", "wrong_currency", "duplicate", "late"]


class CaseRefundOrdered(CasePaymentEvent):
    """The provider is to give the payment back, and to tell by callback of `refund` what became of it."""

    type = "procedures.case.refund_ordered.v1"
    refund: str


class CaseRefundAnswered(CasePaymentEvent):
    """The provider gave the payment back, or could not (`done` is false)."""

    type = "procedures.case.refund_answered.v1"
    refund: str
    done: bool
