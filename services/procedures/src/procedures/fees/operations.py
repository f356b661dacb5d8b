"""What officials do about fees, and the receipt of one that is paid."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look
from procedures.cases.operations import Order, get_case, handle_case
from procedures.cases.store import Stored
from procedures.domain import fee_rules
from procedures.domain.definition import Fee
from procedures.domain.fee_rules import FeeNotPaid, fee_of, payment_of
from procedures.domain.fees import CaseFee, CasePayment
from procedures.domain.handling import Official
from procedures.results.store import agency_name


@dataclass(frozen=True, slots=True)
class PaidFee:
    """A fee of a case with the payment that settled it, and what the agency is called."""

    stored: Stored
    fee: CaseFee
    payment: CasePayment
    agency_name: tuple[str, str]


async def demand_fee_by_hand(
    tx: AsyncConnection, order: Order, official: Official, fee: Fee, *, legal_ground: str, stops_clock: bool
) -> Stored:
    """Ask the applicant for a fee beside the one that the procedure asks for."""
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: fee_rules.demand_by_hand(
            case,
            definition,
            calendar,
            official,
            order.now,
            fee,
            legal_ground=legal_ground,
            stops_clock=stops_clock,
        ),
    )


async def exempt_fee(
    tx: AsyncConnection, order: Order, official: Official, number: int, *, reason: str, legal_ground: str
) -> Stored:
    """Waive a fee that is not paid."""
    return await handle_case(
        tx,
        order,
        lambda case, definition, calendar: fee_rules.exempt(
            case, definition, calendar, official, order.now, number, reason=reason, legal_ground=legal_ground
        ),
    )


async def receipt_of(tx: AsyncConnection, case_id: UUID, number: int, look: Look) -> PaidFee:
    """What the receipt of a fee says.

    Raises:
        CaseNotFound, FeeNotFound, FeeNotPaid.
    """
    stored = await get_case(tx, case_id, look)
    fee = fee_of(stored.case, number)
    if fee.paid_by is None:
        raise FeeNotPaid
    names = await agency_name(tx, stored.case.agency)
    return PaidFee(stored, fee, payment_of(stored.case, fee.paid_by), names)
