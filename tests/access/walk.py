"""The walk over all routes: which there are, and one attempt at each as its rightful caller makes it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import FastAPI
from httpx import AsyncClient, Response

from shared.auth import KINDS, Permission, permission_of, routes_of
from shared.clock import SetClock
from shared.db import Database
from shared.testing import Tokens
from tests.applications import described

Headers = Mapping[str, str]
AGENCY, OTHER_AGENCY = "H99.01", "H99.02"


class Route(NamedTuple):
    """A route of a member, by method and path as the member declares it."""

    member: str
    method: str
    path: str
    scope: str | None
    kinds: frozenset[str]

    def __str__(self) -> str:
        return f"{self.member} {self.method} {self.path}"


def _routes(member: str, app: FastAPI) -> list[Route]:
    found = []
    for route in routes_of(app):
        permission = permission_of(route)
        scope, kinds = (
            (permission.scope, permission.kinds) if isinstance(permission, Permission) else (None, KINDS)
        )
        found += [
            Route(member, method, route.path or "", scope, kinds) for method in sorted(route.methods or ())
        ]
    return found


APPLICATIONS = described()
ROUTES: list[Route] = [route for member, app in APPLICATIONS.items() for route in _routes(member, app)]
GUARDED = [route for route in ROUTES if route.scope]
PUBLIC = [route for route in ROUTES if not route.scope]


@dataclass
class Ground:
    """A running member over its own database, its clock, tokens that it trusts, and its folder for files."""

    app: FastAPI
    http: AsyncClient
    clock: SetClock
    tokens: Tokens
    folder: Path

    @property
    def database(self) -> Database:
        database: Database = self.app.state.parts.database
        return database

    async def prepare(self) -> None:
        """Do what the member does at its start, and what all attempts need."""

    async def finish(self) -> None:
        """End what `prepare` began."""

    def bearer(self, scope: str, **claims: Any) -> dict[str, str]:
        """An Authorization header; by default of a person whom nobody knows."""
        return self.tokens.bearer(scope, now=self.clock.now(), lifetime=timedelta(days=400), **claims)


@dataclass(frozen=True)
class Attempt:
    """A request at a route.

    Args:
        path: with everything filled in.
        rightful: what makes the caller the one who may.
        strangers: others who hold the scope and are of the right kind, and may not for all that.
        private: what the answer to the rightful caller holds, and no answer to a stranger.
        status: of the answer to the rightful caller.
        refused: further statuses by which a stranger is refused here, beside 403 and 404.
    """

    path: str
    rightful: Headers = field(default_factory=dict)
    strangers: Mapping[str, Headers] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    headers: Headers = field(default_factory=dict)
    private: str = ""
    status: int = 200
    refused: frozenset[int] = frozenset()

    async def send(self, http: AsyncClient, method: str, who: Headers) -> Response:
        return await http.request(
            method,
            self.path,
            json=self.json,
            content=self.content,
            data=self.form,
            headers={**self.headers, **who},
        )


Recipe = Callable[[Any], Awaitable[Attempt]]
RECIPES: dict[str, Recipe] = {}
"""Route as text -> how to try it."""


def recipes(member: str) -> Callable[[str], Callable[[Recipe], Recipe]]:
    """`recipe = recipes("procedures")`, then `@recipe("GET /procedures/v1/cases")` over a function that makes
    the attempt, with whatever must be there before."""

    def of(route: str) -> Callable[[Recipe], Recipe]:
        def keep(recipe: Recipe) -> Recipe:
            assert f"{member} {route}" not in RECIPES, f"a second recipe for {route}"
            RECIPES[f"{member} {route}"] = recipe
            return recipe

        return keep

    return of


def _everywhere() -> None:
    """What all members answer alike."""
    for member, app in APPLICATIONS.items():
        recipe = recipes(member)
        for route in (f"GET {app.openapi_url}", f"HEAD {app.openapi_url}", "GET /livez", "GET /metrics"):
            recipe(route)(_asked(route.partition(" ")[2]))
        recipe("GET /readyz")(_asked("/readyz", 503))  # no consumer runs in these tests


def _asked(path: str, status: int = 200) -> Recipe:
    async def ask(_: Ground) -> Attempt:
        return Attempt(path, status=status)

    return ask


_everywhere()
