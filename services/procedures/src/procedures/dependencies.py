"""What the routes of procedures are handed besides the shared parts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request

from procedures.access.look import Look, Purpose
from procedures.calendars.operations import Calendars
from procedures.cases.sight import Viewer
from procedures.catalogue.operations import Versions
from procedures.delegations.operations import lent
from procedures.documents.contents import Content, Contents
from procedures.documents.making import announce
from procedures.domain.acts import Actor
from procedures.domain.agency import AgencyMissing
from procedures.domain.consulting import Limits
from procedures.domain.delegation import ActingFor
from procedures.domain.handling import Official
from procedures.external_tasks.bell import Bell
from procedures.payments.providers import Providers
from procedures.results.operations import Press
from procedures.timers.operations import Witness
from procedures.tracking.guesses import Guesses
from shared.auth import Post, Principal, requires
from shared.clock import Clock
from shared.db import Database
from shared.web import Db, Now

MANAGING_WORK = "procedures:work:manage"
"""The scope of those who share out the work of their agency."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What procedures keeps at hand while it runs."""

    database: Database
    clock: Clock
    versions: Versions
    calendars: Calendars
    contents: Contents
    document_limit: int
    consultations: Limits
    tracking_key: bytes
    press: Press
    guesses: Guesses
    providers: Providers
    bell: Bell
    witness: Witness


@dataclass(frozen=True, slots=True)
class Deputy(Principal):
    """An official who acts for another: with the posts that were lent, and no others."""

    acting_for: ActingFor | None = None


async def officer(
    who: Annotated[Principal, requires("procedures:cases:process", kinds=["official"])],
    db: Db,
    now: Now,
    delegation: Annotated[
        UUID | None,
        Header(alias="Acting-For", description="Id of a delegation: you act for the official who gave it"),
    ] = None,
) -> Principal:
    """The official at work: with their own posts, or in another's name with those that were lent.

    Raises:
        DelegationNotInForce
    """
    if delegation is None:
        return who
    async with db.reading() as tx:
        found, posts = await lent(tx, now, delegate=who.subject, agency=agency_of(who), delegation=delegation)
    return Deputy(
        who.subject,
        who.kind,
        who.client_id,
        who.scopes,
        who.agency,
        frozenset(Post(unit, role) for unit, role in posts),
        ActingFor(found.delegator, found.id),
    )


def actor_of(who: Principal) -> Actor:
    """How the log names the caller."""
    acting_for = who.acting_for if isinstance(who, Deputy) else None
    return Actor(who.subject, who.kind, who.agency, acting_for)


def viewer_of(who: Principal) -> Viewer:
    """Whose eyes the caller sees with: a person's own, or the agency's.

    Raises:
        AgencyMissing: an official or client that belongs to no agency sees nobody's cases.
    """
    if who.kind == "person":
        return Viewer(who.subject, None)
    return Viewer(who.subject, agency_of(who))


def look_of(who: Principal, now: datetime, purpose: Purpose) -> Look:
    """The caller's look at cases, which those whose cases they are will be told of.

    Raises:
        AgencyMissing
    """
    units = tuple(sorted({post.unit for post in who.posts}))
    return Look(viewer_of(who), who.kind, units, purpose, now)


def agency_of(who: Principal) -> str:
    """The agency that the caller acts for.

    Raises:
        AgencyMissing
    """
    if who.agency is None:
        raise AgencyMissing
    return who.agency


def official_of(who: Principal) -> Official:
    """The official with the posts held."""
    return Official(agency_of(who), frozenset((post.unit, post.role) for post in who.posts))


def announced(*media_types: str) -> Any:
    """Hands an officer's route the documents that it will make. Named before the route's `handle`, so that its
    transaction is over before that of the command begins: none holds two connections."""

    async def sheets(db: Db, now: Now, who: Annotated[Principal, Depends(officer)]) -> tuple[Content, ...]:
        return await announce(db, now, actor_of(who), media_types)

    return Depends(sheets)


async def desk_of(request: Request) -> Desk:
    """What the application that was asked keeps at hand."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]
