"""Which service a path belongs to. Pure.

The address of a resource is the same at the gateway and at its service, so routing never rewrites a path;
it only picks the service. Whatever is not in the table belongs to the portal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """The services behind the gateway, by the first word of their paths."""

    IDENTITY = "identity"
    PROCEDURES = "procedures"
    OPEN_DATA = "open-data"
    PARTICIPATION = "participation"


@dataclass(frozen=True, slots=True)
class Route:
    """A path, and everything below it, that belongs to a service.

    `carries_tokens`: whether `Authorization` there holds an access token. The OAuth endpoints take client
    credentials and registration tokens in it, which only identity can judge.
    """

    path: str
    service: Service
    carries_tokens: bool = True


ROUTES: tuple[Route, ...] = (
    Route("/identity/v1", Service.IDENTITY),
    Route("/procedures/v1", Service.PROCEDURES),
    Route("/open-data/v1", Service.OPEN_DATA),
    Route("/participation/v1", Service.PARTICIPATION),
    Route("/.well-known/openid-configuration", Service.IDENTITY, carries_tokens=False),
    Route("/.well-known/oauth-authorization-server", Service.IDENTITY, carries_tokens=False),
    Route("/.well-known/jwks.json", Service.IDENTITY, carries_tokens=False),
    Route("/oauth2", Service.IDENTITY, carries_tokens=False),
    Route("/sign-in", Service.IDENTITY, carries_tokens=False),
    Route("/outbox", Service.IDENTITY, carries_tokens=False),
)


class RouteTable:
    """Finds the route of a path in one or two dictionary look-ups, however many routes there are."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[str, list[tuple[list[str], Route]]] = {}
        for route in routes:
            segments = route.path.split("/")
            self._routes.setdefault(segments[1], []).append((segments, route))

    def find(self, segments: Sequence[str]) -> Route | None:
        """The route of a path given as its segments (`"/a/b".split("/")`), or None when it is the portal's."""
        for own, route in self._routes.get(segments[1], ()):
            if segments[: len(own)] == own:
                return route
        return None
