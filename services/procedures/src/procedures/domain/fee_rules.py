"""The rules of fees: when one is asked for, who may waive it, what a payment is good for, what if none comes."""

from collections.abc import Iterator
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
    FeeAskedAgain,
    FeeDemanded,
    FeeExempted,
    FeeExpired,
    FeePaid,
    FeeReminded,
    PaymentSetAside,
)
from procedures.domain.fee_assessment import Assessed
from procedures.domain.fee_demand import DemandedAt
from procedures.domain.fees import (
    CaseFee,
    CasePayment,
    FeeState,
    Payment,
    PaymentVerdict,
    payment_stops,
)
from procedures.domain.handling import Official
from procedures.domain.result_rules import require_of_the_agency
from procedures.domain.status import Action, Status, require_allowed
from procedures.domain.time_acts import Lapsed
from procedures.domain.time_to_pay import TimeToPay, Unpaid
from procedures.domain.timer import Timer
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


def falls_due(case: Case, definition: Definition) -> bool:
    """Whether the procedure asks for its fee now. It does so once in a case, whatever way that goes.

    Submission and acceptance are asked for what they cost by the version of their day, not by one to which the case moved
    after them.
    """
    demand = definition.fee_demand
    if demand is None or (demand.rule is None and definition.fee is None) or case.status.ended:
        return False
    asked = any(applied.purpose is Purpose.FEE for applied in case.rules_applied)
    if asked or any(not fee.by_hand for fee in case.fees):
        return False
    match demand.at:
        case DemandedAt.SUBMISSION:
            return case.moved_in is None
        case DemandedAt.ACCEPTANCE:
            return case.received_at is not None and case.moved_in in (None, Status.SUBMITTED)
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
    time: TimeToPay | None = None,
) -> Act:
    """The applicant is asked for a fee, or told on what ground there is none.

    The time to pay counts until the matter is decided: no decision is undone because a fee was not paid.
    """
    number, fee = len(case.fees) + 1, assessed.fee
    if assessed.exempted_by is not None:
        return FeeExempted(number, fee.amount, fee.currency, assessed.exempted_by, by_hand)
    act = FeeDemanded(
        number,
        fee.amount,
        fee.currency,
        assessed.legal_ground,
        stops_clock,
        by_hand,
        time=None if case.decided_at is not None else time,
    )
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


def asked_again(case: Case, calendar: WorkingCalendar, now: datetime) -> Iterator[FeeAskedAgain]:
    """The time to pay the fees of a case that is reopened. One for which all of the money lies here, since it came while
    the case was refused, does not end the case: until that is given back, the applicant would pay twice."""
    for fee in case.fees:
        if fee.running_out is not None:
            time = None if _lies_here(case, fee) else fee.running_out.anew(now, calendar)
            yield FeeAskedAgain(fee.number, time)


def _lies_here(case: Case, fee: CaseFee) -> bool:
    return any(
        paid.fee == fee.number
        and paid.verdict is PaymentVerdict.LATE
        and (paid.refundable, paid.payment.currency) == (fee.amount, fee.currency)
        for paid in case.payments
    )


def remind_of_fee(case: Case, timer: Timer) -> tuple[Act, ...]:
    """The applicant is reminded that the time to pay ends soon."""
    fee = fee_of(case, int(timer.subject))
    assert fee.time is not None  # or there would be nothing to remind of
    return (FeeReminded(timer, fee.number, fee.time.by),)


def unpaid(case: Case, calendar: WorkingCalendar, now: datetime, timer: Timer) -> tuple[Act, ...]:
    """Nobody has paid a fee in time: the case lapses, or goes on and does not wait for it any more."""
    fee = fee_of(case, int(timer.subject))
    act = FeeExpired(fee.number, timer.at)
    if fee.time is not None and fee.time.on_expiry is Unpaid.LAPSE:
        return act, Lapsed(timer.at)
    return (replace(act, stands=_stands(act.change(case, now), calendar, now)),)


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
    paid = payment_of(case, fee.paid_by)
    if not paid.refunded:
        return FeeState.PAID
    return FeeState.REFUNDED if paid.refunded == paid.payment.amount else FeeState.PARTLY_REFUNDED


def _stands(case: Case, calendar: WorkingCalendar, now: datetime) -> Standing | None:
    """How the case stands in time with its fees as they are now; None when that changes nothing."""
    if case.clock is None or case.clock.ended_at is not None:
        return None
    others = tuple(stop for stop in case.stops if stop is not Stop.PAYMENT)
    stops = (*others, *payment_stops(case.fees))
    if set(stops) == set(case.stops):
        return None
    return standing(case.clock, case.tasks, stops, calendar, now)
