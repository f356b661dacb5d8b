"""The routes of event logs."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from procedures.dependencies import agency_of
from procedures.event_logs import ocel, xes
from procedures.event_logs.operations import as_ocel, as_xes, version_of
from procedures.event_logs.store import Extent
from procedures.statistics.routes import MonthText, months
from procedures.stays.routes import Leader
from shared.db import Database
from shared.web import Db
from shared.web.conditional import etag_of

router = APIRouter(prefix="/procedures/v1/event-logs", tags=["oversight"])

Procedure = Annotated[str, Query(max_length=50, examples=["TP01"], description="Code of a procedure")]
Written = Callable[[Database, Extent], AsyncIterator[str]]
Of = Annotated[
    MonthText, Query(alias="month", description="In which the cases were submitted, in Viet Nam's time")
]


@router.get(
    "/xes",
    response_class=StreamingResponse,
    responses={200: {"description": "The event log", "content": {xes.MEDIA_TYPE: {}}}},
)
async def get_xes(request: Request, who: Leader, db: Db, procedure: Procedure, month: Of) -> Response:
    """The cases of your agency and a procedure with all that was done in them, as XES (IEEE 1849).

    For tools of process mining. It names steps, units and kinds of people, and nobody; cases by their ids.
    """
    extent = Extent(agency_of(who), procedure, months(month, month)[0])
    return await _file(request, db, extent, as_xes, "xes", xes.MEDIA_TYPE)


@router.get(
    "/ocel",
    response_class=StreamingResponse,
    responses={200: {"description": "The event log", "content": {ocel.MEDIA_TYPE: {}}}},
)
async def get_ocel(request: Request, who: Leader, db: Db, procedure: Procedure, month: Of) -> Response:
    """The same as an object-centric event log: OCEL 2.0 in JSON, about cases, their stops at steps, and units."""
    extent = Extent(agency_of(who), procedure, months(month, month)[0])
    return await _file(request, db, extent, as_ocel, "jsonocel", ocel.MEDIA_TYPE)


async def _file(
    request: Request, db: Database, extent: Extent, write: Written, suffix: str, media_type: str
) -> Response:
    tag = etag_of(await version_of(db, extent))
    headers = {"etag": tag, "vary": "Authorization"}
    held = {held.strip() for held in request.headers.get("if-none-match", "").split(",")}
    if held & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    name = f"{extent.agency}-{extent.procedure}-{extent.month:%Y-%m}.{suffix}"
    headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    headers["x-content-type-options"] = "nosniff"
    return StreamingResponse(write(db, extent), headers=headers, media_type=media_type)
