"""Acts about money: a fee is asked for or waived, paid, and given back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
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
from procedures.domain.time_to_pay import TimeToPay
from procedures.domain.timer import Timer
from procedures.domain.timers import noted


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
    time: TimeToPay | None = None
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
            time=self.time,
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
class FeeReminded:
    """The time to pay ends soon."""

    timer: Timer
    number: int
    pay_by: datetime
    kind: Literal["fee_reminded"] = "fee_reminded"

    def change(self, case: Case, at: datetime) -> Case:
        return replace(case, noted=noted(case, self.timer))


@dataclass(frozen=True, slots=True)
class FeeExpired:
    """Nobody has paid in time. Where the procedure says so the case lapses with it; else it waits no more."""

    number: int
    pay_by: datetime
    stands: Standing | None = None
    kind: Literal["fee_expired"] = "fee_expired"

    def change(self, case: Case, at: datetime) -> Case:
        return _standing(_with_time(case, self.number, over_at=at), self.stands, at)


@dataclass(frozen=True, slots=True)
class FeeRedated:
    """Until when a fee is to be paid, by a calendar that was edited."""

    number: int
    pay_by: datetime
    remind_at: datetime | None

    def change(self, case: Case) -> Case:
        return _with_time(case, self.number, by=self.pay_by, remind_at=self.remind_at)


@dataclass(frozen=True, slots=True)
class FeeAskedAgain:
    """How much time there is to pay a fee of a case that was reopened."""

    number: int
    time: TimeToPay | None
    """None: for ever."""

    def change(self, case: Case) -> Case:
        fees = (replace(fee, time=self.time) if fee.number == self.number else fee for fee in case.fees)
        return replace(case, fees=tuple(fees))


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
    amount: int | None = None
    """None, as it was written before parts could be given back: all of it."""
    kind: Literal["refund_ordered"] = "refund_ordered"

    def change(self, case: Case, at: datetime) -> Case:
        paid = _paid(case, self.payment)
        amount = paid.payment.amount if self.amount is None else self.amount
        ordered = Refund(self.refund, amount, at, self.reason, self.legal_ground)
        return _with_refunds(case, self.payment, (*paid.refunds, ordered))


@dataclass(frozen=True, slots=True)
class RefundAnswered:
    """The provider gave the money back, or could not."""

    payment: UUID
    reference: str
    """The provider's, of the refund."""
    done: bool
    refund: UUID | None = None
    """None, as it was written while there was one at a time: the last that was ordered."""
    kind: Literal["refund_answered"] = "refund_answered"

    def change(self, case: Case, at: datetime) -> Case:
        refunds = _paid(case, self.payment).refunds
        if not refunds:
            raise ValueError("no refund was ordered")
        wanted = self.refund or refunds[-1].id
        state = RefundState.DONE if self.done else RefundState.FAILED
        answered = (
            replace(one, state=state, answered_at=at, reference=self.reference) if one.id == wanted else one
            for one in refunds
        )
        return _with_refunds(case, self.payment, tuple(answered))


def _standing(case: Case, stands: Standing | None, at: datetime) -> Case:
    return case if stands is None else case.standing(stands, at)


def _with_time(case: Case, number: int, **changes: Any) -> Case:
    """The case with the time to pay one of its fees changed; the fee has one."""
    fees = (
        replace(fee, time=replace(fee.time, **changes)) if fee.number == number and fee.time else fee
        for fee in case.fees
    )
    return replace(case, fees=tuple(fees))


def _paid(case: Case, payment: UUID) -> CasePayment:
    return next(one for one in case.payments if one.payment.id == payment)


def _with_refunds(case: Case, payment: UUID, refunds: tuple[Refund, ...]) -> Case:
    payments = tuple(
        replace(one, refunds=refunds) if one.payment.id == payment else one for one in case.payments
    )
    return replace(case, payments=payments)
