"""Deciding a case."""

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.cases.operations import Order, handle_case
from procedures.cases.store import Stored
from procedures.domain.case import Outcome
from procedures.domain.deciding import decide
from procedures.domain.handling import Official


async def decide_case(
    tx: AsyncConnection,
    order: Order,
    official: Official,
    *,
    outcome: Outcome,
    reason: str,
    number: str | None,
    legal_ground: str | None,
) -> Stored:
    """Answer the matter: granted or rejected, with reasons, and for a rejection the legal ground.

    Raises:
        CaseNotFound, CaseChanged, PreconditionRequired, and what `decide` raises.
    """
    return await handle_case(
        tx,
        order,
        lambda case, definition, _: decide(
            case,
            definition,
            official,
            outcome=outcome,
            reason=reason,
            number=number,
            legal_ground=legal_ground,
        ),
    )
