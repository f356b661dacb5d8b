"""The rules of fees: when one is asked for, who may waive it, what a payment is good for, what is given back."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.automation import Purpose
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case, Standing
from procedures.domain.clock import Stop
from procedures.domain.dating import standing
from procedures.domain.definition import Definition, Fee
from procedures.domain.fee_acts import (
    FeeDemanded,
    FeeExempted,
    FeePaid,
    PaymentSetAside,
    RefundAnswered,
    RefundOrdered,
)
from procedures.domain.fee_assessment import Assessed
from procedures.domain.fee_demand import DemandedAt
from procedures.domain.fees import (
    CaseFee,
    CasePayment,
    FeeState,
    Payment,
    PaymentVerdict,
    RefundState,
    payment_stops,
)
from procedures.domain.handling import Official
from procedures.domain.result_rules import require_of_the_agency
from procedures.domain.status import Action, require_allowed
from shared.errors import Conflict, NotFound, Text


class FeeNotFound(NotFound):
    """The case has no fee of this number."""

    slug = "fee-not-found"
    title = Text(vi="Hồ sơ không có khoản phí này.", en="The case has no such fee.")


class FeeSettled(Conflict):
    """The fee is paid, or waived, already."""

    slug = "fee-settled"
    title = Text(vi="Khoản phí này đã nộp hoặc đã được miễn.", en="This fee was paid or waived already.")


class FeeNotPaid(NotFound):
    """There is no receipt for a fee that was not paid."""

    slug = "fee-not-paid"
    title = Text(
        vi="Khoản phí này chưa nộp nên chưa có biên lai.",
        en="This fee was not paid, so there is no receipt for it.",
    )


class PaymentNotFound(NotFound):
    """The case has no such payment."""

    slug = "payment-not-found"
    title = Text(vi="Hồ sơ không có khoản thanh toán này.", en="The case has no such payment.")


class AlreadyRefunded(Conflict):
    """A refund of the payment was ordered, or made, already."""

    slug = "already-refunded"
    title = Text(
        vi="Khoản thanh toán này đã được hoàn trả hoặc đang chờ hoàn trả.",
        en="A refund of this payment was ordered already.",
    )


def falls_due(case: Case, definition: Definition) -> bool:
    """Whether the procedure asks for its fee now. It does so once in a case, whatever way that goes."""
    demand = definition.fee_demand
    if demand is None or (demand.rule is None and definition.fee is None) or case.status.ended:
        return False
    asked = any(applied.purpose is Purpose.FEE for applied in case.rules_applied)
    if asked or any(not fee.by_hand for fee in case.fees):
        return False
    match demand.at:
        case DemandedAt.SUBMISSION:
            return True
        case DemandedAt.ACCEPTANCE:
            return case.received_at is not None
        case DemandedAt.STEP:
            assert demand.step is not None
            return case.received_at is not None and case.task(demand.step) is not None


def ask(
    case: Case,
    calendar: WorkingCalendar,
    now: datetime,
    assessed: Assessed,
    *,
    stops_clock: bool,
    by_hand: bool = False,
) -> Act:
    """The applicant is asked for a fee, or told on what ground there is none."""
    number, fee = len(case.fees) + 1, assessed.fee
    if assessed.exempted_by is not None:
        return FeeExempted(number, fee.amount, fee.currency, assessed.exempted_by, by_hand)
    act = FeeDemanded(number, fee.amount, fee.currency, assessed.legal_ground, stops_clock, by_hand)
    return replace(act, stands=_stands(act.change(case, now), calendar, now))


def demand_by_hand(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    fee: Fee,
    *,
    legal_ground: str,
    stops_clock: bool,
) -> tuple[Act, ...]:
    """An official asks for a fee that the procedure does not ask for by itself.

    Raises:
        ActionNotAllowed, NotThisUnit.
    """
    require_allowed(case.status, Action.DEMAND_FEE)
    require_of_the_agency(case, definition, official)
    assessed = Assessed(fee, legal_ground)
    return (ask(case, calendar, now, assessed, stops_clock=stops_clock, by_hand=True),)


def exempt(
    case: Case,
    definition: Definition,
    calendar: WorkingCalendar,
    official: Official,
    now: datetime,
    number: int,
    *,
    reason: str,
    legal_ground: str,
) -> tuple[Act, ...]:
    """An official waives a fee that is not paid; the clock runs on if it stood still for that alone.

    Raises:
        ActionNotAllowed, NotThisUnit, FeeNotFound, FeeSettled.
    """
    require_allowed(case.status, Action.EXEMPT_FEE)
    require_of_the_agency(case, definition, official)
    fee = fee_of(case, number)
    if not fee.open:
        raise FeeSettled
    act = FeeExempted(number, fee.amount, fee.currency, legal_ground, fee.by_hand, reason)
    return (replace(act, stands=_stands(act.change(case, now), calendar, now)),)


def verdict_on(case: Case, fee: CaseFee, payment: Payment) -> PaymentVerdict:
    """Whether a payment settles the fee, or why not. It must be the very amount."""
    if fee.paid_by is not None:
        return PaymentVerdict.DUPLICATE
    if case.status.ended or not fee.open:
        return PaymentVerdict.LATE
    return amount_verdict(payment.amount, payment.currency, fee.amount, fee.currency)


def amount_verdict(amount: int, currency: str, expected: int, in_currency: str) -> PaymentVerdict:
    """Whether it is the very amount."""
    if currency != in_currency:
        return PaymentVerdict.WRONG_CURRENCY
    if amount != expected:
        return PaymentVerdict.TOO_LITTLE if amount < expected else PaymentVerdict.TOO_MUCH
    return PaymentVerdict.ACCEPTED


def settle(
    case: Case, calendar: WorkingCalendar, now: datetime, number: int, payment: Payment, receipt: str
) -> Act:
    """The fee is paid; the clock runs on if it stood still for that alone."""
    act = FeePaid(number, payment, receipt)
    return replace(act, stands=_stands(act.change(case, now), calendar, now))


def set_aside(number: int, payment: Payment, verdict: PaymentVerdict) -> Act:
    """Money came that settles nothing."""
    return PaymentSetAside(number, payment, verdict)


def order_refund(
    case: Case,
    definition: Definition,
    official: Official,
    payment: UUID,
    refund: UUID,
    *,
    reason: str,
    legal_ground: str,
) -> tuple[Act, ...]:
    """A payment is to be given back, whatever became of it and of the case; again when that failed before.

    Raises:
        NotThisUnit, PaymentNotFound, AlreadyRefunded.
    """
    require_of_the_agency(case, definition, official)
    paid = payment_of(case, payment)
    if paid.refund is not None and paid.refund.state is not RefundState.FAILED:
        raise AlreadyRefunded
    return (RefundOrdered(payment, refund, reason, legal_ground),)


def answer_refund(
    case: Case, refund: UUID, *, provider: str, reference: str, amount: int, currency: str, done: bool
) -> tuple[PaymentVerdict, tuple[RefundAnswered, ...]]:
    """The provider of a payment says what became of its refund: whether that is what was ordered, and what follows."""
    for paid in case.payments:
        if paid.refund is None or paid.refund.id != refund or paid.payment.provider != provider:
            continue
        if paid.refund.state is not RefundState.ORDERED:
            return PaymentVerdict.DUPLICATE, ()
        verdict = amount_verdict(amount, currency, paid.payment.amount, paid.payment.currency)
        if verdict is not PaymentVerdict.ACCEPTED:
            return verdict, ()
        return verdict, (RefundAnswered(paid.payment.id, reference, done=done),)
    return PaymentVerdict.UNKNOWN, ()


def fee_of(case: Case, number: int) -> CaseFee:
    """The fee of this number.

    Raises:
        FeeNotFound
    """
    for fee in case.fees:
        if fee.number == number:
            return fee
    raise FeeNotFound


def payment_of(case: Case, payment: UUID) -> CasePayment:
    """The payment of this id.

    Raises:
        PaymentNotFound
    """
    for paid in case.payments:
        if paid.payment.id == payment:
            return paid
    raise PaymentNotFound


def state_of(case: Case, fee: CaseFee) -> FeeState:
    """How a fee of the case stands."""
    if fee.exempted_by is not None:
        return FeeState.EXEMPTED
    if fee.paid_by is None:
        return FeeState.CANCELLED if case.status.ended else FeeState.DUE
    refund = payment_of(case, fee.paid_by).refund
    refunded = refund is not None and refund.state is RefundState.DONE
    return FeeState.REFUNDED if refunded else FeeState.PAID


def _stands(case: Case, calendar: WorkingCalendar, now: datetime) -> Standing | None:
    """How the case stands in time with its fees as they are now; None when that changes nothing."""
    if case.clock is None or case.clock.ended_at is not None:
        return None
    others = tuple(stop for stop in case.stops if stop is not Stop.PAYMENT)
    stops = (*others, *payment_stops(case.fees))
    if set(stops) == set(case.stops):
        return None
    return standing(case.clock, case.tasks, stops, calendar, now)
