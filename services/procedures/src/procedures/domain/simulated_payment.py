"""When the applicant of an invented case pays, and what that makes of it."""

from datetime import datetime
from uuid import UUID

from procedures.domain.acts import Act
from procedures.domain.calendar import WorkingCalendar
from procedures.domain.case import Case
from procedures.domain.clock import Stop
from procedures.domain.definition import Step
from procedures.domain.fee_rules import settle
from procedures.domain.fees import CaseFee, Payment
from procedures.domain.terms import Term, due_at
from procedures.domain.timer import TimerKind
from procedures.domain.timers import timers_of


def next_payment(
    case: Case, pays_after: Term | None, calendar: WorkingCalendar
) -> tuple[datetime, CaseFee] | None:
    """When the applicant pays a fee, and which; None when there is none to pay, or it is never paid."""
    for fee in case.fees:
        if fee.open:
            at = fee.demanded_at if pays_after is None else due_at(fee.demanded_at, pays_after, calendar)
            return None if at is None else (at, fee)
    return None


def is_awaited(case: Case, pays_after: Term | None, calendar: WorkingCalendar) -> bool:
    """Whether the clock stands still for a payment, and that comes to an end: it is paid, or its time runs out."""
    if Stop.PAYMENT not in case.stops:
        return False
    runs_out = any(timer.kind is TimerKind.FEE_EXPIRY for timer in timers_of(case))
    return runs_out or next_payment(case, pays_after, calendar) is not None


def decides(step: Step) -> bool:
    """Whether the matter is decided with the step at the latest, for which the clock must run."""
    return step.decides or step.completes_processing or any(not way.targets for way in step.transitions)


def pay(case: Case, fee: CaseFee, calendar: WorkingCalendar, now: datetime) -> Act:
    """The fee is paid, to the very amount."""
    payment = Payment(UUID(int=fee.number), "simulation", "", fee.amount, fee.currency, now)
    return settle(case, calendar, now, fee.number, payment, "")
