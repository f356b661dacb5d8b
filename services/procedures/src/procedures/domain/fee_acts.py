"""Acts about money: a fee is asked for or waived, paid, and given back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from procedures.domain.case import Case, Standing
from procedures.domain.fees import (
    CaseFee,
    CasePayment,
    Payment,
    PaymentVerdict,
    Refund,
    RefundState,
)
from procedures.domain.personal import PersonalText


@dataclass(frozen=True, slots=True)
class FeeDemanded:
    number: int
    amount: int
    currency: str
    legal_ground: str | None
    stops_clock: bool
    by_hand: bool
    stands: Standing | None = None
    """None when it changes nothing in time."""
    kind: Literal["fee_demanded"] = "fee_demanded"

    def change(self, case: Case, at: datetime) -> Case:
        fee = CaseFee(
            number=self.number,
            amount=self.amount,
            currency=self.currency,
            demanded_at=at,
            legal_ground=self.legal_ground,
            stops_clock=self.stops_clock,
            by_hand=self.by_hand,
        )
        return _standing(replace(case, fees=(*case.fees, fee)), self.stands, at)


@dataclass(frozen=True, slots=True)
class FeeExempted:
    """The applicant need not pay: a fee that was asked for, or one that would have been."""

    number: int
    amount: int
    """What would have been due; 0 when nobody worked it out."""
    currency: str
    legal_ground: str
    by_hand: bool
    reason: PersonalText | None = None
    stands: Standing | None = None
    kind: Literal["fee_exempted"] = "fee_exempted"

    def change(self, case: Case, at: datetime) -> Case:
        asked = next((fee for fee in case.fees if fee.number == self.number), None)
        fee = asked or CaseFee(self.number, self.amount, self.currency, at, None, False, self.by_hand)
        others = tuple(one for one in case.fees if one.number != self.number)
        fees = sorted((*others, replace(fee, exempted_by=self.legal_ground)), key=lambda one: one.number)
        return _standing(replace(case, fees=tuple(fees)), self.stands, at)


@dataclass(frozen=True, slots=True)
class FeePaid:
    number: int
    payment: Payment
    receipt: str
    """The legal number of the receipt."""
    stands: Standing | None = None
    kind: Literal["fee_paid"] = "fee_paid"

    def change(self, case: Case, at: datetime) -> Case:
        paid = CasePayment(self.payment, self.number, at, PaymentVerdict.ACCEPTED, self.receipt)
        fees = tuple(
            replace(fee, paid_by=self.payment.id) if fee.number == self.number else fee for fee in case.fees
        )
        settled = replace(case, fees=fees, payments=(*case.payments, paid))
        return _standing(settled, self.stands, at)


@dataclass(frozen=True, slots=True)
class PaymentSetAside:
    """Money came that settles nothing; it is to be given back."""

    number: int
    payment: Payment
    verdict: PaymentVerdict
    kind: Literal["payment_set_aside"] = "payment_set_aside"

    def change(self, case: Case, at: datetime) -> Case:
        aside = CasePayment(self.payment, self.number, at, self.verdict)
        return replace(case, payments=(*case.payments, aside))


@dataclass(frozen=True, slots=True)
class RefundOrdered:
    payment: UUID
    refund: UUID
    reason: PersonalText
    legal_ground: str
    kind: Literal["refund_ordered"] = "refund_ordered"

    def change(self, case: Case, at: datetime) -> Case:
        return _with_refund(case, self.payment, Refund(self.refund, at, self.reason, self.legal_ground))


@dataclass(frozen=True, slots=True)
class RefundAnswered:
    """The provider gave the money back, or could not."""

    payment: UUID
    reference: str
    """The provider's, of the refund."""
    done: bool
    kind: Literal["refund_answered"] = "refund_answered"

    def change(self, case: Case, at: datetime) -> Case:
        paid = next(one for one in case.payments if one.payment.id == self.payment)
        if paid.refund is None:
            raise ValueError("no refund was ordered")
        state = RefundState.DONE if self.done else RefundState.FAILED
        return _with_refund(case, self.payment, replace(paid.refund, state=state, answered_at=at))


def _standing(case: Case, stands: Standing | None, at: datetime) -> Case:
    return case if stands is None else case.standing(stands, at)


def _with_refund(case: Case, payment: UUID, refund: Refund) -> Case:
    payments = tuple(
        replace(one, refund=refund) if one.payment.id == payment else one for one in case.payments
    )
    return replace(case, payments=payments)
