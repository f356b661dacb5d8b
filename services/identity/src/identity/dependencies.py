"""What identity's routes are handed beyond what every service's are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from identity.clients.known import KnownClients
from identity.domain.agency import OutsideOwnTree
from identity.keys.ring import KeyRing
from identity.people.passwords import PasswordHasher
from identity.settings import Settings
from identity.vault import Vault
from shared.auth import Principal
from shared.web import IfMatch, etag_of, require_match


@dataclass(frozen=True)
class IdentityParts:
    """What identity is made of at run time, beside `shared.web.Parts`."""

    settings: Settings
    vault: Vault
    ring: KeyRing
    clients: KnownClients
    hasher: PasswordHasher


def parts_of(request: Request) -> IdentityParts:
    """The parts of the application that answers this request."""
    parts: IdentityParts = request.app.state.identity
    return parts


def own_of(caller: Principal) -> str | None:
    """The agency in whose tree the caller administers; None for a client of the platform itself, which may all.

    Raises:
        OutsideOwnTree: an official of no agency has no tree.
    """
    if caller.agency is None and caller.kind != "client":
        raise OutsideOwnTree
    return caller.agency


def _meant(if_match: IfMatch = None) -> Callable[[int], None]:
    return lambda version: require_match(if_match, etag_of(version))


IdentityOf = Annotated[IdentityParts, Depends(parts_of)]
MeantFor = Annotated[Callable[[int], None], Depends(_meant)]
"""Raises when the caller's command was meant for another version than the one it is called with."""
