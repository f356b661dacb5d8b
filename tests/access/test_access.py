"""Every route of every member: who may call it, and that nobody else may.

Routes are found in the applications themselves, so a new one fails here until it has a recipe.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from httpx import Response
from joserfc import jwt

from shared.auth import KINDS, Kind, check_declared
from shared.testing import Tokens
from tests.access.declared import assert_as_declared, operation_of
from tests.access.walk import AGENCY, GUARDED, PUBLIC, RECIPES, ROUTES, Ground, Route
from tests.access.worlds import WORLDS

ANY_ID = "019a0000-0000-7000-8000-000000000000"
EVERY_SCOPE = frozenset(route.scope for route in GUARDED if route.scope)
READS = [route for route in ROUTES if "304" in (operation_of(route) or {}).get("responses", ())]
WorldOf = Callable[[str], Ground]
Make = Callable[[Ground, str, Kind], str]


def _signed(header: Mapping[str, Any]) -> Make:
    """A token with another header, signed as the header says."""

    def make(world: Ground, scope: str, kind: Kind) -> str:
        claims = json.loads(
            _decoded(world.tokens.mint(scope, kind=kind, now=world.clock.now()).split(".")[1])
        )
        if header["alg"] == "none":
            parts = (json.dumps(header).encode(), json.dumps(claims).encode(), b"")
            return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        return jwt.encode({"kid": "test", **header}, claims, world.tokens._key)

    return make


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _minted(**claims: Any) -> Make:
    return lambda world, scope, kind: world.tokens.mint(
        scope, **{"kind": kind, "now": world.clock.now(), **claims}
    )


def _of_another_key(world: Ground, scope: str, kind: Kind) -> str:
    return Tokens().mint(scope, kind=kind, now=world.clock.now())


def _expired(world: Ground, scope: str, kind: Kind) -> str:
    return world.tokens.mint(scope, kind=kind, now=world.clock.now() - timedelta(hours=1))


WRONG_TOKENS: Mapping[str, Make] = {
    "nothing": lambda *_: "",
    "garbage": lambda *_: "garbage",
    "garbage of three parts": lambda *_: "a.b.c",
    "expired": _expired,
    "of another issuer": _minted(iss="https://elsewhere.example"),
    "for another audience": _minted(aud="urn:elsewhere"),
    "of another key": _of_another_key,
    "unsigned": _signed({"alg": "none", "typ": "at+jwt"}),
    "an ID token": _signed({"alg": "ES256", "typ": "JWT"}),
    "of no kind": _minted(kind="stranger"),
}

each_guarded = pytest.mark.parametrize("route", GUARDED, ids=str)
each_public = pytest.mark.parametrize("route", PUBLIC, ids=str)


async def ask(world: Ground, route: Route, headers: Mapping[str, str]) -> Response:
    """Ask at the route with ids of nothing and no body: whoever may not call is told before that is read."""
    path = re.sub(r"{\w+}", ANY_ID, route.path)
    return await world.http.request(route.method, path, headers=headers)


def kind_of(route: Route) -> Kind:
    """One of the kinds of callers that the route is for."""
    return min(route.kinds)  # type: ignore[return-value]


def test_every_route_has_a_recipe_and_every_recipe_a_route() -> None:
    assert {route.member for route in ROUTES} == WORLDS.keys()
    assert {str(route) for route in ROUTES} == RECIPES.keys()


def test_every_member_has_routes_to_guard() -> None:
    assert {route.member for route in GUARDED} == {route.member for route in ROUTES} == WORLDS.keys()


def test_an_application_with_a_route_that_declares_nothing_does_not_start() -> None:
    router = APIRouter(prefix="/things")

    @router.get("/forgotten")
    async def forgotten() -> None: ...

    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(router)
    with pytest.raises(RuntimeError, match="GET /things/forgotten"):
        check_declared(app)


@each_guarded
async def test_without_a_token_nothing_is_answered(route: Route, world_of: WorldOf) -> None:
    for headers in ({}, {"authorization": "Basic YTpi"}):
        refused = await ask(world_of(route.member), route, headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize("make", WRONG_TOKENS.values(), ids=WRONG_TOKENS)
@each_guarded
async def test_a_wrong_token_is_refused(route: Route, make: Make, world_of: WorldOf) -> None:
    world = world_of(route.member)
    token = make(world, str(route.scope), kind_of(route))
    refused = await ask(world, route, {"authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert set(refused.json()) == {"type", "title", "status", "detail", "instance", "errors", "traceId"} | (
        {"reason"} if token else set()
    )


@each_guarded
async def test_a_token_without_the_scope_is_told_which(route: Route, world_of: WorldOf) -> None:
    world = world_of(route.member)
    others = " ".join(sorted(EVERY_SCOPE - {str(route.scope)}))
    refused = await ask(world, route, world.bearer(others, kind=kind_of(route), agency=AGENCY))
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/scope-missing"
    assert refused.json()["scope"] == route.scope
    assert f'scope="{route.scope}"' in refused.headers["www-authenticate"]
    assert "insufficient_scope" in refused.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        pytest.param(route, kind, id=f"{route} by a {kind}")
        for route in GUARDED
        for kind in sorted(KINDS - route.kinds)
    ],
)
async def test_another_kind_of_caller_is_refused(route: Route, kind: Kind, world_of: WorldOf) -> None:
    world = world_of(route.member)
    every = " ".join(sorted(EVERY_SCOPE))
    refused = await ask(world, route, world.bearer(every, kind=kind, agency=AGENCY))
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/not-for-this-caller"


@each_guarded
async def test_strangers_get_nothing_and_change_nothing(route: Route, world_of: WorldOf) -> None:
    """What strangers try comes first. Then the rightful caller does the same with the same `If-Match`."""
    world = world_of(route.member)
    attempt = await RECIPES[str(route)](world)
    for stranger, who in attempt.strangers.items():
        answer = await attempt.send(world.http, route.method, who)
        refused = answer.status_code in {403, 404, *attempt.refused}
        assert refused or (answer.is_success and attempt.private), f"{stranger}: {answer.status_code}"
        told = answer.text.replace(attempt.path, "")  # a refusal names the address that was asked
        assert not attempt.private or attempt.private not in told, f"{stranger} reads {told}"
    answer = await attempt.send(world.http, route.method, attempt.rightful)
    assert answer.status_code == attempt.status, answer.text
    assert attempt.private in answer.text
    assert_as_declared(route, answer)


@each_public
async def test_public_routes_answer_without_a_token(route: Route, world_of: WorldOf) -> None:
    world = world_of(route.member)
    attempt = await RECIPES[str(route)](world)
    answer = await attempt.send(world.http, route.method, attempt.rightful)
    assert answer.status_code == attempt.status, answer.text
    assert_as_declared(route, answer)


@pytest.mark.parametrize("route", READS, ids=str)
async def test_who_has_the_answer_already_is_not_sent_it_again(route: Route, world_of: WorldOf) -> None:
    world = world_of(route.member)
    attempt = await RECIPES[str(route)](world)
    first = await attempt.send(world.http, route.method, attempt.rightful)
    assert first.headers["etag"].startswith('"')
    held = {**attempt.rightful, "if-none-match": first.headers["etag"]}
    again = await attempt.send(world.http, route.method, held)
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_user_information_is_told_to_the_bearer_of_a_token_alone(
    method: str, world_of: WorldOf
) -> None:
    """Its errors are those of RFC 6750, so it judges the token itself."""
    world = world_of("identity")
    refused = await world.http.request(method, "/oauth2/userinfo")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
