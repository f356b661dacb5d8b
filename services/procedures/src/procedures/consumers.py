"""What procedures learns from others, and from its own cases: event class -> operation."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from procedures.agencies.operations import learn_agency
from procedures.domain.fees import reference_from
from procedures.domain.statistics import Fact
from procedures.external_tasks.systems import learn_system
from procedures.officials.operations import learn_official
from procedures.statistics.operations import count_fact, count_rating
from procedures.stays.operations import follow_case
from shared.events import EVENT_TYPES, Envelope
from shared.events.identity import (
    AgencyChanged,
    AgencyEvent,
    AgencyRegistered,
    ClientChanged,
    ClientEvent,
    ClientRegistered,
    OfficialAppointed,
    OfficialEvent,
    OfficialPostsChanged,
    OfficialRemoved,
)
from shared.events.participation import FeedbackRated
from shared.events.procedures import CaseEvent
from shared.events.procedures_fees import CaseFeeDemanded, CaseFeeExempted, CaseFeePaid
from shared.inbox import Handlers


async def _agency(tx: AsyncConnection, envelope: Envelope, event: AgencyEvent) -> None:
    await learn_agency(tx, envelope.sequence, event)


async def _client(tx: AsyncConnection, envelope: Envelope, event: ClientEvent) -> None:
    await learn_system(tx, envelope.sequence, event)


async def _official(tx: AsyncConnection, envelope: Envelope, event: OfficialEvent) -> None:
    await learn_official(tx, str(envelope.subject), envelope.sequence, event, envelope.time)


async def _act(tx: AsyncConnection, envelope: Envelope, event: CaseEvent) -> None:
    """Our own cases are counted from their events, so that no case waits for the row of a counter.

    What was filed once is counted once: a part of a case is not counted beside it. Its steps are steps of the agency
    that handles it, so it has stays of its own.
    """
    if envelope.sequence > 1:  # a submission ends no stay
        await follow_case(tx, envelope.subject, envelope.sequence)
    if event.parent is not None:
        return
    kind = event.type.split(".")[2]
    outcome = envelope.data.get("outcome") if kind == "decided" else None
    await count_fact(
        tx,
        envelope.subject,
        agency=event.agency,
        procedure=event.procedure,
        sequence=envelope.sequence,
        fact=Fact(kind, envelope.time, event.due_at, outcome, _fee_of(event)),
    )


def _fee_of(event: CaseEvent) -> int | None:
    if not isinstance(event, CaseFeeDemanded | CaseFeeExempted | CaseFeePaid):
        return None
    reference = reference_from(event.fee)
    return None if reference is None else reference.number


async def _rating(tx: AsyncConnection, envelope: Envelope, event: FeedbackRated) -> None:
    month = date.fromisoformat(f"{event.month}-01")
    number = envelope.sequence
    await count_rating(tx, agency=event.agency, month=month, number=number, score=event.score)


HANDLERS: Handlers = {
    AgencyRegistered: _agency,
    AgencyChanged: _agency,
    ClientRegistered: _client,
    ClientChanged: _client,
    OfficialAppointed: _official,
    OfficialPostsChanged: _official,
    OfficialRemoved: _official,
    FeedbackRated: _rating,
    **{event: _act for event in EVENT_TYPES.values() if issubclass(event, CaseEvent)},
}
