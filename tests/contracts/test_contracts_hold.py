"""What the merged contract promises, the members keep, whatever is sent: generated requests of every kind."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from zlib import crc32

import httpx
import pytest
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings, strategies
from pydantic.alias_generators import to_camel
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks as openapi

from gateway.portal.merge import merge
from tests.access.walk import AGENCY, APPLICATIONS, GUARDED, RECIPES, ROUTES, Attempt, Ground
from tests.applications import MEMBERS

CONTRACT = merge(
    {name: app.openapi() for name, app in APPLICATIONS.items()},
    info={"title": "All members", "version": "1.0.0"},
    server="http://service.test",
)
del CONTRACT["paths"]["/events/v1/stream"]  # it does not end; the list of events takes the same parameters
del CONTRACT["components"]["schemas"]["ExternalClaim"]["properties"]["waitSeconds"]  # it would be waited for
MEMBER_OF = {"events": "gateway"} | {name: name for name in MEMBERS}
EVERY_SCOPE = " ".join(sorted({str(route.scope) for route in GUARDED}))
GENERIC = {405}
"""Statuses that the way of asking has, and not the operation."""


@schemathesis.check
def declared_by_its_number(ctx: schemathesis.CheckContext, response: Any, case: schemathesis.Case) -> None:
    """Every status is declared for the operation, not by `default` alone."""
    declared = set(case.operation.definition.raw["responses"])
    assert response.status_code in GENERIC or str(response.status_code) in declared, (
        f"{response.status_code} is not declared: {response.text}"
    )


BINARY = sorted(
    {
        media_type
        for item in CONTRACT["paths"].values()
        for operation in item.values()
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        if content["schema"].get("format") == "binary"
    }
)
for _media_type in BINARY:
    schemathesis.openapi.media_type(_media_type, strategies.binary(max_size=200))


@schemathesis.serializer(*BINARY)
def as_it_is(ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    """Files are sent as the bytes that they are."""
    return value if isinstance(value, bytes) else str(value).encode()


CHECKS = [
    not_a_server_error,
    declared_by_its_number,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
    openapi.missing_required_header,
    openapi.unsupported_method,
    openapi.allow_header_conformance,
]
schema = schemathesis.openapi.from_dict(
    CONTRACT,
    config=SchemathesisConfig.from_dict(
        {
            "base-url": "http://service.test",
            "generation": {
                "max-examples": 6,
                "deterministic": True,
                "with-security-parameters": False,
                "database": "none",
            },
        }
    ),
)


class Stage:
    """The members once more, on an event loop of their own: hypothesis calls from outside any."""

    def __init__(self, portal: BlockingPortal, grounds: Mapping[str, Ground]) -> None:
        self._portal = portal
        self.grounds = grounds
        self.apps = {}
        for name, ground in grounds.items():
            app = MEMBERS[name].create(ground.database.url, ground.folder, ground.clock)
            app.state.verifier.use_keys(ground.tokens.keys)
            self.apps[name] = app
        self._clients = {
            name: httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://service.test"
            )
            for name, app in self.apps.items()
        }

    def send(self, member: str, prepared: requests.PreparedRequest) -> httpx.Response:
        """Send a request and wait for its answer."""
        client = self._clients[member]
        request = client.build_request(
            str(prepared.method), str(prepared.url), headers=dict(prepared.headers), content=prepared.body
        )
        return self._portal.call(client.send, request)

    def close(self) -> None:
        for app in self.apps.values():
            self._portal.call(app.state.parts.database.close)


@pytest.fixture(scope="session")
def stage(grounds: dict[str, Ground]) -> Iterator[Stage]:
    with start_blocking_portal() as portal:
        stage = Stage(portal, grounds)
        yield stage
        stage.close()


@pytest.fixture(scope="session")
async def attempts(grounds: dict[str, Ground]) -> dict[str, tuple[dict[str, str], Attempt]]:
    """By method and path of the contract: what the rightful caller would do, with the path's parameters."""
    found = {}
    for route in (route for route in ROUTES if str(route) in RECIPES):
        attempt = await RECIPES[str(route)](grounds[route.member])
        path = re.sub(r"{(\w+)}", lambda name: f"{{{to_camel(name[1])}}}", route.path)
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)
        values = re.fullmatch(pattern, attempt.path.partition("?")[0])
        assert values, attempt.path
        found[f"{route.method} {path}"] = values.groupdict(), attempt
    return found


@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck), deadline=None)
def test_answers_are_those_of_the_contract(
    case: schemathesis.Case, stage: Stage, attempts: dict[str, tuple[dict[str, str], Attempt]]
) -> None:
    member = MEMBER_OF[case.operation.path.split("/")[1]]
    values, attempt = attempts[f"{case.operation.method.upper()} {case.operation.path}"]
    lot = crc32(repr((case.path_parameters, case.query, case.body)).encode())
    if values and lot % 3 and not _wrong(case, ParameterLocation.PATH):
        case.path_parameters = {**values}
    case.headers = {**(case.headers or {}), **_caller(stage.grounds[member], attempt, lot // 3)}
    prepared = requests.Request(**case.as_transport_kwargs()).prepare()
    answer = stage.send(member, prepared)
    answer.elapsed = timedelta()
    case.validate_response(answer, checks=CHECKS)


def _wrong(case: schemathesis.Case, location: ParameterLocation) -> bool:
    """Whether the request is to be refused for what stands there."""
    part = case.meta.components.get(location) if case.meta else None
    return part is not None and part.mode.is_negative


def _caller(ground: Ground, attempt: Attempt, lot: int) -> dict[str, str]:
    """Mostly the rightful caller in the state at hand, else one of any kind, or nobody."""
    kinds = ("person", "official", "client")
    match lot % 8:
        case 0:
            return {}
        case 1 | 2 | 3:
            return ground.bearer(EVERY_SCOPE, kind=kinds[lot % 8 - 1], agency=AGENCY)
        case _:
            return {**attempt.headers, **attempt.rightful}
