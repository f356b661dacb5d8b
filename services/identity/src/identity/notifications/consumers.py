"""Which events of a case its applicant is told of."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from identity.domain.messages import Occasion
from identity.notifications.operations import notify_applicant
from shared.events import Envelope, Event
from shared.events.procedures import (
    CaseAccepted,
    CaseApologised,
    CaseClosed,
    CaseDecided,
    CaseEvent,
    CaseExtended,
    CaseLapsed,
    CaseRedated,
    CaseRefused,
    CaseReminded,
    CaseSubmitted,
    CaseSupplemented,
    CaseSupplementExpired,
    CaseSupplementRequested,
    CaseWithdrawn,
)
from shared.events.procedures_fees import CaseFeeDemanded, CaseFeeExpired, CaseFeeReminded
from shared.events.procedures_links import CaseReopened
from shared.inbox import Handler

_OCCASIONS: Mapping[type[CaseEvent], Occasion] = {
    CaseSubmitted: Occasion.SUBMITTED,
    CaseAccepted: Occasion.ACCEPTED,
    CaseRefused: Occasion.REFUSED,
    CaseSupplementRequested: Occasion.SUPPLEMENT_REQUESTED,
    CaseSupplemented: Occasion.SUPPLEMENTED,
    CaseClosed: Occasion.CLOSED,
    CaseWithdrawn: Occasion.WITHDRAWN,
    CaseExtended: Occasion.EXTENDED,
    CaseRedated: Occasion.REDATED,
    CaseApologised: Occasion.APOLOGISED,
    CaseReminded: Occasion.ANSWER_REMINDED,
    CaseSupplementExpired: Occasion.SUPPLEMENT_EXPIRED,
    CaseLapsed: Occasion.LAPSED,
    CaseFeeDemanded: Occasion.FEE_DEMANDED,
    CaseFeeReminded: Occasion.FEE_REMINDED,
    CaseFeeExpired: Occasion.FEE_EXPIRED,
    CaseReopened: Occasion.REOPENED,
}


_ASKED_IN_A_PART = (
    Occasion.SUPPLEMENT_REQUESTED,
    Occasion.SUPPLEMENTED,
    Occasion.SUPPLEMENTED_IN_PART,
    Occasion.ANSWER_REMINDED,
    Occasion.ANSWER_REDATED,
    Occasion.SUPPLEMENT_EXPIRED,
    Occasion.FEE_DEMANDED,
    Occasion.FEE_REMINDED,
    Occasion.FEE_EXPIRED,
)
_OF_A_PART: Mapping[Occasion | None, Occasion] = {
    **{occasion: occasion for occasion in _ASKED_IN_A_PART},
    Occasion.LAPSED: Occasion.PART_LAPSED,
}
"""Of what is a part of another case the applicant is told where they are asked for something, and what comes of not
answering, under the code that they know; the whole has not lapsed with its part."""


async def tell(tx: AsyncConnection, envelope: Envelope, event: CaseEvent) -> None:
    """Tell the applicant what happened, where it concerns them."""
    occasion = _occasion(event)
    if event.parent is not None:
        occasion = _OF_A_PART.get(occasion)
    if occasion is None:
        return
    await notify_applicant(
        tx,
        event_id=envelope.id,
        applicant=event.applicant,
        occasion=occasion,
        case_code=event.parent or event.code,
        due_at=_due_at(event),
        at=envelope.time,
    )


def _occasion(event: CaseEvent) -> Occasion | None:
    """None of what concerns the agency alone: its reminders, another instant for one of its steps."""
    match event:
        case CaseDecided():
            return Occasion.GRANTED if event.outcome == "granted" else Occasion.REJECTED
        case CaseReminded() if event.of != "answer":
            return None
        case CaseFeeExpired() if event.on_expiry == "lapse":
            return None  # that the case lapses is told by its own event
        case CaseSupplemented() if event.missing:
            return Occasion.SUPPLEMENTED_IN_PART
        case CaseRedated() if event.answer_by != event.was_answer_by:
            return Occasion.ANSWER_REDATED
        case CaseRedated() if event.due_at == event.was_due_at:
            return None
        case _:
            return _OCCASIONS[type(event)]


def _due_at(event: CaseEvent) -> datetime | None:
    """By when something is to be done: by the agency, or by an applicant who was asked for something."""
    match event:
        case CaseSupplementRequested():
            return event.answer_by
        case CaseRedated():
            return event.answer_by or event.due_at
        case CaseReminded():
            return event.reminded_of
        case CaseApologised():
            return event.promised_at
        case CaseFeeDemanded() | CaseFeeReminded():
            return event.pay_by
        case _:
            return event.due_at


HANDLERS: Mapping[type[Event], Handler] = dict.fromkeys((*_OCCASIONS, CaseDecided), tell)
