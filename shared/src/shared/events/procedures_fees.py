"""Fees of cases: asked for, paid, given back."""

from datetime import datetime
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
    pay_by: datetime | None = None
    """Until when it is to be paid; None: for as long as the case goes on."""
    on_expiry: Literal["lapse", "continue"] | None = None
    """What becomes of the case when nobody has paid by then."""


class CaseFeeExempted(CaseEvent):
    """The applicant need not pay the fee."""

    type = "procedures.case.fee_exempted.v1"
    fee: str
    legal_ground: str


class CaseFeeReminded(CaseEvent):
    """The time to pay the fee ends soon."""

    type = "procedures.case.fee_reminded.v1"
    fee: str
    pay_by: datetime


class CaseFeeExpired(CaseEvent):
    """Nobody has paid the fee in time: the case lapses, as the next event tells, or goes on without waiting."""

    type = "procedures.case.fee_expired.v1"
    fee: str
    pay_by: datetime
    on_expiry: Literal["lapse", "continue"]


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
    """The provider is to give `amount` of the payment back, and to tell by callback of `refund` what became of it."""

    type = "procedures.case.refund_ordered.v1"
    refund: str
    paid: int | None = None
    """What the payment was of; `amount` may be a part of it."""


class CaseRefundAnswered(CasePaymentEvent):
    """The provider gave `amount` of the payment back, or could not (`done` is false)."""

    type = "procedures.case.refund_answered.v1"
    refund: str
    done: bool
    paid: int | None = None
    """What the payment was of; `amount` may be a part of it."""
