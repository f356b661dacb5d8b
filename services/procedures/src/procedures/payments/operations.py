"""What can be done with payments: a provider tells of one, an agency reconciles them and gives one back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.access.look import Look, Seen
from procedures.access.operations import record_look
from procedures.cases.dating import dated_by_now
from procedures.cases.operations import Order, locked_case
from procedures.cases.record import record
from procedures.cases.sight import ANY_CASE
from procedures.cases.store import Stored, id_of_code
from procedures.domain.acts import Actor
from procedures.domain.case import Case
from procedures.domain.fee_rules import payment_of, set_aside, settle, verdict_on
from procedures.domain.fees import CaseFee, Payment, PaymentVerdict, receipt_number, reference_from
from procedures.domain.handling import Official
from procedures.domain.refund_rules import answer_refund, order_refund
from procedures.links.store import lock_case
from procedures.payments import store
from shared.db import AnyRow
from shared.errors import Conflict, Text
from shared.ids import new_id

Kind = Literal["paid", "refunded", "refund_failed"]

log = structlog.get_logger()


class ReferenceReused(Conflict):
    """The provider told something else under this reference before."""

    slug = "payment-reference-reused"
    title = Text(
        vi="Mã giao dịch này đã được dùng cho một thông báo có nội dung khác.",
        en="This reference was used for a callback that says something else.",
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """What a provider tells: that a fee was paid, that a payment was given back, or that it could not be."""

    provider: str
    kind: Kind
    reference: str
    """The provider's name for this payment or refund; what is told again under it takes effect once."""
    fee: str
    refund: UUID | None
    """Which order it answers; None of a payment."""
    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it."""

    verdict: PaymentVerdict
    receipt: str | None = None


async def take_notice(tx: AsyncConnection, notice: Notice, now: datetime) -> Taken:
    """Keep what the provider told, and do to the case what follows; told again, it is only answered again.

    Raises:
        ReferenceReused: something else was told under the reference.
    """
    payment, named = new_id(), reference_from(notice.fee)
    told = {
        "kind": notice.kind,
        "reference": notice.reference,
        "fee": notice.fee,
        "refund": notice.refund,
        "amount": notice.amount,
        "currency": notice.currency,
        "at": notice.at,
    }
    fresh = await store.take(
        tx,
        id=payment,
        provider=notice.provider,
        **told,
        received_at=now,
        verdict=PaymentVerdict.UNKNOWN.value,
        agency=named and named.agency,
    )
    if not fresh:
        before = await store.told(tx, notice.provider, notice.kind, notice.reference)
        if any(getattr(before, name) != value for name, value in told.items()):
            raise ReferenceReused
        return Taken(PaymentVerdict(before.verdict), before.receipt)
    case_id = await id_of_code(tx, named.code) if named else None
    if named is None or case_id is None:
        log.warning("payment.unknown", provider=notice.provider, reference=notice.reference)
        return Taken(PaymentVerdict.UNKNOWN)
    stored = await lock_case(tx, case_id, ANY_CASE)
    assert stored is not None, "no case is ever deleted"
    taken = await _apply(tx, stored, named.number, payment, notice, now)
    await store.settle(tx, payment, case_id=case_id, verdict=taken.verdict.value, receipt=taken.receipt)
    return taken


async def _apply(
    tx: AsyncConnection,
    stored: Stored,
    number: int,
    payment: UUID,
    notice: Notice,
    now: datetime,
) -> Taken:
    if notice.refund is not None:
        return await _refunded(tx, stored, notice.refund, notice, now)
    for fee in stored.case.fees:
        if fee.number == number:
            return await _paid(tx, stored, fee, payment, notice, now)
    return Taken(PaymentVerdict.UNKNOWN)


async def _paid(
    tx: AsyncConnection,
    stored: Stored,
    fee: CaseFee,
    payment_id: UUID,
    notice: Notice,
    now: datetime,
) -> Taken:
    stored, calendar = await dated_by_now(tx, stored, now)
    case = stored.case
    payment = Payment(
        payment_id, notice.provider, notice.reference, notice.amount, notice.currency, notice.at
    )
    verdict, receipt = verdict_on(case, fee, payment), None
    if verdict is PaymentVerdict.ACCEPTED:
        year = calendar.local_date(now).year
        receipt = receipt_number(await store.next_receipt(tx, case.agency, year), year)
        act = settle(case, calendar, now, fee.number, payment, receipt)
    else:
        act = set_aside(fee.number, payment, verdict)
    await record(tx, _actor(notice), now, [(stored, [act])])
    return Taken(verdict, receipt)


async def _refunded(
    tx: AsyncConnection, stored: Stored, refund: UUID, notice: Notice, now: datetime
) -> Taken:
    done = notice.kind == "refunded"
    verdict, acts = answer_refund(
        stored.case,
        refund,
        provider=notice.provider,
        reference=notice.reference,
        amount=notice.amount,
        currency=notice.currency,
        done=done,
    )
    for act in acts:
        (after,) = await record(tx, _actor(notice), now, [(stored, [act])])
        await _note_refunds(tx, after.case, act.payment)
    return Taken(verdict)


async def _note_refunds(tx: AsyncConnection, case: Case, payment: UUID) -> None:
    """Keep beside the payment, for the agency's list, how far its giving back has come."""
    await store.settle(tx, payment, **store.refunds_row(payment_of(case, payment)))


def _actor(notice: Notice) -> Actor:
    return Actor(notice.provider, "provider")


async def order_refund_of(
    tx: AsyncConnection,
    order: Order,
    official: Official,
    payment: UUID,
    *,
    amount: int | None,
    reason: str,
    legal_ground: str,
) -> Stored:
    """Have a part of a payment, or all that is left of it, given back; its provider hears of it by the event.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, NotThisUnit, PaymentNotFound, AlreadyRefunded, RefundTooLarge.
    """
    stored = await locked_case(tx, order)
    case = stored.case
    definition = (await order.versions.of(tx, case.procedure, case.version)).definition
    acts = order_refund(
        case,
        definition,
        official,
        payment,
        new_id(),
        amount=amount,
        reason=reason,
        legal_ground=legal_ground,
    )
    (after,) = await record(tx, order.actor, order.now, [(stored, acts)])
    await _note_refunds(tx, after.case, payment)
    return after


async def list_payments(
    tx: AsyncConnection,
    look: Look,
    *,
    verdict: PaymentVerdict | None,
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """What providers told of the agency's fees, the newest first.

    The last of `limit` tells only that there are more; it is not shown.
    """
    assert look.viewer.agency is not None
    rows = await store.page(
        tx, look.viewer.agency, verdict=verdict and verdict.value, after=after, limit=limit
    )
    seen = {
        row.case_id: Seen(row.case_id, row.code, row.procedure, row.applicant)
        for row in rows[: limit - 1]
        if row.case_id is not None
    }
    await record_look(tx, look, *seen.values())
    return rows
