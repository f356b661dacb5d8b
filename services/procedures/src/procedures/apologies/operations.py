"""Apologising for being late."""

from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.apologies.letter import keep_letter
from procedures.cases.dating import dated_by_now
from procedures.cases.operations import Order, locked_case
from procedures.cases.record import record
from procedures.cases.store import Stored
from procedures.documents.contents import Content
from procedures.domain import lateness
from procedures.domain.handling import Official
from procedures.results.operations import Press


async def apologise(
    tx: AsyncConnection,
    press: Press,
    order: Order,
    official: Official,
    *,
    reason: str,
    promised: date,
    sheet: Content,
) -> Stored:
    """Say why the case is late, and promise one new date; in the case, and in a letter (`sheet`) that joins it.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, TimeNotAttested, PaperNotSet,
        and what `lateness.apologise` raises.
    """
    stored = await locked_case(tx, order)
    stored, calendar = await dated_by_now(tx, stored, order.now)
    case = stored.case
    definition = (await order.versions.of(tx, case.procedure, case.version)).definition
    act = lateness.apologise(
        case, definition, calendar, official, order.now, reason=reason, promised=promised
    )
    letter = await keep_letter(tx, press, order, stored, definition, act, sheet)
    (after,) = await record(tx, order.actor, order.now, [(stored, [replace(act, letter=letter)])])
    return after
