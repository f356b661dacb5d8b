"""Routes of the stream: server-sent events with resume, and the list of events to catch up with."""

import base64
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from gateway.pages import next_page
from gateway.stream import operations
from gateway.stream.domain.interest import AgencyNotYours, Interest, TopicNotGranted, interest_of
from gateway.stream.domain.sight import Sight
from gateway.stream.feed import Feed
from gateway.stream.operations import EventNotKept
from gateway.stream.response import EventStream
from gateway.stream.schemas import CloudEvent
from gateway.stream.wire import Wire
from shared.auth import Principal, requires
from shared.events import EVENT_TYPES
from shared.pagination import Limit, Page
from shared.web import Db, Now, conditional, problems

TOPICS_OF = {name: event.topic.name for name, event in EVENT_TYPES.items()}

router = APIRouter(prefix="/events/v1", tags=["events"])

Listener = Annotated[Principal, requires("events:stream:read")]
Types = Annotated[
    list[str],
    Query(
        max_length=50,
        description="Types of events, or beginnings of some with `*` for the rest; all when absent",
        examples=[["procedures.case.*"]],
    ),
]
Agencies = Annotated[list[str], Query(alias="agency", max_length=50, description="Codes of agencies")]
Procedures = Annotated[list[str], Query(alias="procedure", max_length=50, description="Codes of procedures")]


def sight_of(principal: Principal) -> Sight:
    """What the caller may see."""
    return Sight.of(
        principal.kind,
        principal.scopes,
        subject=principal.subject,
        client_id=principal.client_id,
        agency=principal.agency,
    )


def _asked(
    request: Request, principal: Principal, types: list[str], agencies: list[str], procedures: list[str]
) -> tuple[Sight, Interest]:
    sight, wire = sight_of(principal), _wire(request)
    interest = interest_of(types, agencies, procedures, sight=sight, topics_of=TOPICS_OF, prefix=wire.prefix)
    return sight, interest


def _wire(request: Request) -> Wire:
    wire: Wire = request.app.state.wire
    return wire


@router.get(
    "/stream",
    summary="Listen to events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events without end: `id` is the event's id, `data` the CloudEvent",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problems(EventNotKept, TopicNotGranted, AgencyNotYours),
    },
)
async def listen(
    request: Request,
    database: Db,
    now: Now,
    principal: Listener,
    types: Types = [],  # noqa: B006 -- FastAPI copies it
    agencies: Agencies = [],  # noqa: B006
    procedures: Procedures = [],  # noqa: B006
    last_event_id: Annotated[
        UUID | None, Header(alias="Last-Event-ID", description="Go on after this event; from now when absent")
    ] = None,
) -> Response:
    """Events as they happen, until your access token expires: then connect again with a new one and with
    `Last-Event-ID`, and nothing is missed.

    A comment comes every 15 seconds as a sign of life. A reader that does not keep up is let go.
    """
    sight, interest = _asked(request, principal, types, agencies, procedures)
    async with database.reading() as connection:
        after = await operations.beginning(connection, last_event_id)
    feed: Feed = request.app.state.feed
    return EventStream(
        feed.follow(sight, interest, after),
        seconds=_expiry(request) - now.timestamp(),
        settings=request.app.state.settings.stream,
    )


def _expiry(request: Request) -> float:
    """`exp` of the access token, which was verified before."""
    claims = request.headers["authorization"].split(".")[1]
    expires: float = orjson.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
    return expires


@router.get(
    "/events",
    summary="List events",
    response_model=Page[CloudEvent],
    responses=problems(EventNotKept, TopicNotGranted, AgencyNotYours),
)
async def list_events(
    request: Request,
    database: Db,
    principal: Listener,
    types: Types = [],  # noqa: B006
    agencies: Agencies = [],  # noqa: B006
    procedures: Procedures = [],  # noqa: B006
    after: Annotated[
        UUID | None, Query(description="Id of the last event you have; from the oldest kept when absent")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """The events of the last weeks in order. `next` is the id to give as `after`; once it is absent, ask
    again later with the id of the last event you got, or go on with the stream.
    """
    sight, interest = _asked(request, principal, types, agencies, procedures)
    async with database.reading() as connection:
        found = await operations.list_events(
            connection, after=after, sight=sight, interest=interest, limit=limit + 1
        )
    shown = found[:limit]
    following = str(shown[-1].envelope.id) if len(found) > limit else None
    wire = _wire(request)
    page = Page[CloudEvent](
        items=[CloudEvent.model_validate(wire.structured(event.envelope)) for event in shown], next=following
    )
    return conditional(request, page, headers=next_page(request, "after", following))
