"""Event type -> operation."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from open_data import operations
from open_data.domain.case_fact import Act, Kind
from open_data.domain.month import Month
from shared.errors import Text
from shared.events import EVENT_TYPES, Envelope
from shared.events.identity import AgencyChanged, AgencyEvent, AgencyRegistered
from shared.events.participation import FeedbackRated
from shared.events.procedures import CaseEvent, MonthFrozen
from shared.inbox import Handlers

_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}


async def record_act(tx: AsyncConnection, envelope: Envelope, event: CaseEvent) -> None:
    """Any act of a case: those that no figure names may still move its due instant.

    What was filed once is counted once: a part of a case is not counted beside it.
    """
    if event.parent is not None:
        return
    kind = _KINDS.get(event.type.split(".")[2], Kind.OTHER)
    act = Act(kind, envelope.time, event.agency, event.procedure, event.due_at)
    await operations.record_act(tx, envelope.subject, envelope.sequence, act)


async def name_agency(tx: AsyncConnection, envelope: Envelope, event: AgencyEvent) -> None:
    name = Text(vi=event.name_vi, en=event.name_en)
    await operations.name_agency(tx, code=event.code, sequence=envelope.sequence, name=name)


async def record_rating(tx: AsyncConnection, envelope: Envelope, event: FeedbackRated) -> None:
    await operations.record_rating(
        tx,
        agency=event.agency,
        month=Month.parse(event.month),
        number=envelope.sequence,
        score=event.score,
        at=envelope.time,
    )


async def record_report(tx: AsyncConnection, envelope: Envelope, event: MonthFrozen) -> None:
    await operations.record_report(
        tx,
        envelope.subject,
        agency=event.agency,
        month=event.month,
        procedures=[one.model_dump(mode="json") for one in event.procedures],
        quality=None if event.quality is None else [one.model_dump(mode="json") for one in event.quality],
        at=envelope.time,
    )


HANDLERS: Handlers = {
    AgencyRegistered: name_agency,
    AgencyChanged: name_agency,
    FeedbackRated: record_rating,
    MonthFrozen: record_report,
    **{event: record_act for event in EVENT_TYPES.values() if issubclass(event, CaseEvent)},
}
