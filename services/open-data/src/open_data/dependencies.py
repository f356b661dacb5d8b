"""What the routes of open-data are handed besides the shared parts."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from open_data.lake import Lake


@dataclass(frozen=True, slots=True)
class Portal:
    """Where the data is offered: the API's public address, and the code of the agency that offers it."""

    address: str
    publisher: str


def _lake(request: Request) -> Lake:
    lake: Lake = request.app.state.lake
    return lake


def _portal(request: Request) -> Portal:
    portal: Portal = request.app.state.portal
    return portal


VersionFiles = Annotated[Lake, Depends(_lake)]
OfferedAt = Annotated[Portal, Depends(_portal)]
