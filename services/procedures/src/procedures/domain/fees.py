"""What a case costs, what was paid for it, and what is given back: the part of a case's state about money.

Amounts are whole numbers of the smallest unit of an ISO 4217 currency; the dong has none below it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from procedures.domain.clock import Stop
from procedures.domain.personal import PersonalText
from procedures.domain.time_to_pay import TimeToPay

LARGEST_AMOUNT = 10**15

_REFERENCE = re.compile(r"(?P<code>(?P<agency>.{1,100})-\d{6}-\d{4,})/(?P<number>[1-9]\d{0,3})")


class PaymentVerdict(StrEnum):
    """What becomes of a payment, or of a refund, that a provider told of."""

    ACCEPTED = "accepted"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    WRONG_CURRENCY = "wrong_currency"
    DUPLICATE = "duplicate"
    """The fee was paid, or the refund answered, before."""
    LATE = "late"
    """Nobody asks for the fee any more: the case has ended, or the fee was waived."""
    UNKNOWN = "unknown"
    """No case has such a fee, or no such refund was ordered."""


class RefundState(StrEnum):
    """How far a refund has come."""

    ORDERED = "ordered"
    DONE = "done"
    FAILED = "failed"


class FeeState(StrEnum):
    """How a fee stands."""

    DUE = "due"
    PAID = "paid"
    EXEMPTED = "exempted"
    PARTLY_REFUNDED = "partly_refunded"
    """A part of it was given back."""
    REFUNDED = "refunded"
    """All of it was given back."""
    CANCELLED = "cancelled"
    """The case ended before it was paid."""


@dataclass(frozen=True, slots=True)
class CaseFee:
    """A fee that the applicant of a case was asked for, or is exempt from."""

    number: int
    """In the case, from 1."""
    amount: int
    currency: str
    demanded_at: datetime
    legal_ground: str | None
    """Of the fee."""
    stops_clock: bool
    """The legal clock stands still until it is paid."""
    by_hand: bool
    """An official asked for it; otherwise the procedure does."""
    exempted_by: str | None = None
    """The legal ground on which it need not be paid."""
    paid_by: UUID | None = None
    """The payment that settled it."""
    time: TimeToPay | None = None
    """Until when it is to be paid; None: for ever."""

    @property
    def open(self) -> bool:
        """Whether it is still to be paid, as long as the case goes on."""
        return self.exempted_by is None and self.paid_by is None

    @property
    def running_out(self) -> TimeToPay | None:
        """The time in which it is still to be paid; None once it is paid, waived or was not paid in time."""
        return self.time if self.open and self.time is not None and self.time.over_at is None else None

    @property
    def expired(self) -> bool:
        """Whether it was not paid in time."""
        return self.time is not None and self.time.over_at is not None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as its provider told of it."""

    id: UUID
    """Ours."""
    provider: str
    reference: str
    """The provider's."""
    amount: int
    currency: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """An order to give a payment, or a part of it, back."""

    id: UUID
    amount: int
    ordered_at: datetime
    reason: PersonalText
    legal_ground: str
    state: RefundState = RefundState.ORDERED
    answered_at: datetime | None = None
    reference: str | None = None
    """The provider's, of its answer."""


@dataclass(frozen=True, slots=True)
class CasePayment:
    """A payment for a fee of a case: one that settled it, or one that is set aside to be given back."""

    payment: Payment
    fee: int
    received_at: datetime
    verdict: PaymentVerdict
    receipt: str | None = None
    """The legal number of its receipt; none of what is set aside."""
    refunds: tuple[Refund, ...] = ()
    """Every one that was ordered, in order; those that failed too."""

    @property
    def refundable(self) -> int:
        """What may still be given back: what was paid without what is given back, or is ordered to be."""
        return self.payment.amount - sum(
            one.amount for one in self.refunds if one.state is not RefundState.FAILED
        )

    @property
    def refunded(self) -> int:
        """What was given back."""
        return sum(one.amount for one in self.refunds if one.state is RefundState.DONE)

    @property
    def refund_state(self) -> RefundState | None:
        """How far the giving back has come: `ordered` while an answer is waited for, else as the last ended."""
        states = [one.state for one in self.refunds]
        return RefundState.ORDERED if RefundState.ORDERED in states else next(reversed(states), None)


@dataclass(frozen=True, slots=True)
class FeeReference:
    """By what payers and providers name a fee: the code of its case and its number, `H99.01-261123-0001/1`."""

    agency: str
    code: str
    number: int

    def __str__(self) -> str:
        return f"{self.code}/{self.number}"


def reference_from(text: str) -> FeeReference | None:
    """The reference that somebody wrote; None when it cannot be one."""
    found = _REFERENCE.fullmatch(text.strip())
    return found and FeeReference(found["agency"], found["code"], int(found["number"]))


def payment_stops(fees: Iterable[CaseFee]) -> tuple[Stop, ...]:
    """Why the clock stands still for these fees: for payment while one of them that stops it may be paid in time."""
    return (Stop.PAYMENT,) if any(fee.open and fee.stops_clock and not fee.expired for fee in fees) else ()


def receipt_number(count: int, year: int) -> str:
    """The number of the `count`-th receipt (biên lai) of an agency in a year: `0000007/2026/BL`."""
    return f"{count:07}/{year}/BL"
