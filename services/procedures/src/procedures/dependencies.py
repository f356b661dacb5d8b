"""What the routes of procedures are handed besides the shared parts."""

from typing import Annotated

from fastapi import Depends, Request
from shared.auth import Principal

from procedures.cases.store import Viewer
from procedures.catalogue.operations import Versions
from procedures.documents.contents import Contents
from procedures.domain.acts import Actor
from procedures.domain.agency import AgencyMissing
from procedures.domain.handling import Official


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


def _contents(request: Request) -> Contents:
    contents: Contents = request.app.state.contents
    return contents


def _versions(request: Request) -> Versions:
    versions: Versions = request.app.state.versions
    return versions


def _tracking_key(request: Request) -> bytes:
    key: bytes = request.app.state.tracking_key
    return key


DocumentContents = Annotated[Contents, Depends(_contents)]
KnownVersions = Annotated[Versions, Depends(_versions)]
TrackingKey = Annotated[bytes, Depends(_tracking_key)]
