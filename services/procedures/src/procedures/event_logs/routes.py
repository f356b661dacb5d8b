"""The routes of event logs."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from procedures.dependencies import agency_of
from procedures.event_logs import ocel, xes
from procedures.event_logs.operations import Extent, as_ocel, as_xes
from procedures.statistics.routes import MonthText, months
from procedures.stays.routes import Leader
from shared.web import Db

router = APIRouter(prefix="/procedures/v1/event-logs", tags=["oversight"])

Procedure = Annotated[str, Query(max_length=50, examples=["TP01"], description="Code of a procedure")]
Of = Annotated[
    MonthText, Query(alias="month", description="In which the cases were submitted, in Viet Nam's time")
]


@router.get(
    "/xes",
    response_class=StreamingResponse,
    responses={200: {"description": "The event log", "content": {xes.MEDIA_TYPE: {}}}},
)
async def get_xes(who: Leader, db: Db, procedure: Procedure, month: Of) -> StreamingResponse:
    """The cases of your agency and a procedure with all that was done in them, as XES (IEEE 1849).

    For tools of process mining. It names steps, units and kinds of people, and nobody; cases by their ids.
    """
    extent = Extent(agency_of(who), procedure, months(month, month)[0])
    return _file(as_xes(db, extent), extent, "xes", xes.MEDIA_TYPE)


@router.get(
    "/ocel",
    response_class=StreamingResponse,
    responses={200: {"description": "The event log", "content": {ocel.MEDIA_TYPE: {}}}},
)
async def get_ocel(who: Leader, db: Db, procedure: Procedure, month: Of) -> StreamingResponse:
    """The same as an object-centric event log: OCEL 2.0 in JSON, about cases, their stops at steps, and units."""
    extent = Extent(agency_of(who), procedure, months(month, month)[0])
    return _file(as_ocel(db, extent), extent, "jsonocel", ocel.MEDIA_TYPE)


def _file(pieces: AsyncIterator[str], extent: Extent, suffix: str, media_type: str) -> StreamingResponse:
    name = f"{extent.agency}-{extent.procedure}-{extent.month:%Y-%m}.{suffix}"
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return StreamingResponse(pieces, headers=headers, media_type=media_type)
