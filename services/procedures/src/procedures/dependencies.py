"""What the routes of procedures are handed besides the shared parts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from procedures.access.look import Look, Purpose
from procedures.calendars.operations import Calendars
from procedures.cases.store import Viewer
from procedures.catalogue.operations import Versions
from procedures.documents.contents import Contents
from procedures.domain.acts import Actor
from procedures.domain.agency import AgencyMissing
from procedures.domain.handling import Official
from procedures.external_tasks.bell import Bell
from procedures.payments.providers import Providers
from procedures.results.operations import Press
from procedures.tracking.guesses import Guesses
from shared.auth import Principal
from shared.clock import Clock
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Desk:
    """What procedures keeps at hand while it runs."""

    database: Database
    clock: Clock
    versions: Versions
    calendars: Calendars
    contents: Contents
    document_limit: int
    tracking_key: bytes
    press: Press
    guesses: Guesses
    providers: Providers
    bell: Bell


def actor_of(who: Principal) -> Actor:
    """How the log names the caller."""
    return Actor(who.subject, who.kind, who.agency)


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


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(_desk)]
